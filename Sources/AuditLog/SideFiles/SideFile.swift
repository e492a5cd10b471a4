internal import Cryptography
public import Model

/// A list that belongs to an entry and must be able to forget: to which owners' rows a stream went, which
/// keys became whose.
///
/// The file is lines of canonical JSON (RFC 8785), each with LF: a head with a secret nonce, then the lines
/// of the list, each with a salt of its own, in the order of the salts, which is no order of owners. The log
/// holds only
///
///     commitment = SHA-256(nonce32 || SHA-256(line 1) || SHA-256(line 2) || ...)
///
/// To erase an owner, his lines are replaced by their SHA-256: the commitment still holds, and without the
/// salt nobody can tell, not even by trying every owner, whose lines they were. Whoever can write the file
/// can erase lines, but cannot add or change one.
public struct SideFile: Hashable, Sendable {
    private let nonce: [UInt8]
    private let kept: Lines

    /// As they stand, one behind the other.
    private struct Lines: Hashable, Sendable {
        /// Each with its LF.
        private(set) var text: [UInt8] = []
        private var ends: [Int] = []
        /// Of each as it was written first, 32 bytes.
        private(set) var digests: [UInt8] = []

        var count: Int { ends.count }

        /// Without its LF.
        func range(_ line: Int) -> Range<Int> { (line > 0 ? ends[line - 1] : 0)..<ends[line] - 1 }

        func isErased(_ line: Int) -> Bool { text[range(line)].starts(with: SideFileLine.erasedHead) }

        func digest(_ line: Int) -> ArraySlice<UInt8> {
            digests[SHA256.byteCount * line..<SHA256.byteCount * (line + 1)]
        }

        mutating func reserve(_ count: Int, bytes: Int) {
            text.reserveCapacity(bytes)
            ends.reserveCapacity(count)
            digests.reserveCapacity(SHA256.byteCount * count)
        }

        mutating func append(_ line: Int, of other: Lines) {
            text += other.text[other.range(line)]
            digests += other.digest(line)
            end()
        }

        mutating func append(_ line: SideFileLine) {
            text += line.text
            digests += line.digest
            end()
        }

        /// Adds a line that is no erased one, and that `write` writes; nothing if it returns false.
        mutating func append(_ write: (inout [UInt8]) -> Bool) -> Bool {
            let start = text.count
            guard write(&text) else { return false }
            SHA256.digest(text.span.extracting(start..<text.count)).append(to: &digests)
            end()
            return true
        }

        private mutating func end() {
            text.append(UInt8(ascii: "\n"))
            ends.append(text.count)
        }
    }

    /// - Parameters:
    ///   - lines: the members of each; `salt` and `erased` are the file's own names.
    ///   - random: gives that many bytes from a cryptographically secure source.
    public init(_ lines: [[String: JSON]], random: (Int) -> [UInt8]) {
        nonce = random(32)
        let ordered = lines.map { (salt: random(DeliveryLine.saltBytes), members: $0) }.sorted { a, b in
            a.salt.lexicographicallyPrecedes(b.salt)
        }
        var kept = Lines()
        for line in ordered { kept.append(SideFileLine(line.members, salt: line.salt)) }
        self.kept = kept
    }

    /// The same for whose rows went, of very many owners.
    public init(deliveries: [Delivery], random: (Int) -> [UInt8]) {
        nonce = random(32)
        let salts = random(DeliveryLine.saltBytes * deliveries.count)
        var (kept, writer) = (Lines(), DeliveryLine())
        kept.reserve(deliveries.count, bytes: 128 * deliveries.count)
        for index in Self.order(salts) {
            let delivery = deliveries[index]
            let salt = DeliveryLine.saltBytes * index..<DeliveryLine.saltBytes * (index + 1)
            if delivery.period == nil {
                writer.turn(to: delivery.fields)
                let isWritten = kept.append { text in
                    writer.write(
                        delivery.ownerKey, rows: delivery.rows, salt: salts.span.extracting(salt), to: &text)
                }
                if isWritten { continue }
            }
            kept.append(SideFileLine(delivery.members, salt: Array(salts[salt])))
        }
        self.kept = kept
    }

