public import MerkleLog
internal import Model

extension AuditLog {
    /// The inclusion proof of an entry, as a C2SP `.tlog-proof`: under the witnessed checkpoint if that
    /// covers it, else under the published one.
    ///
    /// - Throws: `ProofError` if the published log has no such entry, `LogError` `pruned_entries`.
    public func proof(of index: UInt64) throws -> TlogProof {
        let published = publishedCheckpoint
        return try proof(
            of: index, under: witnessedCheckpoint.flatMap { index < $0.size ? $0 : nil } ?? published)
    }

    /// The same under a checkpoint that was published before: for many proofs that belong together.
    ///
    /// - Throws: `ProofError` if it does not cover the entry, `LogError` `pruned_entries`.
    public func proof(of index: UInt64, under checkpoint: PublishedCheckpoint) throws -> TlogProof {
        try requireUnpruned(index)
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
        // While a publication runs, the full one is there before the checkpoint that covers it.
        for size in [publishedCheckpoint.size, UInt64(Int64.max)] {
            guard let wider = path.widened(inTreeOf: size), let bytes = try system.read(folder + wider.path)
            else { continue }
            return TileFile(path: wider, bytes: bytes).narrowed(to: path.width)
        }
        return nil
    }
}

extension AuditLog {
    /// The bare inclusion proof of an entry in the tree of an earlier or the published size.
    ///
    /// - Throws: `ProofError` if the published log has no such tree or it no such entry, `LogError`
    ///   `pruned_entries`.
    public func inclusion(of index: UInt64, size: UInt64) throws -> (root: TreeHash, hashes: [TreeHash]) {
        try requireUnpruned(index)
        let published = publishedCheckpoint.size
        let nodes = TileNodes(size: published) { try self.publishedFile($0) }
        let hashes = try InclusionProof.make(index: index, size: size, nodes: nodes)
        return (try root(ofFirst: size), hashes)
    }

    /// The root of the tree of the log's first `size` entries: what an entry `log.pruned` states.
    ///
    /// - Throws: `ProofError` if fewer are published, `LogError` `pruned_entries` below the minimum index.
    public func root(ofFirst size: UInt64) throws -> TreeHash { try frontier(ofFirst: size).root }

    /// The compact range of that tree.
    func frontier(ofFirst size: UInt64) throws -> Frontier {
        try requireUnpruned(size)
        let nodes = TileNodes(size: publishedCheckpoint.size) { try self.publishedFile($0) }
        // The complete subtrees of a tree, largest first, are one for each bit of its size.
        var first: UInt64 = 0
        var subtrees: [TreeHash] = []
        for level in (0..<63).reversed() where size >> UInt64(level) & 1 == 1 {
            subtrees.append(try nodes.hash(level: level, index: first >> UInt64(level)))
            first += 1 << UInt64(level)
        }
        guard let frontier = Frontier(size: size, hashes: subtrees) else {
            preconditionFailure("a tree has one complete subtree for each bit of its size")
        }
        return frontier
    }
}
