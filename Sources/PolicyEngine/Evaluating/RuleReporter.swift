import Model

/// Reports every rule of a policy: each stated premise and each constraint, also after one has failed.
struct RuleReporter {
    let facts: Facts
    let reading: EvaluationReading

    func report(_ policy: CompiledPolicy, request: String, ask: Ask) -> Evaluation.PolicyReport {
        Evaluation.PolicyReport(
            policy: policy.uid, request: request, at: facts.now?.text,
            rules: (policy.permissions + policy.prohibitions).map { report($0, ask: ask) })
    }

    private func report(_ rule: CompiledRule, ask: Ask) -> Evaluation.RuleReport {
        let premises = premises(rule)
        let applies = rule.truth(of: facts, reading)
        let isInForce = rule.kind == .permission ? applies == .yes : applies != .no
        var report = Evaluation.RuleReport(
            rule: rule.place.name, ask: ask.uid, kind: rule.kind, isActive: isInForce, applies: isInForce,
            premises: premises.mapValues { $0 == .yes }, constraints: [:], duties: [:],
            unknowns: rule.unknowns + rule.doubts)
        if rule.kind == .permission, !isInForce, rule.unknowns.isEmpty {
            // W3C's draft: refinements decide whether the rule controls the request, not whether it is
            // active.
            let rest =
                rule.constraints.map { $0.truth(of: facts, reading) }
                + rule.duties.map { $0.truth(of: facts, reading) } + premises.values
            report.isActive = rest.allSatisfy { $0 == .yes } && (facts.action != nil || !rule.action.isStated)
        }
        for condition in rule.constraints { add(condition, to: &report.constraints) }
        for member in rule.action.members {
            for refinement in member.refinements { add(refinement, to: &report.constraints) }
        }
        for duty in rule.duties {
            let source = duty.place.uid.flatMap { facts.world.duties[$0]?.report }
            report.duties[duty.place.name] = [
                "name": .string(duty.name), "state": .string(duty.outcome(facts, reading).rawValue),
                "report": JSON(source),
            ]
            for condition in duty.constraints { add(condition, to: &report.constraints) }
        }
        return report
    }

    private func premises(_ rule: CompiledRule) -> [String: Truth] {
        var premises: [String: Truth] = [:]
        if rule.target.isStated { premises["target"] = rule.target.truth(of: facts.target, facts, reading) }
        if rule.assignee.isStated {
            premises["party"] = rule.assignee.truth(of: facts.assignee, facts, reading)
        }
        if rule.action.isStated { premises["action"] = rule.action.truth(of: facts.action) }
        return premises
    }

    private func add(_ condition: CompiledCondition, to constraints: inout [String: JSON]) {
        let state = JSON.string(
            Evaluation.RuleReport.state(condition.truth(of: facts, reading) == .yes))
        switch condition {
        case .constraint(let constraint):
            constraints[constraint.place.name] = .object([
                "state": state, "left": left(constraint),
                "leftOperand": JSON(constraint.leftOperand),
                "operator": JSON(constraint.comparison.map(IRI.localName)),
                "right": JSON(constraint.expected),
            ])
        case .logical(let operation, let operands, let place, _):
            constraints[place.name] = ["state": state, "logical": .string(operation.rawValue)]
            for operand in operands { add(operand, to: &constraints) }
        }
    }

    /// The value compared, as it was given; several as a list, none as an empty text.
    private func left(_ constraint: CompiledConstraint) -> JSON {
        guard let test = constraint.test else { return "" }
        let values = test.left(facts).map(\.text)
        return values.count > 1 ? JSON(values) : .string(values.first ?? "")
    }
}
