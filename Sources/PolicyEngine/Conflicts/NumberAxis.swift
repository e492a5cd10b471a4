/// One operand with an order: which values the literals on it leave.
struct NumberAxis {
    /// What a literal says, on a line of whole units; nil where it cannot be laid out on one.
    static func intervals(_ literal: Literal, _ position: (OperandValue) -> Interval?) -> [Interval]? {
        let places = literal.test.right.map(position)
        guard !places.contains(nil) else { return nil }
        let right = places.compactMap { $0 }
        let wanted: [Interval]
        switch literal.test.comparison {
        case .eq where right.count == 1, .isAnyOf: wanted = right
        case .neq where right.count == 1, .isNoneOf: wanted = complement(right)
        case .isAllOf:
            wanted = right.dropFirst().reduce(right.prefix(1).map { $0 }) { sum, next in
                sum.compactMap { $0.intersection(next) }
            }
        case .lt: wanted = [Interval(lower: nil, upper: right[0].lower, isUpperOpen: true)]
        case .lteq: wanted = [Interval(lower: nil, upper: right[0].upper, isUpperOpen: right[0].isUpperOpen)]
        case .gt:
            // After the whole of a day, or above a number.
            wanted = [
                Interval(lower: right[0].upper, isLowerOpen: !right[0].isUpperOpen, upper: nil)
            ]
        case .gteq: wanted = [Interval(lower: right[0].lower, upper: nil)]
        default: return nil
        }
        return literal.isWanted ? wanted : complement(wanted)
    }

    static func complement(_ intervals: [Interval]) -> [Interval] {
        intervals.reduce([.all]) { rest, next in
            var outside: [Interval] = []
            if let lower = next.lower {
                outside.append(Interval(lower: nil, upper: lower, isUpperOpen: !next.isLowerOpen))
            }
            if let upper = next.upper {
                outside.append(Interval(lower: upper, isLowerOpen: !next.isUpperOpen, upper: nil))
            }
            return rest.flatMap { mine in outside.compactMap { mine.intersection($0) } }
        }
    }
}

extension OperandValue {
    /// Where a value lies on the line of its kind; nil where it has no fixed place there.
    var interval: Interval? {
        switch self {
        case .number(let number): .point(number.scaled)
        case .time(let time):
            Interval(lower: Int128(time.start), upper: Int128(time.end), isUpperOpen: true)
        case .duration(let duration) where duration.months == 0: .point(Int128(duration.milliseconds))
        default: nil
        }
    }
}
