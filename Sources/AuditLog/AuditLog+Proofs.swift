public import MerkleLog
internal import Model

extension AuditLog {
    /// The inclusion proof of an entry, as a C2SP `.tlog-proof`: under the witnessed checkpoint if that
    /// covers it, else under the published one.
    ///
    /// - Throws: `ProofError` if the published log has no such entry.
    public func proof(of index: UInt64) throws -> TlogProof {
        let published = publishedCheckpoint
        let checkpoint = witnessedCheckpoint.flatMap { index < $0.size ? $0 : nil } ?? published
        let nodes = TileNodes(size: checkpoint.size) { try self.publishedFile($0) }
        let hashes = try InclusionProof.make(index: index, size: checkpoint.size, nodes: nodes)
        return TlogProof(index: index, hashes: hashes, checkpoint: checkpoint.note)
    }

    /// A tile or bundle of the published log; nil if there is none.
    ///
    /// A partial one is cut from a wider one if it was never written or is gone: whoever asks may have read
    /// any checkpoint (C2SP tlog-tiles).
    public func publishedFile(_ path: TilePath) throws -> [UInt8]? {
        let folder = dataDirectory + "/log/"
        if let bytes = try system.read(folder + path.path) { return bytes }
        guard !path.isFull, let full = path.widened(inTreeOf: publishedCheckpoint.size),
            let bytes = try system.read(folder + full.path)
        else { return nil }
        return TileFile(path: full, bytes: bytes).narrowed(to: path.width)
    }
}

extension AuditLog {
    /// The bare inclusion proof of an entry in the tree of an earlier or the published size.
    ///
    /// - Throws: `ProofError` if the published log has no such tree or it no such entry.
    public func inclusion(of index: UInt64, size: UInt64) throws -> (root: TreeHash, hashes: [TreeHash]) {
        let published = publishedCheckpoint.size
        let nodes = TileNodes(size: published) { try self.publishedFile($0) }
        let hashes = try InclusionProof.make(index: index, size: size, nodes: nodes)
        // The complete subtrees of a tree, largest first, are one for each bit of its size.
        var first: UInt64 = 0
        var subtrees: [TreeHash] = []
        for level in (0..<63).reversed() where size >> UInt64(level) & 1 == 1 {
            subtrees.append(try nodes.hash(level: level, index: first >> UInt64(level)))
            first += 1 << UInt64(level)
        }
        guard let root = Frontier(size: size, hashes: subtrees)?.root else {
            preconditionFailure("a tree has one complete subtree for each bit of its size")
        }
        return (root, hashes)
    }
}
