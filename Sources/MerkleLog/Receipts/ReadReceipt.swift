import Cryptography
import Model

/// What a reader keeps of a read: the value of the field `Sluis-Receipt`.
///
/// It is the base64url of `{"completion":INDEX,"decision":INDEX,"salt":BASE64URL}`, where the salt has 32
/// bytes. With the log and the body as it was received it proves what was sent: the log alone tells nobody,
/// because its digest is salted.
public struct ReadReceipt: Hashable, Sendable {
    /// More than these no receipt has.
    static let maximumSizeBytes = 1024

    /// The entry by which the read was permitted.
    public let decision: UInt64
    /// The entry of what then was sent; the same one for an answer that was assembled whole.
    public let completion: UInt64
    /// 32 bytes.
    public let salt: [UInt8]

    /// Reads the value, which one line break may follow.
    ///
    /// - Throws: `malformedReceipt`, naming the member.
    public init(_ bytes: [UInt8]) throws(ProofError) {
        var text = bytes[...]
        if text.last == UInt8(ascii: "\n") { text = text.dropLast() }
        if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
        guard text.count <= Self.maximumSizeBytes,
            let json = Base64.decodeURL(String(decoding: text, as: UTF8.self))
        else { throw ProofError(.malformedReceipt, "it is no receipt in base64url") }
        let value: JSON
        do { value = try JSON.parse(json) } catch {
            throw ProofError(.malformedReceipt, "the receipt is not JSON: \(error)")
        }
        let members = try MemberReader(value, names: ["decision", "completion", "salt"])
        decision = try members.index("decision")
        completion = try members.index("completion")
        salt = try members.bytes("salt", count: 32)
        guard decision <= completion else {
            throw members.failure("completion", "comes before the decision")
        }
    }
}

extension ReadReceipt {
    /// What is wrong with the entries as those of this read, nil if nothing is.
    ///
    /// - Parameters:
    ///   - bodyDigest: SHA-256 of the body before content coding.
    ///   - entries: the entries at `decision` and `completion`.
    /// - Returns: which index is meant, and why.
    func objection(bodyDigest: [UInt8], entries: (decision: [UInt8], completion: [UInt8])) -> (
        index: UInt64, reason: String
    )? {
        guard let decided = try? JSON.parse(entries.decision), decided["type"]?.string == decisionType else {
            return (decision, "is no `\(decisionType)`, so the receipt's decision is another")
        }
        guard decided["decision"]?.string == "permit" else { return (decision, "permits no read") }
        guard let completed = try? JSON.parse(entries.completion),
            completed["type"]?.string == completionType
        else { return (completion, "is no `\(completionType)`, so the receipt's completion is another") }
        guard let stream = decided["stream"]?.string, completed["stream"]?.string == stream else {
            return (completion, "is of another stream than the decision at \(decision)")
        }
        guard let digest = completed["digest"]?.string else {
            return (completion, "has no digest of what was sent")
        }
        guard Base64.decodeURL(digest) == SHA256.hash(salt + bodyDigest) else {
            return (completion, "has another digest than this body with the receipt's salt")
        }
        return nil
    }

    private var decisionType: String { decision == completion ? "access" : "access.decided" }
    private var completionType: String { decision == completion ? "access" : "access.completed" }
}

extension LogVerifier {
    /// Checks that the receipt is of a read in this log, and that the body is what was sent.
    ///
    /// The entries are proven anew: they may have been changed since the log was verified.
    ///
    /// - Parameters:
    ///   - bodyDigest: SHA-256 of the body as the reader has it, before content coding.
    ///   - checkpoint: under which the log was verified.
    /// - Throws: a failure that names what does not fit, with its index.
    public func check(_ receipt: ReadReceipt, bodyDigest: [UInt8], under checkpoint: Checkpoint)
        throws(LogFailure)
    {
        let decision = try entry(receipt.decision, under: checkpoint)
        let completion = try entry(receipt.completion, under: checkpoint)
        guard
            let (index, reason) = receipt.objection(
                bodyDigest: bodyDigest, entries: (decision.bytes, completion.bytes))
        else { return }
        let path = index == receipt.decision ? decision.path : completion.path
        throw LogFailure(.entry(in: path.path), at: index, reason)
    }

    /// An entry, proven to be in the log under `checkpoint`.
    private func entry(_ index: UInt64, under checkpoint: Checkpoint) throws(LogFailure) -> (
        path: TilePath, bytes: [UInt8]
    ) {
        guard index < checkpoint.size else {
            throw LogFailure(
                .checkpoint, at: index, "the receipt's entry is not among its \(checkpoint.size) entries")
        }
        let source = LogSource(files: files)
        let beginning = source.firstPlace(of: .entries, under: checkpoint.size) << 8
        guard index >= beginning else {
            throw LogFailure(
                .entry(in: TilePath.entries(index: index >> 8).path), at: index,
                "was pruned, the log holds no entries below \(beginning): the receipt can be held only"
                    + " against a copy from before")
        }
        let width = Int(min(checkpoint.size - index & ~255, UInt64(TilePath.fullWidth)))
        let entries = try source.coveringEntries(index: index >> 8, width: width)
        let position = Int(index & 255)
        do {
            let nodes = TileNodes(size: checkpoint.size) { try files.read($0.path) }
            let proof = try InclusionProof.make(index: index, size: checkpoint.size, nodes: nodes)
            try InclusionProof.verify(
                proof, leaf: entries.leaf(position), index: index, size: checkpoint.size,
                root: checkpoint.root)
        } catch {
            throw LogFailure(.entry(in: entries.path.path), at: index, "cannot be proven: \(error)")
        }
        return (entries.path, entries[position])
    }
}
