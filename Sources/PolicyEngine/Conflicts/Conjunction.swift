import Model

/// Literals that must all be met, by what they speak of.
struct Conjunction {
    private(set) var literals: [LeftOperand: [Literal]] = [:]
    /// Delays that follow one another: their sum is part of the elapsed time.
    private(set) var sequences: [[CompiledConstraint.Test]] = []
    /// What in it cannot be told.
    var doubts: [String] = []
    let purposes: PurposeTree

    private let fixed: [Facts]
    private let free: Set<LeftOperand>
    let notBefore: Int64?
    private let reading: EvaluationReading

    init(
        purposes: PurposeTree, fixed: [Facts], free: Set<LeftOperand>, notBefore: Int64?,
        reading: EvaluationReading
    ) {
        (self.purposes, self.fixed, self.free) = (purposes, fixed, free)
        (self.notBefore, self.reading) = (notBefore, reading)
    }

    /// - Returns: false if the literals on that operand alone can no longer be met.
    mutating func add(_ constraint: CompiledConstraint, _ isWanted: Bool) -> Bool {
        guard constraint.unknowns.isEmpty, var test = constraint.test else {
            doubts += constraint.unknowns.map { "\($0.message) (`\($0.path)`)" }
            return true
        }
        if !fixed.isEmpty, !free.contains(test.operand), free.isDisjoint(with: test.borrowed) {
            let literal = Literal(test: test, isWanted: isWanted, reading: reading)
            return fixed.allSatisfy(literal.isMet)
        }
        if !test.references.isEmpty {
            // What stands for a value that may be chosen stands for none yet.
            guard let facts = fixed.first, free.isDisjoint(with: test.borrowed),
                let resolved = test.resolved(by: facts)
            else {
                doubts.append(
                    "`\(constraint.place.path)` refers to values that only a state of the world gives")
                return true
            }
            test = resolved
        }
        let literal = Literal(test: test, isWanted: isWanted, reading: reading)
        literals[test.operand, default: []].append(literal)
        // Looked at early as long as that is quick; in the end anyway.
        guard literals[test.operand, default: []].count <= 64, let set = numbers(test.operand) else {
            return true
        }
        return !set.isEmpty
    }

    /// How many values it names, for what it costs to solve.
    var size: Int { literals.values.reduce(1) { $0 + $1.reduce($1.count) { $0 + $1.test.right.count } } }

    /// How many values of one operand are compared with each other.
    private static let maximumValues = 2000

    private func isTooLong(_ operand: LeftOperand) -> Bool {
        let isOrdered = operand.kind.isOrdered
        let values = (literals[operand] ?? []).reduce(0) { sum, literal in
            // On a line single values are laid side by side quickly.
            isOrdered && literal.test.right.count == 1 ? sum : sum + literal.test.right.count
        }
        return values > Self.maximumValues
    }

    mutating func add(sequence operands: [CompiledCondition]) {
        // Of alternatives nobody knows which one is gone through.
        let delays = operands.flatMap(\.conjuncts).flatMap(\.leaves).compactMap(\.test)
            .filter { $0.operand == .known(.delayPeriod) }
        if !delays.isEmpty { sequences.append(delays) }
    }

    func solve() -> Satisfiability {
        var assignment = Assignment()
        var doubts = doubts
        for operand in literals.keys.sorted(by: { $0.iri < $1.iri }) {
            if Self.isClock(operand) || Self.isSpan(operand) { continue }
            switch values(of: operand) {
            case .possible(let found): assignment.values.merge(found.values) { $1 }
            case .impossible: return .impossible
            case .unknown(let reasons): doubts += reasons
            }
        }
        for part in [clock(), spans()] {
            switch part {
            case .possible(let found):
                assignment.values.merge(found.values) { $1 }
                assignment.now = found.now ?? assignment.now
            case .impossible: return .impossible
            case .unknown(let reasons): doubts += reasons
            }
        }
        return doubts.isEmpty ? .possible(assignment) : .unknown(because: doubts)
    }

    private static func isClock(_ operand: LeftOperand) -> Bool {
        operand == .known(.dateTime) || operand == .known(.timeInterval) || operand == .known(.dayOfWeek)
    }

    private static func isSpan(_ operand: LeftOperand) -> Bool {
        operand == .known(.elapsedTime) || operand == .known(.meteredTime)
            || operand == .known(.delayPeriod)
    }

    // MARK: Numbers

    /// What the literals on an operand with an order leave; nil for one without, or if they do not lie on one
    /// line.
    func numbers(_ operand: LeftOperand) -> IntervalSet? {
        guard let literals = literals[operand], var set = Self.domain(operand.kind),
            !isTooLong(operand)
        else { return nil }
        guard Set(literals.map(\.test.unit)).count == 1, !literals.contains(where: { $0.test.anchor != nil })
        else { return nil }
        for literal in literals {
            guard let intervals = NumberAxis.intervals(literal, \.interval) else { return nil }
            set = set.intersection(intervals)
        }
        return set
    }

