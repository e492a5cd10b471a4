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
        for line in kept { output += line.text + [UInt8(ascii: "\n")] }
        return output
    }

    /// The file without the lines that are chosen; the same commitment. Nil if there is none.
    public func erasing(_ isChosen: ([String: JSON]) -> Bool) -> SideFile? {
        let rest = kept.map { line in line.members.map(isChosen) == true ? line.erased : line }
        return rest == kept ? nil : SideFile(nonce: nonce, kept: rest)
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
