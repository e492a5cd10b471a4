/// Whom or what a rule speaks of, compiled.
struct Premise: Sendable {
    struct Member: Sendable {
        var iri: String
        var isCollection: Bool
        var sources: [String]
        var refinements: [CompiledCondition]
    }

    /// Empty where the rule speaks of all.
    let members: [Member]
    /// Everything in it that is not understood.
    let unknowns: [Unknown]
    /// Whether something is named of which nobody can tell what it is.
    private let isVague: Bool

    var isStated: Bool { !members.isEmpty || isVague }
    var iris: [String] { members.map(\.iri) }

    init(_ part: Scope.Part, _ compiler: ConditionCompiler) {
        members = part.referents.map {
            Member(
                iri: $0.iri, isCollection: $0.isCollection, sources: $0.sources,
                refinements: compiler.compile($0.refinements))
        }
        unknowns = part.unknowns + members.flatMap { $0.refinements.flatMap(\.unknowns) }
        isVague = !part.unknowns.isEmpty
    }

    /// What is named but not understood might be what is asked.
    func truth(of asked: String?, _ facts: Facts, _ reading: EvaluationReading) -> Truth {
        guard isStated else { return .yes }
        guard let asked else { return .unknown }
        var truth: Truth = isVague ? .unknown : .no
        for member in members where truth != .yes {
            guard names(member, asked, facts) else { continue }
            truth = truth || refined(member, asked, facts, reading)
        }
        return truth
    }

    /// By its IRI, or as a part of a collection with the IRI or one of its sources.
    private func names(_ member: Member, _ asked: String, _ facts: Facts) -> Bool {
        if member.iri == asked || member.sources.contains(asked) { return true }
        guard !facts.world.memberships.isEmpty else { return false }
        let containers = facts.containers(of: asked)
        return containers.contains(member.iri) || member.sources.contains { containers.contains($0) }
    }

    private func refined(
        _ member: Member, _ asked: String, _ facts: Facts, _ reading: EvaluationReading
    ) -> Truth {
        guard !member.refinements.isEmpty else { return .yes }
        var described = facts
        described.values = facts.world.attributes[asked] ?? [:]
        return CompiledCondition.join(
            .and, member.refinements.lazy.map { $0.truth(of: described, reading) })
    }
}

/// Which actions a rule speaks of, compiled.
struct ActionPremise: Sendable {
    struct Member: Sendable {
        var iri: String
        var refinements: [CompiledCondition]
    }

    let members: [Member]
    /// Everything in it that is not understood.
    let unknowns: [Unknown]
    /// Whether an action is named of which nobody can tell what it is.
    private let isVague: Bool
    let tree: ActionTree
    let kind: Rule.Kind

    var isStated: Bool { !members.isEmpty || isVague }

    init(_ actions: Scope.Actions, _ kind: Rule.Kind, _ tree: ActionTree, _ compiler: ConditionCompiler) {
        var (members, unknowns) = ([Member](), actions.unknowns)
        for action in actions.actions {
            guard tree.isKnown(action.iri) else {
                unknowns.append(.action(action.iri, action.place.path))
                continue
            }
            members.append(
                Member(iri: action.iri, refinements: compiler.compile(action.refinements)))
        }
        self.members = members
        isVague = !unknowns.isEmpty
        self.unknowns = unknowns + members.flatMap { $0.refinements.flatMap(\.unknowns) }
        self.tree = tree
        self.kind = kind
    }

    /// Whether what is asked falls under one of the actions, their refinements left aside.
    func truth(of asked: String?) -> Truth {
        guard let asked, tree.isKnown(asked) else { return .unknown }
        guard isStated else { return .yes }
        if members.contains(where: { covers($0.iri, asked) }) { return .yes }
        return isVague ? .unknown : .no
    }

    /// Whether one of the actions that cover what is asked is done as its refinements demand.
    func refinement(of asked: String?, _ facts: Facts, _ reading: EvaluationReading) -> Truth {
        guard let asked else { return isStated ? .unknown : .yes }
        let covering = members.filter { covers($0.iri, asked) }
        guard !covering.isEmpty else { return .yes }
        return CompiledCondition.join(
            .or,
            covering.lazy.map { member in
                CompiledCondition.join(.and, member.refinements.lazy.map { $0.truth(of: facts, reading) })
            })
    }

    /// Whether what is asked falls under one of the actions, done as that one's refinements demand.
    func applies(to asked: String?, _ facts: Facts, _ reading: EvaluationReading) -> Truth {
        let isKnown = asked.map(tree.isKnown) ?? false
        guard isStated else { return isKnown ? .yes : .unknown }
        var truth: Truth = isVague ? .unknown : .no
        for member in members where truth != .yes {
            let isMeant = isKnown ? Truth(covers(member.iri, asked ?? "")) : .unknown
            guard isMeant != .no else { continue }
            let refined = CompiledCondition.join(
                .and, member.refinements.lazy.map { $0.truth(of: facts, reading) })
            truth = truth || (isMeant && refined)
        }
        return truth
    }

    /// What the actions that cover what is asked demand of it, as one condition; none if nothing.
    ///
    /// - Parameter asked: nil for any of the actions.
    func demands(of asked: String?) -> [CompiledCondition] {
        let isKnown = asked.map(tree.isKnown) ?? false
        let covering = members.filter { !isKnown || covers($0.iri, asked ?? "") }
        guard let first = covering.first?.refinements.first, !covering.contains(where: \.refinements.isEmpty)
        else { return [] }
        return [
            .logical(.or, covering.map { .logical(.and, $0.refinements, first.place, []) }, first.place, [])
        ]
    }

    /// The places of the members that cover an action.
    func covering(_ asked: String) -> [Int] { members.indices.filter { covers(members[$0].iri, asked) } }

    private func covers(_ named: String, _ asked: String) -> Bool {
        kind == .permission ? tree.covers(named, asked) : tree.touches(named, asked)
    }
}
