/// The part of a verification that concerns what is left below the beginning of a pruned log.
///
/// A pruning that was cut short leaves files that the log no longer needs. What there is of a place must
/// agree with the hash of it one level up, where the tree or another file still has that, and with the other
/// files of the place. What nothing is left to hold against proves nothing, and is not objected to.
struct BelowPass {
    let source: LogSource
    /// Of the pruned entries, as the tree has it.
    let edge: RightEdge
    let readsEntries: Bool

    /// From the top down, so that a tile is held against what was itself held against the tree.
    func run() throws(LogFailure) {
        for level in (0...TilePath.highestLevel).reversed() {
            let end = edge.size >> UInt64(8 * (level + 1))
            let kinds: [TilePath.Kind] =
                level == 0 && readsEntries ? [.hashes(level: 0), .entries] : [.hashes(level: level)]
            if end == 0 { continue }
            try source.forEachPlace(of: kinds, from: 0) { index throws(LogFailure) in
                if index < end { try check(kinds, level: level, index: index) }
            }
        }
    }

    private func check(_ kinds: [TilePath.Kind], level: Int, index: UInt64) throws(LogFailure) {
        var known = try hashAbove(level: level, index: index)
        for kind in kinds {
            guard let (path, leaves) = try whole(kind, index: index) else { continue }
            let root = MerkleTree.completeRoot(leaves)
            if let known, known.hash != root {
                throw LogFailure(
                    known.path.map { .eitherFile(path.path, $0.path) } ?? .file(path.path),
                    at: path.leafIndex(at: 0), "was left by a pruning, and is not what the tree has there")
            }
            known = known ?? (root, path)
            for partial in try source.partials(of: kind, index: index) {
                guard let narrow = try hashes(partial), let offset = narrow.firstDifference(from: leaves)
                else { continue }
                throw LogFailure(
                    .file(partial.path), at: partial.leafIndex(at: offset),
                    "was left by a pruning, and is not what \(path) has")
            }
        }
    }

    /// The hash of a place one level up: of the tree if it is in its edge, else of a tile that was left too.
    private func hashAbove(level: Int, index: UInt64) throws(LogFailure) -> (hash: TreeHash, path: TilePath?)?
    {
        let (above, offset) = (index >> 8, Int(index & 255))
        let inTree = edge.hashes(level: level + 1, index: above)
        if offset < inTree.count { return (inTree[offset], nil) }
        guard let (path, hashes) = try whole(.hashes(level: level + 1), index: above) else { return nil }
        return (hashes[offset], path)
    }

    private func whole(_ kind: TilePath.Kind, index: UInt64) throws(LogFailure) -> (
        path: TilePath, hashes: [TreeHash]
    )? {
        guard let path = TilePath(kind, index: index), let hashes = try hashes(path) else { return nil }
        return (path, hashes)
    }

    /// The hashes of a tile, or those of the entries of a bundle.
    private func hashes(_ path: TilePath) throws(LogFailure) -> [TreeHash]? {
        if path.kind == .entries { return try source.entries(path)?.leaves(path.width) }
        return try source.hashes(path)
    }
}
