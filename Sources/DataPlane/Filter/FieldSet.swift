/// A set of fields of a version, by their positions.
public struct FieldSet: Hashable, Sendable {
    /// Positions 0 to 63, inline: most datasets have no more.
    private var low: UInt64 = 0
    /// Positions from 64 on; never ends with a zero word, so that equal sets are equal values.
    private var high: [UInt64] = []

    public init() {}

    public init(_ positions: some Sequence<Int>) {
        for position in positions { insert(position) }
    }

    public var isEmpty: Bool { low == 0 && high.isEmpty }

    public var count: Int { high.reduce(low.nonzeroBitCount) { $0 + $1.nonzeroBitCount } }

    /// Ascending.
    public var positions: [Int] { (0..<64 * (high.count + 1)).filter(contains) }

    @inline(__always)
    public func contains(_ position: Int) -> Bool {
        if position < 64 { return low >> UInt64(position) & 1 == 1 }
        let word = position / 64 - 1
        return word < high.count && high[word] >> UInt64(position % 64) & 1 == 1
    }

    /// `position` is not negative.
    public mutating func insert(_ position: Int) {
        precondition(position >= 0)
        if position < 64 {
            low |= 1 << UInt64(position)
            return
        }
        let word = position / 64 - 1
        while high.count <= word { high.append(0) }
        high[word] |= 1 << UInt64(position % 64)
    }

    public mutating func formUnion(_ other: FieldSet) {
        for position in other.positions where !contains(position) { insert(position) }
    }

    public func isDisjoint(with other: FieldSet) -> Bool {
        low & other.low == 0 && zip(high, other.high).allSatisfy { $0 & $1 == 0 }
    }

    public func intersection(_ other: FieldSet) -> FieldSet {
        var both = FieldSet()
        both.low = low & other.low
        both.high = zip(high, other.high).map { $0 & $1 }
        while both.high.last == 0 { both.high.removeLast() }
        return both
    }

    public func isSubset(of other: FieldSet) -> Bool {
        low & ~other.low == 0
            && high.indices.allSatisfy { high[$0] & ~($0 < other.high.count ? other.high[$0] : 0) == 0 }
    }
}
