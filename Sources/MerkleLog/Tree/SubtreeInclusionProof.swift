/// That a leaf is in a subtree (draft-ietf-plants-merkle-tree-certs, "Subtree Inclusion Proofs"): the proof
/// of RFC 9162 section 2.1.3 for the subtree as a tree of its own.
public enum SubtreeInclusionProof {
    /// Checks that `leaf` is leaf number `index` of the whole tree and in `subtree`, whose hash is `hash`.
    ///
    /// - Throws: `outOfRange`, `wrongLength` or `wrongRoot`.
    public static func verify(
        _ proof: [TreeHash], leaf: TreeHash, index: UInt64, subtree: Subtree, hash: TreeHash
    ) throws(ProofError) {
        try check(index, isIn: subtree)
        try InclusionProof.verify(
            proof, leaf: leaf, index: index - subtree.start, size: subtree.count, root: hash)
    }

    /// The proof for leaf `index` of the whole tree in `subtree`, the leaf's sibling first.
    ///
    /// - Throws: `ProofError` with `outOfRange`, or what `nodes` throws.
    public static func make(index: UInt64, subtree: Subtree, nodes: some NodeSource) throws -> [TreeHash] {
        try check(index, isIn: subtree)
        return try InclusionProof.siblings(of: index, in: subtree.leaves).map(nodes.root(of:))
    }

    private static func check(_ index: UInt64, isIn subtree: Subtree) throws(ProofError) {
        guard subtree.leaves.contains(index) else {
            throw ProofError(
                .outOfRange, "leaf \(index) is not among leaves \(subtree.start) to \(subtree.end)")
        }
    }
}
