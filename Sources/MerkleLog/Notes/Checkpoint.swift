/// The head of a log: its size and its root (C2SP tlog-checkpoint).
public struct Checkpoint: Sendable {
    /// The largest size that is read: so that arithmetic on indices never overflows.
    static let maximumSize: UInt64 = 1 << 63 - 1

    /// Which log this is.
    public let origin: String
    /// How many entries it has.
    public let size: UInt64
    public let root: TreeHash
    /// Lines after the root, opaque to us.
    public let extensions: [String]

    public init(origin: String, size: UInt64, root: TreeHash, extensions: [String] = []) {
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads the text of a checkpoint, without its signatures.
    ///
    /// - Throws: `malformedCheckpoint`.
    public init(body: String) throws(ProofError) {
        let lines = body.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
        guard lines.count >= 4, lines.last == "", !lines.dropLast().contains("") else {
            throw Self.malformed("has three or more lines, none of them empty")
        }
        guard let size = UInt64(canonical: Array(lines[1].utf8)), size <= Self.maximumSize else {
            throw Self.malformed("has its size in decimal on the second line; found `\(lines[1].prefix(40))`")
        }
        guard let root = TreeHash(base64: lines[2]) else {
            throw Self.malformed("has the Base64 of 32 bytes on the third line")
        }
        self.init(origin: lines[0], size: size, root: root, extensions: Array(lines[3..<lines.count - 1]))
    }

    /// The text that is signed.
    public var body: String {
        ([origin, String(size), root.base64] + extensions).map { $0 + "\n" }.joined()
    }

    /// The whole note, with one signature by each signer.
    ///
    /// - Throws: `malformedCheckpoint` if the origin or an extension line cannot be written as one line, or
    ///   what signing throws.
    public func signed(by signers: [NoteSigner]) throws -> String {
        let body = body
        let readBack = try Checkpoint(body: body)
        guard !signers.isEmpty, readBack.size == size, readBack.extensions.count == extensions.count else {
            throw Self.malformed("needs a signer and extension lines without line breaks")
        }
        let note = try body + "\n" + signers.map { try $0.sign(body) }.joined()
        _ = try Note(Array(note.utf8))
        return note
    }

    /// Reads a checkpoint that at least one of `verifiers` signed.
    ///
    /// The origin is the caller's to compare: a witness signs checkpoints of logs that have other names.
    /// - Throws: `malformedNote`, `badSignature`, `unknownSigner` or `malformedCheckpoint`.
    public static func open(note: String, verifiers: [NoteVerifier]) throws(ProofError) -> Checkpoint {
        try open(note: Array(note.utf8), verifiers: verifiers)
    }

    /// The same for a note as it came from a file.
    public static func open(note: [UInt8], verifiers: [NoteVerifier]) throws(ProofError) -> Checkpoint {
        let note = try Note(note)
        _ = try note.verify(verifiers)
        return try Checkpoint(body: note.text)
    }

    /// Reads a checkpoint of the log that `log` is the key of: signed by it, and with its name as origin.
    ///
    /// - Throws: as `open(note:verifiers:)`, or `wrongOrigin`.
    public static func open(note: [UInt8], of log: NoteVerifier) throws(ProofError) -> Checkpoint {
        let checkpoint = try open(note: note, verifiers: [log])
        guard checkpoint.origin.hasSameBytes(as: log.name) else {
            throw ProofError(
                .wrongOrigin, "the checkpoint is of `\(checkpoint.origin)`, the key of `\(log.name)`")
        }
        return checkpoint
    }

    private static func malformed(_ expectation: String) -> ProofError {
        ProofError(.malformedCheckpoint, "a checkpoint " + expectation)
    }
}
