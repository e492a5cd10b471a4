/// What a log asks of a witness: to cosign a checkpoint that follows the one it cosigned last (the body of
/// `POST <prefix>/add-checkpoint`, C2SP tlog-witness).
public struct WitnessRequest: Sendable {
    /// The size of the checkpoint that the witness cosigned last, as the log believes; 0 if none.
    public let oldSize: UInt64
    /// From the tree of `oldSize` to that of the checkpoint; empty if `oldSize` is 0 or the same size.
    public let proof: [TreeHash]
    /// The signed checkpoint.
    public let note: Note
    public let checkpoint: Checkpoint

    /// What a server need not read beyond: room for a checkpoint with sixteen post-quantum signatures.
    public static let maximumSizeBytes = 256 << 10
    public static let maximumProofLines = 63

    /// - Throws: `malformedCheckpoint`, or `malformedRequest` for more than 63 hashes.
    public init(oldSize: UInt64, proof: [TreeHash], note: Note) throws(ProofError) {
        guard proof.count <= Self.maximumProofLines else {
            throw Self.malformed("has more than \(Self.maximumProofLines) lines of proof")
        }
        self.oldSize = oldSize
        self.proof = proof
        self.note = note
        checkpoint = try Checkpoint(body: note.text)
    }

    /// Reads a request: `old N`, one Base64 hash a line, an empty line, the checkpoint with its signatures.
    ///
    /// What it says is not checked: that is the witness's work.
    /// - Throws: `malformedRequest`, `malformedNote` or `malformedCheckpoint`.
    public init(_ body: [UInt8]) throws(ProofError) {
        let parts = try Self.parts(of: body)
        try self.init(oldSize: parts.oldSize, proof: parts.proof, note: Note(parts.note))
    }

    /// The request with its note unread.
    ///
    /// - Throws: `malformedRequest`.
    static func parts(
        of body: [UInt8]
    ) throws(ProofError) -> (oldSize: UInt64, proof: [TreeHash], note: [UInt8]) {
        guard body.count <= Self.maximumSizeBytes else {
            throw Self.malformed("has more than \(Self.maximumSizeBytes) bytes")
        }
        var lines = Lines(body)
        guard let digits = lines.next()?.afterWord("old"),
            let oldSize = UInt64(canonical: Array(digits.utf8))
        else { throw Self.malformed("does not begin with `old` and a size in decimal") }
        let proof = try Self.proof(&lines)
        return (oldSize, proof, Array(lines.rest))
    }

    /// What is sent.
    public var body: [UInt8] {
        let lines = ["old \(oldSize)"] + proof.map(\.base64) + ["", note.contents]
        return Array(lines.joined(separator: "\n").utf8)
    }

    private static func proof(_ lines: inout Lines) throws(ProofError) -> [TreeHash] {
        var hashes: [TreeHash] = []
        while let line = lines.next() {
            if line.isEmpty { return hashes }
            guard hashes.count < maximumProofLines, let hash = TreeHash(base64: line) else {
                throw malformed(
                    "has a line of proof that is not the Base64 of 32 bytes, or more than "
                        + "\(maximumProofLines) of them")
            }
            hashes.append(hash)
        }
        throw malformed("ends before its checkpoint")
    }

    private static func malformed(_ problem: String) -> ProofError {
        ProofError(.malformedRequest, "the request " + problem)
    }
}
