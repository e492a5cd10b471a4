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
    private let kept: [SideFileLine]

    /// - Parameters:
    ///   - lines: the members of each; `salt` and `erased` are the file's own names.
    ///   - random: gives that many bytes from a cryptographically secure source.
    public init(_ lines: [[String: JSON]], random: (Int) -> [UInt8]) {
        nonce = random(32)
        kept = lines.map { SideFileLine($0, salt: random(16)) }.sorted { a, b in
            a.order.lexicographicallyPrecedes(b.order)
        }
    }

    /// The same for whose rows went, of very many owners: a line is written once, as it stands.
    public init(deliveries: [Delivery], random: (Int) -> [UInt8]) {
        nonce = random(32)
        let salts = random(Self.saltBytes * deliveries.count)
        func half(_ index: Int, _ offset: Int) -> UInt64 {
            let start = Self.saltBytes * index + offset
            return salts[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let order = deliveries.indices.map { (first: half($0, 0), second: half($0, 8), index: $0) }
        var fields = (names: [String](), text: [UInt8]())
        kept = order.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.map { place in
            let delivery = deliveries[place.index]
            if fields.names != delivery.fields || fields.text.isEmpty {
                fields = (delivery.fields, JSON(delivery.fields).canonical)
            }
            let salt = salts[Self.saltBytes * place.index..<Self.saltBytes * (place.index + 1)]
            return SideFileLine(written: Self.text(of: delivery, fields.text, salt: salt))
        }
    }

    private static let saltBytes = 16

    /// The members in the order of RFC 8785: `fields`, `from`, `owner`, `rows`, `salt`, `to`.
    private static func text(
        of delivery: Delivery, _ fields: [UInt8], salt: ArraySlice<UInt8>
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(96 + fields.count + delivery.ownerKey.utf8.count)
        line += "{\"fields\":".utf8
        line += fields
        if let from = delivery.period?.from { line += ",\"from\":\"\(from)\"".utf8 }
        line += ",\"owner\":".utf8
        line += JSON.string(delivery.ownerKey).canonical
        line += ",\"rows\":\(delivery.rows),\"salt\":\"\(Base64.encodeURL(salt))\"".utf8
        if let to = delivery.period?.to { line += ",\"to\":\"\(to)\"".utf8 }
        line.append(UInt8(ascii: "}"))
        return line
    }

    /// Reads a side file and compares it with the commitment in the log.
    /// - Throws: `LogError` `bad_side_file`.
    public init(file: [UInt8], commitment: [UInt8]) throws(LogError) {
        guard file.last == UInt8(ascii: "\n") else { throw Self.bad("it is cut short") }
        let texts = file.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let head = texts.first, let nonce = Self.nonce(ofHead: head) else {
            throw Self.bad("its head is not valid")
        }
        var kept: [SideFileLine] = []
        for (index, text) in texts.dropFirst().enumerated() {
            guard let line = SideFileLine(Array(text)) else {
                throw Self.bad("line \(index + 2) is not valid")
            }
            kept.append(line)
        }
        self.nonce = nonce
        self.kept = kept
        guard self.commitment == commitment else { throw Self.bad("it does not match the commitment") }
    }

    /// The members of each line without its salt; nil where it was erased.
    public var lines: [[String: JSON]?] { kept.map(\.members) }

    /// 32 bytes, for the log.
    public var commitment: [UInt8] {
        var digest = nonce
        for line in kept { digest += line.digest }
        return SHA256.hash(digest)
    }

    /// The content of the file.
    public var bytes: [UInt8] {
        let head = JSON.object(["format": 1, "nonce": .string(Base64.encodeURL(nonce))])
        var output = head.canonical + [UInt8(ascii: "\n")]
        output.reserveCapacity(kept.reduce(output.count) { $0 + $1.text.count + 1 })
        for line in kept {
            output += line.text
            output.append(UInt8(ascii: "\n"))
        }
        return output
    }

    /// The file without the lines that are chosen; the same commitment. Nil if there is none.
    public func erasing(_ isChosen: ([String: JSON]) -> Bool) -> SideFile? {
        var hasChosen = false
        let rest = kept.map { line in
            guard line.members.map(isChosen) == true else { return line }
            hasChosen = true
            return line.erased
        }
        return hasChosen ? SideFile(nonce: nonce, kept: rest) : nil
    }

    private init(nonce: [UInt8], kept: [SideFileLine]) {
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
