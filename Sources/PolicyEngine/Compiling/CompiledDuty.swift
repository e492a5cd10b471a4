/// A duty, an obligation, a consequence or a remedy, compiled.
struct CompiledDuty: Sendable {
    let place: Place
    /// For people: the action and its conditions.
    let name: String
    /// The IRIs of its actions.
    let actions: [String]
    /// The IRIs of those who are to do it; none where that is whoever exercises the rule.
    let assignees: [String]
    /// The IRIs of those who are to be paid; none where it does not say.
    let payees: [String]
    /// Under which conditions it is to be done.
    let constraints: [CompiledCondition]
    /// How it is to be done.
    let refinements: [CompiledCondition]
    let consequences: [CompiledDuty]
    let unknowns: [Unknown]

    init(_ duty: Duty, _ tree: ActionTree, _ compiler: ConditionCompiler) {
        place = duty.place
        name = duty.name
        actions = duty.scope.actions.iris
        assignees = duty.scope.assignee.iris
        payees = duty.payees
        constraints = compiler.compile(duty.constraints)
        refinements = compiler.compile(duty.scope.actions.actions.flatMap(\.refinements))
        consequences = duty.consequences.map { CompiledDuty($0, tree, compiler) }
        unknowns =
            duty.unknowns + duty.scope.actions.unknowns
            + duty.scope.actions.actions.filter { !tree.isKnown($0.iri) }.map {
                .action($0.iri, $0.place.path)
            }
            + (constraints + refinements).flatMap(\.unknowns) + consequences.flatMap(\.unknowns)
    }

    /// What a duty of a permission comes to.
    enum Outcome: String, Sendable {
        case fulfilled = "Fulfilled"
        /// Its conditions do not hold, so that nothing is to be done.
        case inactive = "Inactive"
        case open = "NotSet"
        case violated = "Violated"
    }

    func outcome(_ facts: Facts, _ reading: EvaluationReading) -> Outcome {
        let applies = CompiledCondition.join(.and, constraints.lazy.map { $0.truth(of: facts, reading) })
        return applies == .no ? .inactive : outcomeWhenDue(facts, reading)
    }

    private func outcomeWhenDue(_ facts: Facts, _ reading: EvaluationReading) -> Outcome {
        let state = place.uid.flatMap { facts.world.duties[$0] }
        switch state?.outcome {
        // Nobody has done yet what is to be done later.
        case .fulfilled? where isLater(state?.date, facts): return .open
        // To pay another is not to pay.
        case .fulfilled? where !payees.isEmpty && state?.payees.allSatisfy(payees.contains) == false:
            return .open
        case .fulfilled?: return isDone(as: state?.values ?? [:], facts, reading) ? .fulfilled : .open
        case .violated?: return .violated
        default: return .open
        }
    }

    private func isLater(_ date: Int64?, _ facts: Facts) -> Bool {
        guard let date, case .time(let now)? = facts.now?.value else { return false }
        return date >= now.end
    }

    /// What is said of how it was done must fit; of what nobody says the state's word is taken. Five dollars
    /// are not five euros: what cannot be compared does not fit.
    private func isDone(
        as values: [LeftOperand: [FactValue]], _ facts: Facts, _ reading: EvaluationReading
    ) -> Bool {
        guard !values.isEmpty else { return true }
        var done = facts
        done.values = values
        return refinements.allSatisfy { refinement in
            let isSaid = refinement.leaves.contains { leaf in
                leaf.test.map { done.values[$0.operand] != nil } ?? true
            }
            return refinement.truth(of: done, reading) == .yes || !isSaid
        }
    }

    /// Whether a permission may hold as far as this duty goes.
    ///
    /// One that was violated must be made good together with its consequences; until then nothing is
    /// permitted (ODRL Information Model 2.2 section 2.6.6).
    func truth(of facts: Facts, _ reading: EvaluationReading) -> Truth {
        outcome(facts, reading) == .inactive ? .yes : truthWhenDue(facts, reading)
    }

    /// The same, should its conditions hold.
    func truthWhenDue(_ facts: Facts, _ reading: EvaluationReading) -> Truth {
        switch outcomeWhenDue(facts, reading) {
        case .fulfilled: return Truth(wereConsequencesMade(facts, reading))
        case .violated, .inactive: return .no
        case .open where reading.dutiesMustBeFulfilled: return .no
        case .open: return unknowns.isEmpty ? .yes : .unknown
        }
    }

    /// What of the duty and its consequences is still to be done.
    func owed(_ facts: Facts, _ reading: EvaluationReading) -> [CompiledDuty] {
        guard outcome(facts, reading) != .inactive || truthWhenDue(facts, reading) != .yes else { return [] }
        let isDone = outcomeWhenDue(facts, reading) == .fulfilled
        let state = place.uid.flatMap { facts.world.duties[$0] }
        let wasViolated = state?.outcome == .violated || state?.wasViolated ?? false
        let late = wasViolated ? consequences.filter { !$0.isMadeGood(facts, reading) } : []
        return (isDone ? [] : [self]) + late.flatMap { $0.owed(facts, reading) }
    }

    private func wereConsequencesMade(_ facts: Facts, _ reading: EvaluationReading) -> Bool {
        let wasViolated = place.uid.flatMap { facts.world.duties[$0] }?.wasViolated ?? false
        return !wasViolated || consequences.allSatisfy { $0.isMadeGood(facts, reading) }
    }

    /// Whether it was done, consequences of having been late included, or is not to be done.
    private func isMadeGood(_ facts: Facts, _ reading: EvaluationReading) -> Bool {
        switch outcome(facts, reading) {
        case .inactive: return true
        case .fulfilled: return wereConsequencesMade(facts, reading)
        case .open, .violated: return false
        }
    }
}
