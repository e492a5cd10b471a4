/// The compact range of a tree: the roots of the complete subtrees that its leaves fall into.
///
/// It is all that appending needs: one hash for each bit set in `size`, the largest subtree first.
public struct Frontier: Hashable, Sendable {
    /// How many leaves the tree has.
    public private(set) var size: UInt64
    /// The roots of the complete subtrees, from left to right.
    public private(set) var hashes: [TreeHash]

    /// The tree without leaves.
    public init() {
        size = 0
        hashes = []
    }

    /// Nil unless there are as many `hashes` as `size` has bits set.
    public init?(size: UInt64, hashes: [TreeHash]) {
        guard hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Adds a leaf in amortised constant, at most logarithmic time.
    public mutating func append(_ leaf: TreeHash) {
        var hash = leaf
        for _ in 0..<size.trailingOnes { hash = MerkleTree.nodeHash(hashes.removeLast(), hash) }
        hashes.append(hash)
        size += 1
    }

    /// The Merkle tree hash of all leaves (RFC 9162 section 2.1.1), in logarithmic time.
    public var root: TreeHash {
        guard var hash = hashes.last else { return MerkleTree.emptyRoot }
        for left in hashes.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
        return hash
    }
}

extension UInt64 {
    /// How many of the lowest bits are set before the first that is not.
    fileprivate var trailingOnes: Int { (~self).trailingZeroBitCount }
}
