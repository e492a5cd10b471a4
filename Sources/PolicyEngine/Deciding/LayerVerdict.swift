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

    var permits: Bool { prohibited.isEmpty && !matched.isEmpty }

    init(_ layer: PolicyLayer, request: PolicyRequest, at now: Instant) {
        let facts = Facts(request, at: now, purposes: layer.policy.purposes)
        let weighing = Weighing(policy: layer.policy, layer: layer.name, facts: facts)
        prohibited = weighing.prohibited()
        matched = weighing.matched()
        missing = matched.isEmpty ? weighing.missing() : []
        problems = layer.policy.hasProblems ? layer.policy.problems(layer: layer.name) : []
    }
}

/// Puts the truth of a policy's rules into reasons.
private struct Weighing {
    let policy: CompiledPolicy
    let layer: PolicyLayer.Name
    let facts: Facts

    /// Of permissions that all fail, those closest to holding are told.
    static let maximumFailures = 8

    /// Only a prohibition that is known not to apply is not in force.
    func prohibited() -> [Reason] {
        policy.prohibitions.lazy.filter { $0.truth(of: facts) != .no }.prefix(Deliberation.maximumReasons)
            .flatMap { rule in
                [prohibition(rule)] + rule.unknowns.map { policy.reason($0, layer, source: rule.place.uid) }
            }
    }

    func matched() -> [Reason] {
        guard policy.unknowns.isEmpty else { return [] }
        return policy.permissions.lazy.filter { $0.truth(of: facts) == .yes }
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
        let known = rule.constraints.filter { $0.operand != nil }.map { $0.sentence(facts, holds: true) }
        let why = known.prefix(6) + (rule.unknowns.isEmpty ? [] : ["what is not understood counts as met"])
        let suffix = why.isEmpty ? "" : ": " + why.joined(separator: "; ")
        return reason(
            "prohibited", "the prohibition at `\(rule.place.path)` is in force\(suffix)", rule.place.uid)
    }

    private func failureCount(_ rule: CompiledRule) -> Int {
        rule.unknowns.count + premises(rule).count { $0.truth == .no }
            + rule.constraints.count { $0.test.truth(of: facts) == .no }
    }

    /// Every part of a permission that does not hold.
    private func failures(_ rule: CompiledRule) -> [Reason] {
        let scope = premises(rule).filter { $0.truth == .no }.map { premise in
            reason(
                "\(premise.name)_not_permitted",
                "\(premise.name) \(brief(premise.found)) is not one that `\(rule.place.path)` names",
                rule.place.uid)
        }
        let constraints = rule.constraints.filter { $0.test.truth(of: facts) == .no }
            .flatMap { failure($0, in: rule) }
        return scope + constraints + rule.unknowns.map { policy.reason($0, layer, source: rule.place.uid) }
    }

    private func premises(_ rule: CompiledRule) -> [(name: String, found: String, truth: Truth)] {
        let request = facts.request
        return [
            ("target", request.target, rule.target.truth(of: request.target)),
            ("assignee", request.assignee, rule.assignee.truth(of: request.assignee)),
            ("action", request.action, rule.actionTruth(request.action)),
        ]
    }

    private func failure(_ constraint: CompiledConstraint, in rule: CompiledRule) -> [Reason] {
        let place = "(`\(constraint.place.path)`)"
        let uid = constraint.place.uid ?? rule.place.uid
        if case .fields(let names, _) = constraint.test {
            return facts.request.fields.filter { !names.contains($0) }.map {
                reason(
                    "field_not_agreed",
                    "field `\(brief($0))` is not one of \(constraint.expected) \(place)", uid)
            }
        }
        let sentence = constraint.sentence(facts, holds: false)
        return [reason(code(constraint), "\(sentence)\(remark(constraint)) \(place)", uid)]
    }

    private func code(_ constraint: CompiledConstraint) -> String {
        switch constraint.operand {
        case .purpose: "purpose_not_permitted"
        case .dateTime: "date_time_not_permitted"
        case .recipient: "recipient_not_permitted"
        case .field: "field_not_agreed"
        case .legalBasis: legalBasisCode
        case nil: "constraint_not_met"
        }
    }

    /// The hub itself says of a basis whether it refuses it or has no process for it.
    private var legalBasisCode: String {
        guard layer == .guardrail else { return "legal_basis_not_permitted" }
        switch facts.request.legalBasis {
        case .consent, .permission: return "legal_basis_not_permitted"
        case .legitimateInterest: return "legal_basis_refused"
        case .contract, .legalObligation, .publicTask, .vitalInterest: return "legal_basis_not_served"
        }
    }

    private func remark(_ constraint: CompiledConstraint) -> String {
        guard constraint.operand == .legalBasis else { return "" }
        switch legalBasisCode {
        case "legal_basis_refused": return "; the hub refuses it"
        case "legal_basis_not_served": return "; the hub serves consent and permission only"
        default: return ""
        }
    }

    private func reason(_ code: String, _ message: String, _ sources: String?...) -> Reason {
        Reason(
            code: code, layer: layer.rawValue, source: policy.source(sources.compactMap { $0 }.first),
            message: message)
    }
}
