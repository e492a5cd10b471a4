/// That a tree is the beginning of another (RFC 9162 section 2.1.4).
public enum ConsistencyProof {
    /// Checks that the tree of `oldSize` leaves with `oldRoot` is a prefix of the one of `size` with `root`
    /// (RFC 9162 section 2.1.4.2).
    ///
    /// From size 0 it always fails: the empty tree is a prefix of every tree, so such a proof proves nothing.
    /// - Throws: `outOfRange`, `wrongLength` or `wrongRoot`.
    public static func verify(
        _ proof: [TreeHash], oldSize: UInt64, oldRoot: TreeHash, size: UInt64, root: TreeHash
    ) throws(ProofError) {
        try check(oldSize, precedes: size)
        if oldSize == size {
            guard proof.isEmpty else { throw ProofError(.wrongLength, "the sizes are equal: no proof") }
            guard oldRoot == root else { throw ProofError(.wrongRoot, "two roots for one size") }
            return
        }
        guard !proof.isEmpty else { throw ProofError(.wrongLength, "the consistency proof is empty") }
        // A complete old tree is itself the first node, and the proof leaves it out.
        let path = oldSize.nonzeroBitCount == 1 ? [oldRoot] + proof : proof
        let roots = try climb(path, oldSize: oldSize, size: size)
        guard roots.old == oldRoot, roots.new == root else {
            throw ProofError(.wrongRoot, "the consistency proof leads to another root")
        }
    }

    /// The proof from the tree of `oldSize` leaves to that of `size`; empty if they are equal.
    ///
    /// - Throws: `ProofError` with `outOfRange`, or what `nodes` throws.
    public static func make(oldSize: UInt64, size: UInt64, nodes: some NodeSource) throws -> [TreeHash] {
        try check(oldSize, precedes: size)
        var siblings: [Range<UInt64>] = []
        var subtree = 0..<size
        while subtree.upperBound != oldSize {
            let (left, right) = subtree.halves
            let goesLeft = oldSize <= left.upperBound
            siblings.append(goesLeft ? right : left)
            subtree = goesLeft ? left : right
        }
        // The verifier knows the old root, so a subtree that is the whole old tree is not repeated.
        if subtree.lowerBound > 0 { siblings.append(subtree) }
        return try siblings.reversed().map(nodes.root(of:))
    }

    private static func check(_ oldSize: UInt64, precedes size: UInt64) throws(ProofError) {
        guard oldSize > 0, oldSize <= size else {
            throw ProofError(.outOfRange, "no consistency proof leads from size \(oldSize) to \(size)")
        }
    }

    private static func climb(_ path: [TreeHash], oldSize: UInt64, size: UInt64) throws(ProofError)
        -> (old: TreeHash, new: TreeHash)
    {
        var place = oldSize - 1
        var last = size - 1
        let shared = (~place).trailingZeroBitCount
        place >>= UInt64(shared)
        last >>= UInt64(shared)
        var (old, new) = (path[0], path[0])
        for hash in path.dropFirst() {
            guard last > 0 else { throw ProofError(.wrongLength, "the consistency proof is too long") }
            if place & 1 == 1 || place == last {
                old = MerkleTree.nodeHash(hash, old)
                new = MerkleTree.nodeHash(hash, new)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = MerkleTree.nodeHash(new, hash)
            }
            place >>= 1
            last >>= 1
        }
        guard last == 0 else { throw ProofError(.wrongLength, "the consistency proof is too short") }
        return (old, new)
    }
}
