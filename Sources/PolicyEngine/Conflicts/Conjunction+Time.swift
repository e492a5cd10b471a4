extension Conjunction {
    /// The time, the periods and the day of the week: one clock shows them all.
    func clock() -> Satisfiability {
        let parts = clockLiterals
        guard !parts.isEmpty else { return .possible(Assignment()) }
        guard var set = clockSet else { return undecided(Self.clockOperands) }
        set.intervals.sort { ($0.lower ?? 0) < ($1.lower ?? 0) }
        guard !set.isEmpty else { return .impossible }
        let schedules = parts.compactMap { Schedule($0.test) }
        let isPlain = parts.allSatisfy { $0.test.operand == .known(.dateTime) }
        if isPlain {
            guard let time = set.sample(step: 1) else { return undecided(Self.clockOperands) }
            return confirmed(at: Int64(time))
                ? .possible(Assignment(now: Int64(time))) : undecided(Self.clockOperands)
        }
        // Periods without an anchor, and values of `timeInterval` that a caller would keep.
        guard parts.allSatisfy({ $0.test.operand != .known(.timeInterval) || $0.test.anchor != nil }) else {
            return intervalsWithoutAnchor()
        }
        return scan(set, schedules)
    }

    static let clockOperands: [LeftOperand] = [.known(.dateTime), .known(.timeInterval), .known(.dayOfWeek)]

    private var clockLiterals: [Literal] { Self.clockOperands.flatMap { literals[$0] ?? [] } }

    /// What the literals on the time leave of it; nil if they cannot be laid out.
    private var clockSet: IntervalSet? {
        let all = IntervalSet(intervals: [.all], isDiscrete: true)
        let named = literals[.known(.dateTime)] == nil ? all : numbers(.known(.dateTime))
        guard let notBefore else { return named }
        return named?.intersection([Interval(lower: Int128(notBefore), upper: nil)])
    }

    /// Whether all of the clock's literals are met at a time, as the engine itself evaluates them.
    private func confirmed(at time: Int64) -> Bool {
        var facts = background
        facts.now = FactValue(.time(TimeSpan(start: time, end: time + 1)))
        return clockLiterals.allSatisfy { $0.isMet(facts) }
    }

    private func intervalsWithoutAnchor() -> Satisfiability {
        let literals = clockLiterals.filter { $0.test.operand == .known(.timeInterval) }
        guard literals.allSatisfy({ $0.test.anchor == nil }),
            var spans = Optional(IntervalSet(intervals: [Interval(lower: 0, upper: nil)], isDiscrete: true))
        else { return undecided(Self.clockOperands) }
        for literal in literals {
            guard let intervals = NumberAxis.intervals(literal, \.interval) else {
                return undecided(Self.clockOperands)
            }
            spans = spans.intersection(intervals)
        }
        guard !spans.isEmpty else { return .impossible }
        let others = clockLiterals.filter { $0.test.operand != .known(.timeInterval) }
        guard others.allSatisfy({ $0.test.operand == .known(.dateTime) }), let set = clockSet,
            let time = others.isEmpty ? 0 : set.sample(step: 1), let span = spans.sample(step: 1)
        else { return undecided(Self.clockOperands) }
        let value = Self.fact(span, .duration, unit: literals.first?.test.unit)
        return .possible(
            Assignment(
                values: [.known(.timeInterval): [value]], now: others.isEmpty ? nil : Int64(time)))
    }

    /// Steps through the occurrences of the schedule that comes round most slowly, for one whole round of all
    /// of them: what does not meet in one round never does.
    private func scan(_ set: IntervalSet, _ schedules: [Schedule]) -> Satisfiability {
        let day: Int64 = 86_400_000
        // Without a schedule the days themselves come round, from before any time that is looked at.
        let dawn = Schedule(start: -(1 << 50) / day * day, length: day, period: day)
        let slowest = schedules.max { $0.period < $1.period } ?? dawn
        var round: Int64 = clockLiterals.contains { $0.test.operand == .known(.dayOfWeek) } ? 7 * day : day
        for schedule in schedules {
            guard let next = Schedule.leastCommonMultiple(round, schedule.period),
                next / slowest.period <= 200_000
            else { return undecided(Self.clockOperands) }
            round = next
        }
        let firstStart = schedules.map(\.start).max()
        for interval in set.intervals {
            let upper = Int64(clamping: interval.upper ?? Int128(Int64.max))
            // Where nothing begins, one round before the end holds all there is.
            let early =
                interval.upper == nil ? 0 : upper.subtractingReportingOverflow(round).partialValue
            let lower = interval.lower.map { Int64(clamping: $0) } ?? firstStart ?? min(0, early)
            let begin = max(lower, firstStart ?? lower)
            var occurrence = slowest.occurrence(notBefore: begin)
            let end = begin.addingReportingOverflow(round).partialValue + slowest.period
            while occurrence <= min(upper, end) {
                for time in [occurrence, begin, occurrence + slowest.length - 1, occurrence + slowest.length]
                where time >= begin && time <= upper && confirmed(at: time) {
                    return .possible(Assignment(now: time))
                }
                occurrence += slowest.period
            }
        }
        // Only whole days that come round by days are sure to be hit by these steps, and only times inside of
        // them are looked at.
        let isInside = clockLiterals.allSatisfy { $0.test.anchor == nil || $0.isWanted }
        return isInside
            && schedules.allSatisfy { $0.length == day && $0.period % day == 0 && $0.start % day == 0 }
            ? .impossible : undecided(Self.clockOperands)
    }
}

/// `timeInterval eq P30D` from an anchor: a stretch that comes round.
struct Schedule {
    var start: Int64
    var length: Int64
    var period: Int64

    init(start: Int64, length: Int64, period: Int64) {
        self.start = start
        self.length = length
        self.period = period
    }

    init?(_ test: CompiledConstraint.Test) {
        guard let anchor = test.anchor, case .duration(let duration)? = test.right.first,
            duration.months == 0, duration.milliseconds > 0
        else { return nil }
        self.init(
            start: anchor.start, length: anchor.end - anchor.start, period: duration.milliseconds)
    }

    /// The start of the first occurrence that has not ended at `time`.
    func occurrence(notBefore time: Int64) -> Int64 {
        guard time > start else { return start }
        let rounds = (time - start) / period
        let last = start + rounds * period
        return last + length > time ? last : last + period
    }

    static func leastCommonMultiple(_ a: Int64, _ b: Int64) -> Int64? {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        let (product, overflow) = (a / x).multipliedReportingOverflow(by: b)
        return overflow ? nil : product
    }
}
