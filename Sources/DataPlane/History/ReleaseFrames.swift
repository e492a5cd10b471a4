import Model

/// Reads the frames of a `ReleaseFile`.
struct ReleaseFrames {
    enum Kind: Int {
        case head = 1
        case sets, state, changes, earlier
    }

    /// What they say.
    struct Reading {
        var history: ReleaseHistory
        /// Per ordinal, the number of the set that is released at the history's end.
        var state: [UInt16]
        /// Changes behind the stored state.
        var added: Int
    }

    static let format: Int64 = 2

    private let content: [UInt8]

    init(_ content: [UInt8]) { self.content = content }

    /// Nil if head or state are missing, or anything makes no sense: were only the end left out, its numbers
    /// would be given out again, and cursors hold them.
    var reading: Reading? {
        var rest = content.indices
        var reading: Reading?
        while let (kind, range) = frame(in: rest) {
            guard take(kind, Array(content[range]), into: &reading) else { return nil }
            rest = range.upperBound..<rest.upperBound
        }
        return reading.flatMap { $0.state.isEmpty || !rest.isEmpty ? nil : $0 }
    }

    /// The kind is in it too, or one flipped bit would make changes earlier ones.
    static func checksum(_ kind: Kind, _ body: Span<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.update([UInt8(kind.rawValue)].span)
        checksum.update(body)
        return checksum.value
    }

    private func frame(in range: Range<Int>) -> (Kind, Range<Int>)? {
        guard range.count >= 12 else { return nil }
        let bytes = content.span
        let start = range.lowerBound
        let size = bytes.load32(start + 4)
        guard let kind = Kind(rawValue: bytes.load32(start)), size <= range.count - 12 else { return nil }
        let body = start + 12..<start + 12 + size
        let checksum = Self.checksum(kind, bytes.extracting(body))
        return checksum == UInt32(bytes.load32(start + 8)) ? (kind, body) : nil
    }

    private func take(_ kind: Kind, _ body: [UInt8], into reading: inout Reading?) -> Bool {
        if kind == .head {
            guard reading == nil, let history = ReleaseHistory(headFrame: body) else { return false }
            reading = Reading(history: history, state: [], added: 0)
            return true
        }
        guard reading != nil else { return false }
        switch kind {
        case .head: return false
        case .sets: return reading?.history.takeSets(body) ?? false
        case .earlier: return reading?.takeEarlier(body) ?? false
        case .state: return reading?.takeState(body) ?? false
        case .changes: return reading?.takeChanges(body) ?? false
        }
    }
}

extension ReleaseFrames.Reading {
    fileprivate mutating func takeEarlier(_ body: [UInt8]) -> Bool {
        state.isEmpty && history.takeChanges(body)
    }

    fileprivate mutating func takeState(_ body: [UInt8]) -> Bool {
        guard state.isEmpty, body.count >= 8, body.count % 2 == 0,
            body.span.load64(0) == UInt64(history.next)
        else { return false }
        state = stride(from: 8, to: body.count, by: 2).map { UInt16(body.span.load16($0)) }
        return state.allSatisfy { Int($0) < history.sets.count }
    }

    fileprivate mutating func takeChanges(_ body: [UInt8]) -> Bool {
        let before = history.changes.count
        guard !state.isEmpty, history.takeChanges(body) else { return false }
        for change in history.changes[before...] {
            while state.count <= Int(change.ordinal) { state.append(0) }
            state[Int(change.ordinal)] = change.after
        }
        added += history.changes.count - before
        return true
    }
}

extension Array<UInt8> {
    mutating func append(_ kind: ReleaseFrames.Kind, _ body: [UInt8]) {
        append32(kind.rawValue)
        append32(body.count)
        append32(Int(ReleaseFrames.checksum(kind, body.span)))
        append(contentsOf: body)
    }
}

extension ReleaseHistory {
    var headFrame: [UInt8] {
        JSON.object([
            "format": .integer(ReleaseFrames.format), "id": .string(Base64.encodeURL(id)),
            "key": .string(Base64.encodeURL(key)), "base": .integer(Int64(base)),
            "first": .integer(Int64(first)),
        ]).canonical
    }

    init?(headFrame body: [UInt8]) {
        guard let json = try? JSON.parse(body), json["format"]?.integer == ReleaseFrames.format,
            let id = json["id"]?.string.flatMap({ Base64.decodeURL($0) }), id.count == 16,
            let key = json["key"]?.string.flatMap({ Base64.decodeURL($0) }), key.count == 32,
            let base = json["base"]?.integer, let first = json["first"]?.integer, first >= 0
        else { return nil }
        self.init(id: id, key: key, base: Int(base), first: Int(first))
    }

    func setsFrame(from number: Int) -> [UInt8] {
        JSON.array(sets[number...].map { .array($0.positions.map { .integer(Int64($0)) }) }).canonical
    }

    fileprivate mutating func takeSets(_ body: [UInt8]) -> Bool {
        guard let lists = (try? JSON.parse(body))?.array else { return false }
        for list in lists {
            let positions = list.array?.compactMap(\.integer) ?? []
            guard positions.count == list.array?.count, positions.allSatisfy({ (0..<1 << 20).contains($0) }),
                number(FieldSet(positions.map { Int($0) })) == UInt16(sets.count - 1)
            else { return false }
        }
        return true
    }

    static func frame(_ changes: ArraySlice<Entry>) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(8 * changes.count)
        for change in changes {
            body.append32(Int(change.ordinal))
            body.append16(Int(change.before))
            body.append16(Int(change.after))
        }
        return body
    }

    fileprivate mutating func takeChanges(_ body: [UInt8]) -> Bool {
        guard body.count % 8 == 0 else { return false }
        let bytes = body.span
        for offset in stride(from: 0, to: body.count, by: 8) {
            let (before, after) = (bytes.load16(offset + 4), bytes.load16(offset + 6))
            guard before < sets.count, after < sets.count else { return false }
            append(
                Entry(
                    ordinal: UInt32(bytes.load32(offset)), before: UInt16(before), after: UInt16(after)))
        }
        return true
    }
}

extension OwnerFilterSnapshot {
    /// The content of a `state` frame.
    func released(numberedBy history: ReleaseHistory) -> [UInt8] {
        // Sets that nobody has may be unknown.
        let numbers = fieldSets.map { Int(history.knownNumber($0) ?? 0) }
        let count = pages.count * FilterPage.ownerCount
        var body: [UInt8] = []
        body.reserveCapacity(8 + 2 * count)
        body.append64(UInt64(history.next))
        for owner in 0..<count { body.append16(scope(owner).map { numbers[$0] } ?? 0) }
        return body
    }

    /// A filter that releases these sets, by ordinal.
    init(version: VersionIdentity, released: [UInt16], sets: [FieldSet]) {
        self.init(version: version, ownerCount: released.count)
        for (owner, number) in released.enumerated() where number > 0 { grant(owner, scope: number) }
        self = with(sets.map { FieldSetTable.Entry(fields: $0) })
    }
}
