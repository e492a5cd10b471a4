import Model

/// That an entry is in a log, verifiable offline (C2SP tlog-proof): the contents of a `.tlog-proof` file.
public struct TlogProof: Sendable {
    /// Which entry of the log.
    public let index: UInt64
    /// The siblings on the way from the entry to the root, the entry's own first.
    public let hashes: [TreeHash]
    /// The log's checkpoint, a whole signed note, as it was issued.
    public let checkpoint: String
    /// Anything the application wants to pass along; nothing proves it. Never empty.
    public let extra: [UInt8]?

    public init(index: UInt64, hashes: [TreeHash], checkpoint: String, extra: [UInt8]? = nil) {
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
        self.extra = extra.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads a proof; whether it proves anything is what `verify` tells.
    ///
    /// - Throws: `malformedProof`.
    public init(_ bytes: [UInt8]) throws(ProofError) {
        guard bytes.count <= Self.maximumSizeBytes, String(validating: bytes, as: UTF8.self) != nil else {
            throw Self.malformed("is not UTF-8 of at most \(Self.maximumSizeBytes) bytes")
        }
        var lines = Lines(bytes)
        guard lines.next() == Self.header else {
            throw Self.malformed("does not begin with `\(Self.header)`")
        }
        var line = lines.next()
        extra = try line.flatMap { $0.afterWord("extra") }.map { text throws(ProofError) in
            guard let extra = Base64.decode(text), !extra.isEmpty else {
                throw Self.malformed("has an `extra` line that is not Base64")
            }
            line = lines.next()
            return extra
        }
        guard let digits = line?.afterWord("index"), let index = UInt64(canonical: Array(digits.utf8)) else {
            throw Self.malformed("has no `index` line with a decimal number")
        }
        self.index = index
        hashes = try Self.hashes(&lines)
        checkpoint = String(decoding: lines.rest, as: UTF8.self)
    }

    /// The contents of the file.
    public var text: String {
        var text = Self.header + "\n"
        if let extra { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in hashes { text += hash.base64 + "\n" }
        return text + "\n" + checkpoint
    }

    /// Checks that `entry` is entry number `index` of the log that `log` is the key of.
    ///
    /// - Returns: the checkpoint under which it is.
    /// - Throws: what `Checkpoint.open(note:of:)` and `InclusionProof.verify` throw.
    public func verify(entry: [UInt8], log: NoteVerifier) throws(ProofError) -> Checkpoint {
        let opened = try Checkpoint.open(note: Array(checkpoint.utf8), of: log)
        try InclusionProof.verify(
            hashes, leaf: MerkleTree.leafHash(entry), index: index, size: opened.size, root: opened.root)
        return opened
    }

    static let header = "c2sp.org/tlog-proof@v1"
    /// A checkpoint, 63 hashes, and as much again for the extra data.
    public static let maximumSizeBytes = 2 * Note.maximumSizeBytes
    /// A tree of 2^64 leaves has no longer way to its root.
    private static let maximumHashes = 64

    private static func hashes(_ lines: inout Lines) throws(ProofError) -> [TreeHash] {
        var hashes: [TreeHash] = []
        while let line = lines.next() {
            if line.isEmpty { return hashes }
            guard hashes.count < maximumHashes, let hash = TreeHash(base64: line) else {
                throw malformed("has a line that is not the Base64 of 32 bytes, or too many of them")
            }
            hashes.append(hash)
        }
        throw malformed("ends before its checkpoint")
    }

    private static func malformed(_ problem: String) -> ProofError {
        ProofError(.malformedProof, "the proof " + problem)
    }
}
