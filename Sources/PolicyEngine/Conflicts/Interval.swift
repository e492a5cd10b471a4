/// A stretch of a number line. Numbers are whole multiples of some smallest unit; on a line that is dense, as
/// decimals are, an open end leaves out the end and nothing else.
struct Interval: Hashable, Sendable {
    /// Nil for no end on that side.
    var lower: Int128?
    var isLowerOpen = false
    var upper: Int128?
    var isUpperOpen = false

    static let all = Interval(lower: nil, upper: nil)

    static func point(_ value: Int128) -> Interval { Interval(lower: value, upper: value) }

    func intersection(_ other: Interval) -> Interval? {
        var result = self
        if let low = other.lower {
            if let mine = lower, mine > low {
            } else if let mine = lower, mine == low {
                result.isLowerOpen = isLowerOpen || other.isLowerOpen
            } else {
                (result.lower, result.isLowerOpen) = (low, other.isLowerOpen)
            }
        }
        if let high = other.upper {
            if let mine = upper, mine < high {
            } else if let mine = upper, mine == high {
                result.isUpperOpen = isUpperOpen || other.isUpperOpen
            } else {
                (result.upper, result.isUpperOpen) = (high, other.isUpperOpen)
            }
        }
        return result.isEmpty ? nil : result
    }

    var isEmpty: Bool {
        guard let lower, let upper else { return false }
        return lower > upper || lower == upper && (isLowerOpen || isUpperOpen)
    }
}

/// A union of intervals: what a number may still be.
struct IntervalSet: Hashable, Sendable {
    var intervals: [Interval]
    /// Whether there is nothing between two neighbouring units, as with counts and milliseconds.
    var isDiscrete: Bool
    /// The distance between neighbours where it is discrete.
    var unit: Int128 = 1

    var isEmpty: Bool { intervals.isEmpty }

    func intersection(_ others: [Interval]) -> IntervalSet {
        var result = self
        result.intervals = intervals.flatMap { mine in
            others.compactMap { mine.intersection($0).flatMap(result.closed) }
        }
        return result
    }

    /// On a discrete line every end can be closed.
    private func closed(_ interval: Interval) -> Interval? {
        guard isDiscrete else { return interval }
        var result = interval
        if let lower = interval.lower {
            let next = lower.roundedUp(to: unit)
            result.lower = next == lower && interval.isLowerOpen ? next + unit : next
            result.isLowerOpen = false
        }
        if let upper = interval.upper {
            let next = -((-upper).roundedUp(to: unit))
            result.upper = next == upper && interval.isUpperOpen ? next - unit : next
            result.isUpperOpen = false
        }
        return result.isEmpty ? nil : result
    }

    /// A value inside, the smallest where there is one; nil if the set is empty or too narrow to name one.
    func sample(step: Int128) -> Int128? {
        let inOrder = intervals.sorted { a, b in
            guard let lower = b.lower else { return false }
            return a.lower.map { $0 < lower } ?? true
        }
        for interval in inOrder {
            switch (interval.lower, interval.upper) {
            case (let lower?, _) where !interval.isLowerOpen: return lower
            case (_, let upper?) where !interval.isUpperOpen: return upper
            case (let lower?, let upper?):
                let middle = lower + (upper - lower) / 2
                if middle > lower, middle < upper { return middle }
            case (let lower?, nil): return lower + step
            case (nil, let upper?): return upper - step
            case (nil, nil): return 0
            }
        }
        return nil
    }

    /// The smallest value and the largest, nil for none on that side.
    var bounds: (lower: Int128?, upper: Int128?) {
        let lowers = intervals.map(\.lower)
        let uppers = intervals.map(\.upper)
        return (
            lowers.contains(nil) ? nil : lowers.compactMap { $0 }.min(),
            uppers.contains(nil) ? nil : uppers.compactMap { $0 }.max()
        )
    }
}

extension Int128 {
    /// The smallest multiple of `unit` that is not smaller.
    fileprivate func roundedUp(to unit: Int128) -> Int128 {
        let rest = self % unit
        return rest == 0 ? self : rest > 0 ? self - rest + unit : self - rest
    }
}
