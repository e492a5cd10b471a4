import Cryptography
import Model

/// The side file of a completed stream: to which owners' rows it went, owner by owner erasable.
///
/// The file is lines of canonical JSON (RFC 8785), each with LF: a head with a secret nonce, then one line an
/// owner with a salt of its own, in the order of the salts, which is no order of owners. The log holds only
///
///     commitment = SHA-256(nonce32 || SHA-256(line 1) || SHA-256(line 2) || ...)
///
/// To erase an owner, his line is replaced by its SHA-256: the commitment still holds, and without the salt
/// nobody can tell, not even by trying every owner key, whose line it was. Whoever can write the file can
/// erase lines, but cannot add or change one.
public struct DeliveredRecord: Hashable, Sendable {
    /// What one owner's rows gave the reader.
    public struct Entry: Hashable, Sendable {
        public var ownerKey: String
        public var rows: Int
        /// Names of the fields that were sent.
        public var fields: [String]

        public init(ownerKey: String, rows: Int, fields: [String]) {
            self.ownerKey = ownerKey
            self.rows = rows
            self.fields = fields
        }
    }

    private let nonce: [UInt8]
    private let lines: [DeliveredLine]

    /// - Parameter random: gives that many bytes from a cryptographically secure source.
    public init(_ entries: [Entry], random: (Int) -> [UInt8]) {
        nonce = random(32)
        lines = entries.map { DeliveredLine($0, salt: random(16)) }.sorted { a, b in
            a.order.lexicographicallyPrecedes(b.order)
        }
    }

    /// Reads a side file and compares it with the commitment in the log.
    /// - Throws: `DataPlaneError.badDeliveredRecord`.
    public init(file: [UInt8], commitment: [UInt8]) throws(DataPlaneError) {
        guard file.last == UInt8(ascii: "\n") else { throw .badDeliveredRecord("it is cut short") }
        let texts = file.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let head = texts.first, let nonce = Self.nonce(ofHead: head) else {
            throw .badDeliveredRecord("its head is not valid")
        }
        var lines: [DeliveredLine] = []
        for (index, text) in texts.dropFirst().enumerated() {
            guard let line = DeliveredLine(Array(text)) else {
                throw .badDeliveredRecord("line \(index + 2) is not valid")
            }
            lines.append(line)
        }
        self.nonce = nonce
        self.lines = lines
        guard self.commitment == commitment else {
            throw .badDeliveredRecord("it does not match the commitment")
        }
    }

    /// One for each owner; nil where it was erased.
    public var entries: [Entry?] { lines.map(\.entry) }

    /// 32 bytes, for the log.
    public var commitment: [UInt8] {
        var digest = nonce
        for line in lines { digest += line.digest }
        return SHA256.hash(digest)
    }

    /// The content of the side file.
    public var file: [UInt8] {
        let head = JSON.object(["format": 1, "nonce": .string(Base64.encodeURL(nonce))])
        var output = head.canonical + [UInt8(ascii: "\n")]
        for line in lines { output += line.text + [UInt8(ascii: "\n")] }
        return output
    }

    /// The record without this owner's line; the same commitment. Nil if it has no line of his.
    public func erasing(ownerKey: String) -> DeliveredRecord? {
        let erased = lines.map { line in
            line.entry.map { $0.ownerKey.utf8.elementsEqual(ownerKey.utf8) } ?? false ? line.erased : line
        }
        return erased == lines ? nil : DeliveredRecord(nonce: nonce, lines: erased)
    }

    private init(nonce: [UInt8], lines: [DeliveredLine]) {
        self.nonce = nonce
        self.lines = lines
    }

    private static func nonce(ofHead text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let head = try? JSON.parse(text), head["format"]?.integer == 1, head.canonical == Array(text),
            let nonce = head["nonce"]?.string.flatMap({ Base64.decodeURL($0) }), nonce.count == 32
        else { return nil }
        return nonce
    }
}
