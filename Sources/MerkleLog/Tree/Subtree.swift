/// A part of a tree that is itself a tree and fits into every larger one: leaves `start ..< end`, where
/// `start` is a multiple of the smallest power of two that is not below the number of leaves
/// (draft-ietf-plants-merkle-tree-certs, "Definition of a Subtree").
public struct Subtree: Hashable, Sendable {
    /// The first leaf.
    public let start: UInt64
    /// The leaf after the last one; equal to `start` if there is none.
    public let end: UInt64

    /// - Throws: `outOfRange` unless these leaves are a subtree.
    public init(start: UInt64, end: UInt64) throws(ProofError) {
        guard start <= end, Self.isAligned(start, count: end - start) else {
            throw ProofError(.outOfRange, "leaves \(start) to \(end) are no subtree of any tree")
        }
        self.start = start
        self.end = end
    }

    /// How many leaves it has.
    public var count: UInt64 { end - start }

    var leaves: Range<UInt64> { start..<end }

    private static func isAligned(_ start: UInt64, count: UInt64) -> Bool {
        guard count > 1 else { return true }
        let bits = UInt64.bitWidth - (count - 1).leadingZeroBitCount
        // Beyond 2^63 leaves the power of two does not fit 64 bits: of such numbers only 0 is a multiple.
        return bits == UInt64.bitWidth ? start == 0 : start & (1 << UInt64(bits) - 1) == 0
    }
}
