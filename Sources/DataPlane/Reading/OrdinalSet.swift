/// A set of ordinals, a bit each.
public struct OrdinalSet: Hashable, Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    public init(_ ordinals: some Collection<UInt32> = []) { insert(ordinals) }

    public var isEmpty: Bool { count == 0 }

    public mutating func insert(_ ordinal: UInt32) { insert(CollectionOfOne(ordinal)) }

    mutating func insert(_ ordinals: some Collection<UInt32>) {
        guard let last = ordinals.max() else { return }
        let missing = Int(last) / 64 + 1 - words.count
        if missing > 0 { words += repeatElement(0, count: missing) }
        var words = words.mutableSpan
        var added = 0
        for ordinal in ordinals {
            let (word, bit) = (Int(ordinal) / 64, UInt64(1) << UInt64(ordinal % 64))
            added &+= words[word] & bit == 0 ? 1 : 0
            words[word] |= bit
        }
        count += added
    }

    @inline(__always)
    public func contains(_ ordinal: UInt32) -> Bool {
        let word = Int(ordinal >> 6)
        return word < words.count && words[word] >> UInt64(ordinal & 63) & 1 == 1
    }

    /// Whether any of these is in it.
    func contains(anyOf range: ClosedRange<UInt32>) -> Bool {
        let (first, last) = (Int(range.lowerBound >> 6), min(Int(range.upperBound >> 6), words.count - 1))
        guard first <= last else { return false }
        let head = UInt64.max << UInt64(range.lowerBound & 63)
        let isWhole = last < Int(range.upperBound >> 6)
        let tail = isWhole ? UInt64.max : UInt64.max >> UInt64(63 - range.upperBound & 63)
        if first == last { return words[first] & head & tail != 0 }
        return words[first] & head != 0 || words[last] & tail != 0
            || words[(first + 1)..<last].contains { $0 != 0 }
    }
}
