import Model

/// What one layer says of a request, and why.
struct LayerVerdict {
    /// One reason per prohibition that is in force.
    let prohibited: [Reason]
    /// One reason per permission that holds.
    let matched: [Reason]
    /// Why no permission holds; empty if one does.
    let missing: [Reason]
    /// What in the policy is not understood.
    let problems: [Reason]
    let permits: Bool

    init(_ policy: CompiledPolicy, name: String, _ facts: Facts, _ reading: EvaluationReading) {
        let weighing = Weighing(policy: policy, layer: name, facts: facts, reading: reading)
        let inForce = weighing.prohibited()
        matched = weighing.matched()
        // Where the policy says that permissions win, they do.
        let isOverruled = policy.conflict == .perm && !matched.isEmpty
        prohibited = isOverruled ? [] : inForce
        missing = matched.isEmpty ? weighing.missing() : []
        problems = policy.hasProblems ? policy.problems(layer: name) : []
        permits = prohibited.isEmpty && !matched.isEmpty
    }
}

/// Puts the truth of a policy's rules into reasons.
private struct Weighing {
    let policy: CompiledPolicy
    /// The name of the place from which the policy speaks.
    let layer: String
    let facts: Facts
    let reading: EvaluationReading

    /// Of permissions that all fail, those closest to holding are told.
    static let maximumFailures = 8

    /// Only a prohibition that is known not to apply is not in force.
    func prohibited() -> [Reason] {
        policy.prohibitions.lazy.filter { $0.truth(of: facts, reading) != .no }
            .prefix(Deliberation.maximumReasons)
            .flatMap { rule in
                [prohibition(rule)] + rule.unknowns.map { policy.reason($0, layer, source: rule.place.uid) }
            }
    }

    func matched() -> [Reason] {
        guard policy.unknowns.isEmpty else { return [] }
        return policy.permissions.lazy.filter { $0.truth(of: facts, reading) == .yes }
            .prefix(Deliberation.maximumReasons).map { rule in
                reason("permitted", "the permission at `\(rule.place.path)` holds", rule.place.uid)
            }
    }

    func missing() -> [Reason] {
        let general = policy.unknowns.map { policy.reason($0, layer) }
        guard !policy.permissions.isEmpty else {
            return general + [reason("no_permission", "the policy permits nothing")]
        }
        let byFailures = policy.permissions.map { (rule: $0, failures: failureCount($0)) }
            .sorted { $0.failures < $1.failures }
        return general + byFailures.prefix(Self.maximumFailures).flatMap { failures($0.rule) }
    }

    private func prohibition(_ rule: CompiledRule) -> Reason {
        let known = rule.constraints.flatMap(\.leaves).compactMap(\.test)
            .filter { $0.truth(of: facts, reading) != .no }
            .map { ConstraintSentence(test: $0, facts: facts, holds: true, reading: reading).text }
        var told: Set<String> = []
        let why =
            known.filter { told.insert($0).inserted }.prefix(6)
            + (rule.unknowns.isEmpty ? [] : ["what is not understood counts as met"])
        let suffix = why.isEmpty ? "" : ": " + why.joined(separator: "; ")
        return reason(
            "prohibited", "the prohibition at `\(rule.place.path)` is in force\(suffix)", rule.place.uid)
    }

    private func failureCount(_ rule: CompiledRule) -> Int {
        rule.unknowns.count + premises(rule).count { $0.truth != .yes }
            + rule.constraints.count { $0.truth(of: facts, reading) != .yes }
            + rule.duties.count { $0.truth(of: facts, reading) != .yes }
    }

    /// Every part of a permission that does not hold.
    private func failures(_ rule: CompiledRule) -> [Reason] {
        let scope = premises(rule).filter { $0.truth != .yes }.compactMap { premise($0, in: rule) }
        let refined = rule.action.refinement(of: facts.action, facts, reading) == .yes
        let refinements = refined ? [] : rule.action.members.flatMap(\.refinements)
        let constraints = (rule.constraints + refinements)
            .filter { $0.truth(of: facts, reading) != .yes && $0.unknowns.isEmpty }
            .flatMap { failure($0, in: rule) }
        return scope + constraints + rule.duties.compactMap { unmet($0) }
            + (rule.unknowns + rule.doubts).map { policy.reason($0, layer, source: rule.place.uid) }
    }

