/// How often an agreement was read, the read that is asked for included: what `odrl:count` is at a read, and
/// `sluis:countInHour`, `Day`, `Week`, `Month` and `Year`.
public struct ReadCounts: Hashable, Sendable {
    /// A stretch of the calendar, in UTC; weeks begin on Mondays (ISO 8601).
    public enum Period: Int, CaseIterable, Sendable { case hour, day, week, month, year }

    public var total: Int
    private var inPeriods: [Int]

    /// - Parameter inPeriod: how often in a period of now.
    public init(total: Int, inPeriod: (Period) -> Int) {
        self.total = total
        inPeriods = Period.allCases.map(inPeriod)
    }

    public subscript(period: Period) -> Int { inPeriods[period.rawValue] }

    /// Those of the first read.
    public static let first = ReadCounts(total: 1) { _ in 1 }
}

extension ReadCounts.Period {
    var operand: KnownOperand {
        switch self {
        case .hour: .countInHour
        case .day: .countInDay
        case .week: .countInWeek
        case .month: .countInMonth
        case .year: .countInYear
        }
    }
}

extension ReadCounts {
    /// Whether a policy asks how often something was read.
    public static func matter(to policy: CompiledPolicy) -> Bool {
        policy.operands.contains(.known(.count))
            || Period.allCases.contains { policy.operands.contains(.known($0.operand)) }
    }

    /// The facts that they are.
    var facts: [LeftOperand: [FactValue]] {
        func fact(_ number: Int) -> [FactValue] { [FactValue(.number(FixedDecimal(Int64(number))))] }
        var facts: [LeftOperand: [FactValue]] = [.known(.count): fact(total)]
        for period in Period.allCases { facts[.known(period.operand)] = fact(self[period]) }
        return facts
    }
}
