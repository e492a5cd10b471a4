/// Counts how long things took, for those who watch the hub.
public struct Histogram: Hashable, Sendable {
    /// In microseconds, ascending.
    public let bounds: [Int]
    /// How many took at most each bound and longer than the one before, and how many longer than the last.
    private var counts: [Int]
    private var microseconds = 0

    public init(bounds: [Int]) {
        precondition(!bounds.isEmpty && bounds == bounds.sorted(), "ascending bounds")
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    public mutating func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let microseconds = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        counts[bounds.firstIndex { microseconds <= $0 } ?? bounds.count] += 1
        self.microseconds += microseconds
    }

    /// How many took at most each bound.
    public var cumulativeCounts: [Int] {
        var total = 0
        return counts.dropLast().map { count in
            total += count
            return total
        }
    }

    /// How many there were in all.
    public var count: Int { counts.reduce(0, +) }

    /// How long all of them took together.
    public var seconds: Double { Double(microseconds) / 1_000_000 }
}
