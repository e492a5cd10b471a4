extension Conjunction {
    /// Elapsed time, metered time and delays: metered time is part of the elapsed time, and so are delays
    /// that follow one another.
    func spans() -> Satisfiability {
        var sets: [LeftOperand: IntervalSet] = [:]
        for operand in Self.spanOperands where literals[operand] != nil {
            guard let set = numbers(operand) else { return .unknown }
            guard !set.isEmpty else { return .impossible }
            sets[operand] = set
        }
        guard !sets.isEmpty else { return .possible(Assignment()) }
        guard sets.keys.allSatisfy({ unit($0) == .some(nil) }) else { return .unknown }
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

    /// The least that the delays of a sequence take together.
    private func shortestSequence() -> Int128? {
        sequences.map { delays in
            delays.reduce(Int128(0)) { sum, test in
                let intervals = NumberAxis.intervals(Literal(test: test, isWanted: true), \.interval)
                let positive = Interval(lower: 0, upper: nil)
                let least = intervals?.compactMap { $0.intersection(positive)?.lower }.min()
                return sum + (least ?? 0)
            }
        }.max()
    }
}
