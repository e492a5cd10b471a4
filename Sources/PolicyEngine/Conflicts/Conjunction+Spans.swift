extension Conjunction {
    /// Elapsed time, metered time and delays: metered time is part of the elapsed time, and so are delays
    /// that follow one another.
    func spans() -> Satisfiability {
        var sets: [LeftOperand: IntervalSet] = [:]
        let operands = Self.spanOperands.filter { literals[$0] != nil }
        if operands.count == 1, sequences.isEmpty, numbers(operands[0]) == nil {
            return calendarSpan(operands[0])
        }
        for operand in operands {
            guard let set = numbers(operand) else { return undecided(Self.spanOperands) }
            guard !set.isEmpty else { return .impossible }
            sets[operand] = set
        }
        guard !sets.isEmpty else { return .possible(Assignment()) }
        guard sets.keys.allSatisfy({ unit($0) == .some(nil) }) else { return undecided(Self.spanOperands) }
        var elapsed = sets[.known(.elapsedTime)]
        var values: [LeftOperand: Int128] = [:]
        for operand in [LeftOperand.known(.meteredTime), .known(.delayPeriod)] {
            values[operand] = sets[operand]?.sample(step: 1)
        }
        let needed = [values[.known(.meteredTime)], shortestSequence()].compactMap { $0 }.max()
        if let needed {
            elapsed = elapsed?.intersection([Interval(lower: needed, upper: nil)])
            guard elapsed?.isEmpty != true else { return .impossible }
        }
        values[.known(.elapsedTime)] = elapsed?.sample(step: 1)
        return .possible(
            Assignment(
                values: values.reduce(into: [:]) { facts, entry in
                    facts[entry.key] = [Self.fact(entry.value, .duration, unit: nil)]
                }))
    }

    private static let spanOperands: [LeftOperand] = [
        .known(.elapsedTime), .known(.meteredTime), .known(.delayPeriod),
    ]

    /// Months have no place on a line of days, but what is shorter or longer than any of them does: of one
    /// operand the values named are tried, and days around them.
    private func calendarSpan(_ operand: LeftOperand) -> Satisfiability {
        let named = (literals[operand] ?? []).flatMap(\.test.right).compactMap { value in
            if case .duration(let duration) = value { duration } else { nil }
        }
        guard let unit = unit(operand), named.allSatisfy({ $0.months >= 0 && $0.months < 120_000 }) else {
            return undecided(Self.spanOperands)
        }
        let day: Int64 = 86_400_000
        let around = named.flatMap { duration in
            [duration.months * 28 * day - 1, duration.months * 31 * day + 1].map {
                CalendarDuration(months: 0, milliseconds: $0 &+ duration.milliseconds)
            }
        }
        for candidate in [CalendarDuration(months: 0, milliseconds: 0)] + named + around
        where candidate.months >= 0 && candidate.milliseconds >= 0 {
            let answer = confirmed(operand, [FactValue(.duration(candidate), unit: unit)])
            if case .possible = answer { return answer }
        }
        return undecided(Self.spanOperands)
    }

    /// The least that the delays of a sequence take together.
    private func shortestSequence() -> Int128? {
        sequences.map { delays in
            delays.reduce(Int128(0)) { sum, test in
                let intervals = NumberAxis.intervals(Literal(test: test, isWanted: true), \.interval)
                let positive = Interval(lower: 0, upper: nil)
                let least = intervals?.compactMap { $0.intersection(positive) }
                    .compactMap { interval in interval.lower.map { $0 + (interval.isLowerOpen ? 1 : 0) } }
                    .min()
                return sum + (least ?? 0)
            }
        }.max()
    }
}
