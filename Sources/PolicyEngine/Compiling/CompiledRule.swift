import Model

/// A rule with its policy's scope added and its constraints compiled.
struct CompiledRule: Sendable {
    /// Whom or what the rule speaks of.
    struct Premise: Sendable {
        /// Nil where the rule speaks of all.
        var iris: Set<String>?
        var unknowns: [Unknown]

        /// Nothing named means all.
        init(_ part: Scope.Part) {
            iris = part.isEmpty ? nil : Set(part.iris)
            unknowns = part.unknowns
        }

        /// What is named but not understood might be what is asked.
        func truth(of iri: String) -> Truth {
            guard let iris else { return .yes }
            return iris.contains(iri) ? .yes : unknowns.isEmpty ? .no : .unknown
        }
    }

    let kind: Rule.Kind
    let place: Place
    let target: Premise
    let assignee: Premise
    let action: Premise
    let constraints: [CompiledConstraint]
    /// What is not understood anywhere in the rule; while there is any, a permission does not hold.
    let unknowns: [Unknown]
    /// Whether the rule itself has a property that is not understood. It might have been what the rule speaks
    /// of, so nothing else in the rule can tell that a prohibition does not apply.
    private let hasUnknownProperty: Bool

    init(_ rule: Rule, shared: Scope, purposes: PurposeTree) {
        kind = rule.kind
        place = rule.place
        let scope = rule.scope.adding(shared)
        target = Premise(scope.target)
        assignee = Premise(scope.assignee)
        var actions = scope.action
        if actions.isEmpty {
            actions.unknowns = [
                Unknown(code: "action_unknown", path: rule.place.path, message: "the rule names no action")
            ]
        }
        action = Premise(actions)
        let compiler = ConstraintCompiler(purposes: purposes, kind: rule.kind)
        constraints = rule.constraints.map(compiler.compile)
        hasUnknownProperty = !rule.unknowns.isEmpty
        var unknowns = rule.unknowns
        for part in [scope.target, scope.assigner, scope.assignee, actions] { unknowns += part.unknowns }
        for constraint in constraints { unknowns += constraint.test.unknowns }
        self.unknowns = unknowns
    }

    /// What the rule says of a request: yes only if every part is understood and holds.
    func truth(of facts: Facts) -> Truth {
        if kind == .prohibition, hasUnknownProperty { return .unknown }
        let start: Truth = unknowns.isEmpty ? .yes : .unknown
        var truth =
            start && target.truth(of: facts.request.target) && assignee.truth(of: facts.request.assignee)
            && actionTruth(facts.request.action)
        for constraint in constraints where truth != .no { truth = truth && constraint.test.truth(of: facts) }
        return truth
    }

    /// A rule on a broader action covers its parts.
    func actionTruth(_ asked: String) -> Truth {
        let broader = ODRL.broader(than: asked)
        return broader.contains { action.truth(of: $0) == .yes } ? .yes : action.truth(of: asked)
    }
}
