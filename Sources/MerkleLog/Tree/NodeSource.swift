/// Where proofs are made from: the complete subtrees of a tree.
public protocol NodeSource {
    /// The root of the complete subtree over leaves `index << level ..< (index + 1) << level`.
    ///
    /// - Throws: whatever keeps the source from knowing it.
    func hash(level: Int, index: UInt64) throws -> TreeHash
}

extension NodeSource {
    /// MTH(D[range]) of RFC 6962 section 2.1 for a range that is a subtree of the tree, so that every
    /// complete part of it is aligned.
    func root(of range: Range<UInt64>) throws -> TreeHash {
        let size = range.upperBound - range.lowerBound
        if size.nonzeroBitCount == 1 {
            let level = size.trailingZeroBitCount
            return try hash(level: level, index: range.lowerBound >> UInt64(level))
        }
        let (left, right) = range.halves
        return MerkleTree.nodeHash(try root(of: left), try root(of: right))
    }
}

extension Range<UInt64> {
    /// The two children of a subtree of at least two leaves: the left has the largest power of two below its
    /// size (RFC 6962 section 2.1).
    var halves: (left: Range, right: Range) {
        let size = upperBound - lowerBound
        let split = lowerBound + (1 << UInt64(63 - (size - 1).leadingZeroBitCount))
        return (lowerBound..<split, split..<upperBound)
    }
}
