/// That a subtree's leaves are those of the tree in the same places (draft-ietf-plants-merkle-tree-certs,
/// "Subtree Consistency Proofs"). For a subtree that begins at 0 it is the consistency proof of RFC 9162.
public enum SubtreeConsistencyProof {
    /// Checks that `subtree`, whose hash is `hash`, is part of the tree of `size` leaves with `root`.
    ///
    /// The empty subtree is part of every tree, so a proof for it, which is empty, says nothing about `root`.
    /// - Throws: `outOfRange`, `wrongLength` or `wrongRoot`.
    public static func verify(
        _ proof: [TreeHash], subtree: Subtree, hash: TreeHash, size: UInt64, root: TreeHash
    ) throws(ProofError) {
        try check(subtree, isWithin: size)
        if subtree.count == 0 {
            guard proof.isEmpty else { throw ProofError(.wrongLength, "no leaves: no proof") }
            guard hash == MerkleTree.emptyRoot else { throw ProofError(.wrongRoot, "not the empty hash") }
            return
        }
        var climb = Climb(subtree, size: size)
        // A subtree that is a node of the tree is itself the first node, and the proof leaves it out.
        guard let first = climb.startsAtSubtree ? hash : proof.first else {
            throw ProofError(.wrongLength, "the subtree consistency proof is empty")
        }
        (climb.subtreeHash, climb.treeHash) = (first, first)
        for sibling in climb.startsAtSubtree ? proof[...] : proof.dropFirst() { try climb.step(sibling) }
        guard climb.last == 0 else { throw ProofError(.wrongLength, "the subtree proof is too short") }
        guard climb.subtreeHash == hash, climb.treeHash == root else {
            throw ProofError(.wrongRoot, "the subtree consistency proof leads to another hash")
        }
    }

    /// The proof that `subtree` is part of the tree of `size` leaves; empty if it has none or all of them.
    ///
    /// - Throws: `ProofError` with `outOfRange`, or what `nodes` throws.
    public static func make(subtree: Subtree, size: UInt64, nodes: some NodeSource) throws -> [TreeHash] {
        try check(subtree, isWithin: size)
        guard subtree.count > 0 else { return [] }
        var siblings: [Range<UInt64>] = []
        var (wanted, range) = (subtree.leaves, 0..<size)
        while range != wanted {
            let (left, right) = range.halves
            let goesLeft = wanted.upperBound <= left.upperBound
            siblings.append(goesLeft ? right : left)
            range = goesLeft ? left : right
            wanted = max(wanted.lowerBound, range.lowerBound)..<wanted.upperBound
        }
        // The verifier knows the subtree's own hash, so that is not repeated.
        if wanted != subtree.leaves { siblings.append(wanted) }
        return try siblings.reversed().map(nodes.root(of:))
    }

    private static func check(_ subtree: Subtree, isWithin size: UInt64) throws(ProofError) {
        guard subtree.end <= size else {
            throw ProofError(.outOfRange, "a tree of \(size) leaves has no leaf before \(subtree.end)")
        }
    }

    /// The way up from the last node that subtree and tree share, towards both roots at once.
    private struct Climb {
        /// The first and last node of the subtree and the last of the tree, on the level reached.
        var first: UInt64, end: UInt64, last: UInt64
        var subtreeHash = MerkleTree.emptyRoot, treeHash = MerkleTree.emptyRoot

        init(_ subtree: Subtree, size: UInt64) {
            (first, end, last) = (subtree.start, subtree.end - 1, size - 1)
            let reachesEnd = end == last
            while first != end, reachesEnd || end & 1 == 1 { ascend() }
        }

        var startsAtSubtree: Bool { first == end }

        mutating func step(_ sibling: TreeHash) throws(ProofError) {
            guard last > 0 else { throw ProofError(.wrongLength, "the subtree proof is too long") }
            if end & 1 == 1 || end == last {
                if first < end { subtreeHash = MerkleTree.nodeHash(sibling, subtreeHash) }
                treeHash = MerkleTree.nodeHash(sibling, treeHash)
                while end & 1 == 0, end != 0 { ascend() }
            } else {
                treeHash = MerkleTree.nodeHash(treeHash, sibling)
            }
            ascend()
        }

        private mutating func ascend() {
            first >>= 1
            end >>= 1
            last >>= 1
        }
    }
}