    /// The positions of salts that lie one behind the other, as they ascend.
    private static func order(_ salts: [UInt8]) -> [Int] {
        let bytes = salts.span
        func half(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        let places = (0..<salts.count / DeliveryLine.saltBytes).map { index in
            let start = DeliveryLine.saltBytes * index
            return (first: half(start), second: half(start + 8), index: index)
        }
        return places.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.map(\.index)
    }

    /// Reads a side file and compares it with the commitment in the log.
    /// - Throws: `LogError` `bad_side_file`.
    public init(file: [UInt8], commitment: [UInt8]) throws(LogError) {
        guard file.last == UInt8(ascii: "\n") else { throw Self.bad("it is cut short") }
        var start = 0
        /// The next line without its LF.
        func next() -> Range<Int>? {
            guard start < file.count else { return nil }
            let end = file[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.count
            defer { start = end + 1 }
            return start..<end
        }
        guard let head = next(), let nonce = Self.nonce(ofHead: file[head]) else {
            throw Self.bad("its head is not valid")
        }
        var (kept, reader) = (Lines(), DeliveryLine())
        kept.reserve(file.count / 128, bytes: file.count)
        while let range = next() {
            if reader.read(file.span.extracting(range)) != nil {
                _ = kept.append { text in
                    text += file[range]
                    return true
                }
                continue
            }
            guard let line = SideFileLine(Array(file[range])) else {
                throw Self.bad("line \(kept.count + 2) is not valid")
            }
            kept.append(line)
            if let fields = line.members?.fields { reader.turn(to: fields) }
        }
        self.nonce = nonce
        self.kept = kept
        guard self.commitment == commitment else { throw Self.bad("it does not match the commitment") }
    }

    /// The members of each line without its salt; nil where it was erased.
    public var lines: [[String: JSON]?] { (0..<kept.count).map(members) }

    private func members(_ line: Int) -> [String: JSON]? {
        kept.isErased(line) ? nil : SideFileLine.members(of: kept.text[kept.range(line)])
    }

    /// What a line says that was not erased: whose rows went, or something else.
    enum Content {
        case delivery(Delivery)
        case other([String: JSON])

        /// Of the line, without its salt.
        var members: [String: JSON] {
            switch self {
            case .delivery(let delivery): delivery.members
            case .other(let members): members
            }
        }
    }

    /// What the lines say that were not erased, as `lines`, but with less work of those about deliveries.
    func visit(_ body: (Content) throws -> Void) rethrows {
        var reader = DeliveryLine()
        for line in 0..<kept.count {
            if let content = content(line, &reader) { try body(content) }
        }
    }

    /// Nil if the line was erased.
    private func content(_ line: Int, _ reader: inout DeliveryLine) -> Content? {
        let range = kept.range(line)
        if let found = reader.read(kept.text.span.extracting(range)) {
            let key = range.lowerBound + found.key.lowerBound..<range.lowerBound + found.key.upperBound
            return .delivery(
                Delivery(
                    ownerKey: String(decoding: kept.text[key], as: UTF8.self), rows: found.rows,
                    fields: reader.fields))
        }
        guard let members = members(line) else { return nil }
        if let fields = members.fields { reader.turn(to: fields) }
        return .other(members)
    }

    /// 32 bytes, for the log.
    public var commitment: [UInt8] {
        var digest = SHA256Stream()
        digest.update(nonce)
        digest.update(kept.digests)
        return digest.finalize()
    }

    /// The content of the file.
    public var bytes: [UInt8] {
        let head = JSON.object(["format": 1, "nonce": .string(Base64.encodeURL(nonce))])
        return head.canonical + [UInt8(ascii: "\n")] + kept.text
    }

    /// The file without the lines that are chosen; the same commitment. Nil if there is none.
    public func erasing(_ isChosen: ([String: JSON]) -> Bool) -> SideFile? {
        var hasChosen = false
        var (rest, reader) = (Lines(), DeliveryLine())
        rest.reserve(kept.count, bytes: kept.text.count)
        for line in 0..<kept.count {
            let members = content(line, &reader).map(\.members)
            if members.map(isChosen) == true {
                hasChosen = true
                rest.append(SideFileLine(erased: Array(kept.digest(line))))
            } else {
                rest.append(line, of: kept)
            }
        }
        return hasChosen ? SideFile(nonce: nonce, kept: rest) : nil
    }

    private init(nonce: [UInt8], kept: Lines) {
        self.nonce = nonce
        self.kept = kept
    }

    private static func nonce(ofHead text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let head = try? JSON.parse(text), head["format"]?.integer == 1, head.canonical == Array(text),
            let nonce = head["nonce"]?.string.flatMap({ Base64.decodeURL($0) }), nonce.count == 32
        else { return nil }
        return nonce
    }

    private static func bad(_ reason: String) -> LogError {
        LogError(.badSideFile, "the side file is not valid: \(reason)")
    }
}

extension [String: JSON] {
    /// Of a line about a delivery.
    fileprivate var fields: [String]? {
        guard self["owner"] != nil, let fields = self["fields"]?.array else { return nil }
        let names = fields.compactMap(\.string)
        return names.count == fields.count ? names : nil
    }
}

extension Delivery {
    /// Of a line of a side file.
    fileprivate var members: [String: JSON] {
        let members: [String: JSON] = [
            "owner": .string(ownerKey), "rows": .integer(Int64(rows)), "fields": JSON(fields),
        ]
        return members.merging(period?.members ?? [:]) { $1 }
    }
}

extension SHA256.Digest {
    fileprivate func append(to output: inout [UInt8]) {
        for word in [first, second, third, fourth] {
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
    }
}
