/// A rule with its policy's scope added and its constraints compiled.
///
/// A class, because a policy may hold ten thousand and hands them around.
final class CompiledRule: Sendable {
    let kind: Rule.Kind
    let place: Place
    let target: Premise
    let assignee: Premise
    let action: ActionPremise
    let constraints: [CompiledCondition]
    let duties: [CompiledDuty]
    let remedies: [CompiledDuty]
    /// What is not understood anywhere in the rule; while there is any, a permission does not hold.
    let unknowns: [Unknown]
    /// What is not understood and withholds the permission only where it depends on it.
    let doubts: [Unknown]
    /// Whether the rule itself has a property that is not understood. It might have been what the rule
    /// speaks of, so that without it the rule would not even say of what it is.
    let hasUnknownProperty: Bool
    /// The operands that its constraints and refinements ask about.
    let operands: OperandSet

    init(
        _ rule: Rule, _ shared: SharedPremises, needsAction: Bool
    ) {
        let (compiler, actions) = (shared.compiler, shared.actions)
        kind = rule.kind
        place = rule.place
        target = shared.target(rule.scope.target)
        assignee = shared.assignee(rule.scope.assignee)
        action = shared.action(rule.scope.actions)
        constraints = compiler.compile(rule.constraints)
        duties = rule.duties.map { CompiledDuty($0, actions, compiler) }
        remedies = rule.remedies.map { CompiledDuty($0, actions, compiler) }
        // A Set may permit every action, where the rule says that it is a permission; otherwise one that
        // names no action has left it out.
        let isIncomplete =
            rule.kind == .permission && !action.isStated && (needsAction || !rule.isTyped)
        let actionless: [Unknown] = isIncomplete ? [.action("", rule.place.path)] : []
        doubts = constraints.contains { $0.hasDoubts } ? constraints.flatMap(\.leaves).flatMap(\.doubts) : []
        var unknowns = rule.unknowns + actionless
        for part in [target.unknowns, assignee.unknowns, action.unknowns] where !part.isEmpty {
            unknowns += part
        }
        for constraint in constraints where constraint.hasUnknowns { unknowns += constraint.unknowns }
        for duty in duties { unknowns += duty.unknowns }
        self.unknowns = unknowns
        hasUnknownProperty = !rule.unknowns.isEmpty
        var operands = OperandSet()
        for condition in constraints { operands.insert(condition) }
        for duty in duties { for condition in duty.constraints { operands.insert(condition) } }
        for member in action.members { for condition in member.refinements { operands.insert(condition) } }
        self.operands = operands
    }

    /// Whether the rule speaks of the request.
    ///
    /// What is not understood withholds a permission. Of a prohibition it does so only where the rest says
    /// that it is not meant: then it is not in force.
    func truth(of facts: Facts, _ reading: EvaluationReading) -> Truth {
        if kind == .prohibition, hasUnknownProperty { return .unknown }
        var truth: Truth = kind == .permission && !unknowns.isEmpty ? .unknown : .yes
        truth = truth && target.truth(of: facts.target, facts, reading)
        truth = truth && assignee.truth(of: facts.assignee, facts, reading)
        truth = truth && action.applies(to: facts.action, facts, reading)
        for constraint in constraints where truth != .no {
            truth = truth && constraint.truth(of: facts, reading)
        }
        for duty in duties where truth != .no { truth = truth && duty.truth(of: facts, reading) }
        return truth
    }
}
