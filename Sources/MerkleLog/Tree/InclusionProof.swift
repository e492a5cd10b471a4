/// That a leaf is in a tree (RFC 9162 section 2.1.3): the siblings on the way from the leaf to the root.
public enum InclusionProof {
    /// Checks that `leaf` is leaf number `index` of the tree of `size` leaves with `root`
    /// (RFC 9162 section 2.1.3.2).
    ///
    /// - Throws: `outOfRange`, `wrongLength` or `wrongRoot`.
    public static func verify(
        _ proof: [TreeHash], leaf: TreeHash, index: UInt64, size: UInt64, root: TreeHash
    ) throws(ProofError) {
        guard index < size else {
            throw ProofError(.outOfRange, "a tree of \(size) leaves has no leaf \(index)")
        }
        var place = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { throw ProofError(.wrongLength, "the inclusion proof is too long") }
            if place & 1 == 1 || place == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        guard last == 0 else { throw ProofError(.wrongLength, "the inclusion proof is too short") }
        guard hash == root else {
            throw ProofError(.wrongRoot, "the inclusion proof leads to another root")
        }
    }

    /// The proof for leaf `index` in the tree of `size` leaves, the leaf's sibling first.
    ///
    /// - Throws: `ProofError` with `outOfRange`, or what `nodes` throws.
    public static func make(index: UInt64, size: UInt64, nodes: some NodeSource) throws -> [TreeHash] {
        guard index < size else {
            throw ProofError(.outOfRange, "a tree of \(size) leaves has no leaf \(index)")
        }
        return try siblings(of: index, in: 0..<size).map(nodes.root(of:))
    }

    /// What stands beside the way from leaf `index` to the root of `tree`, the lowest first.
    static func siblings(of index: UInt64, in tree: Range<UInt64>) -> [Range<UInt64>] {
        var siblings: [Range<UInt64>] = []
        var subtree = tree
        while subtree.upperBound - subtree.lowerBound > 1 {
            let (left, right) = subtree.halves
            let goesLeft = left.contains(index)
            siblings.append(goesLeft ? right : left)
            subtree = goesLeft ? left : right
        }
        return siblings.reversed()
    }
}