    private func premise(_ premise: (name: String, found: String, truth: Truth), in rule: CompiledRule)
        -> Reason?
    {
        let (name, found) = (premise.name, brief(premise.found))
        if premise.truth == .no {
            return reason(
                "\(name)_not_permitted", "\(name) \(found) is not one that `\(rule.place.path)` names",
                rule.place.uid)
        }
        if found.isEmpty { return reason("\(name)_missing", "the request names no \(name)", rule.place.uid) }
        // What the rule names and nobody understands is told by itself.
        guard rule.unknowns.isEmpty else { return nil }
        return reason(
            "\(name)_unknown", "nobody can tell whether `\(rule.place.path)` speaks of \(name) \(found)",
            rule.place.uid)
    }

    private func premises(_ rule: CompiledRule) -> [(name: String, found: String, truth: Truth)] {
        [
            ("target", facts.target ?? "", rule.target.truth(of: facts.target, facts, reading)),
            ("assignee", facts.assignee ?? "", rule.assignee.truth(of: facts.assignee, facts, reading)),
            ("action", facts.action ?? "", rule.action.truth(of: facts.action)),
        ]
    }

    private func unmet(_ duty: CompiledDuty) -> Reason? {
        guard duty.truth(of: facts, reading) != .yes else { return nil }
        let outcome = duty.outcome(facts, reading) == .violated ? "was violated" : "is not fulfilled"
        return reason(
            "duty_not_fulfilled", "the duty `\(duty.name)` \(outcome) (`\(duty.place.path)`)",
            duty.place.uid)
    }

    private func failure(_ condition: CompiledCondition, in rule: CompiledRule) -> [Reason] {
        switch condition {
        case .constraint(let constraint):
            return constraint.test.map { failure(constraint, $0, in: rule) } ?? []
        case .logical(let operation, let operands, let place, _):
            let failing = operands.filter { $0.truth(of: facts, reading) != .yes }
            if operation == .and || operation == .andSequence || failing.count == operands.count {
                return failing.flatMap { failure($0, in: rule) }
            }
            return [
                reason(
                    "constraint_not_met",
                    "not exactly one of the constraints holds (`\(place.path)`)", place.uid ?? rule.place.uid)
            ]
        }
    }

    private func failure(
        _ constraint: CompiledConstraint, _ test: CompiledConstraint.Test, in rule: CompiledRule
    ) -> [Reason] {
        let place = "(`\(constraint.place.path)`)"
        let uid = constraint.place.uid ?? rule.place.uid
        let sentence = ConstraintSentence(test: test, facts: facts, holds: false, reading: reading)
        let asked = test.left(facts)
        if test.operand == .known(.field), test.comparison == .isAnyOf, !asked.isEmpty {
            return asked.filter { !test.right.contains($0.value) }.map {
                reason(
                    "field_not_agreed",
                    "field `\(brief($0.text))` is not one of \(sentence.expected) \(place)", uid)
            }
        }
        let code = test.operand == .known(.legalBasis) ? legalBasisCode : test.operand.code
        return [reason(code, "\(sentence.text)\(remark(test)) \(place)", uid)]
    }

    /// The hub itself says of a basis whether it refuses it or has no process for it.
    private var legalBasisCode: String {
        guard layer == PolicyLayer.Name.guardrail.rawValue,
            case .iri(let iri)? = facts.values(of: .known(.legalBasis)).first?.value,
            let basis = SluisProfile.basis(iri)
        else { return "legal_basis_not_permitted" }
        switch basis {
        case .consent, .permission: return "legal_basis_not_permitted"
        case .legitimateInterest: return "legal_basis_refused"
        case .contract, .legalObligation, .publicTask, .vitalInterest: return "legal_basis_not_served"
        }
    }

    private func remark(_ test: CompiledConstraint.Test) -> String {
        guard test.operand == .known(.legalBasis) else { return "" }
        switch legalBasisCode {
        case "legal_basis_refused": return "; the hub refuses it"
        case "legal_basis_not_served": return "; the hub serves consent and permission only"
        default: return ""
        }
    }

    private func reason(_ code: String, _ message: String, _ sources: String?...) -> Reason {
        Reason(
            code: code, layer: layer, source: policy.source(sources.compactMap { $0 }.first),
            message: message)
    }
}