    private static func domain(_ kind: ValueKind) -> IntervalSet? {
        switch kind {
        case .number(let domain):
            let interval = Interval(
                lower: domain.minimum?.scaled, upper: domain.maximum?.scaled)
            return IntervalSet(
                intervals: [interval], isDiscrete: domain.isInteger, unit: FixedDecimal.one.scaled)
        case .time:
            return IntervalSet(intervals: [.all], isDiscrete: true)
        case .duration:
            return IntervalSet(intervals: [Interval(lower: 0, upper: nil)], isDiscrete: true)
        default: return nil
        }
    }

    // MARK: Single operands

    private func values(of operand: LeftOperand) -> Satisfiability {
        guard !isTooLong(operand) else { return undecided([operand]) }
        if Self.domain(operand.kind) != nil {
            guard let set = numbers(operand) else { return undecided([operand]) }
            guard !set.isEmpty else { return .impossible }
            guard let value = set.sample(step: FixedDecimal.one.scaled), let unit = unit(operand) else {
                return undecided([operand])
            }
            return confirmed(operand, [Self.fact(value, operand.kind, unit: unit)])
        }
        var isDecided = true
        // Who has no purpose has none of those that are kept out.
        let absent: [[FactValue]] = operand.kind == .purpose ? [[]] : []
        for candidate in candidates(operand) + absent {
            let answer = confirmed(operand, candidate)
            if case .possible = answer { return answer }
            if case .unknown = answer { isDecided = false }
        }
        return isDecided || NominalAxis(literals[operand] ?? [], purposes).isContradiction
            ? .impossible : undecided([operand])
    }

    /// That nothing here can decide what the literals on operands leave.
    func undecided(_ operands: [LeftOperand]) -> Satisfiability {
        .unknown(
            because: operands.filter { literals[$0] != nil }.map { operand in
                let places =
                    literals[operand]?.flatMap(\.test.right).map { "`\(brief($0.description))`" } ?? []
                return "the constraints on \(operand.name) cannot be decided together (they name "
                    + "\(places.prefix(6).joined(separator: ", ")))"
            })
    }

    /// The one unit of all literals on an operand, which may be none.
    func unit(_ operand: LeftOperand) -> String?? {
        let units = Set((literals[operand] ?? []).map(\.test.unit))
        return units.count == 1 ? units.first : nil
    }

    /// What is so whatever values are chosen, such as what is part of what.
    var background: Facts { fixed.first ?? Facts(purposes: purposes) }

    /// Whether values meet all literals on an operand, as the engine itself evaluates them.
    func confirmed(_ operand: LeftOperand, _ values: [FactValue]) -> Satisfiability {
        var facts = background
        facts.values[operand] = values
        let literals = literals[operand] ?? []
        if literals.allSatisfy({ $0.isMet(facts) }) {
            return .possible(Assignment(values: [operand: values]))
        }
        return literals.contains { $0.isMissed(facts) } ? .impossible : undecided([operand])
    }

    static func fact(_ value: Int128, _ kind: ValueKind, unit: String?) -> FactValue {
        switch kind {
        case .time: FactValue(.time(TimeSpan(start: Int64(value), end: Int64(value) + 1)))
        case .duration:
            FactValue(
                .duration(CalendarDuration(months: 0, milliseconds: Int64(clamping: value))), unit: unit)
        default: FactValue(.number(FixedDecimal(scaled: value)), unit: unit)
        }
    }

    /// Everything that is worth trying: the values named, all of them together, what the vocabulary holds,
    /// and something else.
    private func candidates(_ operand: LeftOperand) -> [[FactValue]] {
        let literals = literals[operand] ?? []
        let unit = literals.first?.test.unit
        var named: [OperandValue] = []
        for value in literals.flatMap(\.test.right) where !named.contains(value) { named.append(value) }
        let stranger = Stranger(to: named)
        var more: [OperandValue] = []
        switch operand.kind {
        case .purpose: more = purposes.iris.map { .iri($0) }
        case .legalBasis: more = LegalBasis.allCases.map { .iri(SluisProfile.iri(of: $0)) }
        case .boolean: more = [.boolean(true), .boolean(false)]
        case .name: more = [stranger.text]
        case .identifier: more = [stranger.iri]
        default:
            more = [stranger.iri, stranger.text, .number(.zero), .boolean(true), .boolean(false)]
        }
        let singles = (named + more.filter { !named.contains($0) }).map { [FactValue($0, unit: unit)] }
        // Of what is asked already each field is decided by itself.
        let isSingle = operand.kind == .name && !fixed.isEmpty
        let several =
            isSingle ? [] : [named, NominalAxis.largest(literals, named)].filter { $0.count > 1 }
        return singles + several.map { $0.map { FactValue($0, unit: unit) } }
    }
}

extension CompiledConstraint.Test {
    /// The operands whose values its references stand for.
    fileprivate var borrowed: Set<LeftOperand> {
        references.isEmpty ? [] : Set(references.compactMap { LeftOperand(iri: $0.iri) })
    }
}
