/// Whose rows may flow, one bit an owner of the dataset, by the owners' numbers.
public struct OwnerBitmap: Hashable, Sendable {
    @usableFromInline
    var words: [UInt64]
    /// How many owners it speaks of.
    public let count: Int

    /// Nobody's.
    public init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// False for an owner that it does not speak of.
    @inlinable
    public subscript(owner: Int) -> Bool {
        get {
            // A negative number becomes one beyond all words, and what lies beyond the count was never set.
            let place = Int(bitPattern: UInt(bitPattern: owner) &>> 6)
            return place < words.count && words[place] &>> UInt64(truncatingIfNeeded: owner & 63) & 1 == 1
        }
        set {
            precondition(owner >= 0 && owner < count, "the owner is not one of the bitmap's")
            let bit: UInt64 = 1 << UInt64(owner & 63)
            if newValue { words[owner >> 6] |= bit } else { words[owner >> 6] &= ~bit }
        }
    }

    /// How many owners' rows may flow.
    public var permitted: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
