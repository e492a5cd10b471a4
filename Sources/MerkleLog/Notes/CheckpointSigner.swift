/// Signs the checkpoints of one log, one after the other.
///
/// It writes what `Checkpoint.signed(by:)` writes, and reads none of it back: what could be wrong with a
/// checkpoint without extensions is its origin, and that is looked at once.
public struct CheckpointSigner: Sendable {
    private let signers: [NoteSigner]

    /// - Parameter signers: the log's key, whose name is the origin, then further ones.
    /// - Throws: what signing throws, or `malformedCheckpoint` for a name that cannot be an origin.
    public init(_ signers: [NoteSigner]) throws {
        guard let log = signers.first else {
            throw ProofError(.malformedCheckpoint, "a checkpoint needs a signer")
        }
        _ = try Checkpoint(origin: log.name, size: 0, root: MerkleTree.emptyRoot).signed(by: signers)
        self.signers = signers
    }

    /// The note of the tree of so many entries.
    ///
    /// - Throws: what signing with a key throws.
    public func note(size: UInt64, root: TreeHash) throws -> String {
        let body = "\(signers[0].name)\n\(size)\n\(root.base64)\n"
        var note = body + "\n"
        for signer in signers { note += try signer.sign(body) }
        return note
    }
}
