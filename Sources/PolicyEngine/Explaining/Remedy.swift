/// What would have to change for one permission to permit one request; or, where all is permitted that nobody
/// prohibits, for no prohibition to stand in the way.
struct Remedy {
    private(set) var changes: [WhyNot.Change] = []
    private var facts: Facts
    /// What is asked once everything is changed, once a field where fields are decided one by one.
    private(set) var after: [Facts] = []
    private let permission: CompiledRule?
    private let question: Question

    /// What is asked of which policies.
    struct Question {
        var facts: Facts
        var policies: [CompiledPolicy]
        var reading: EvaluationReading
        /// Operands whose values the state of the world says, and not the request.
        var stated: Set<LeftOperand>
        /// Whether what nobody prohibits is permitted.
        var isOpen = false

        /// How many sets of changes are tried for one request.
        static let maximumSets = 20_000
        static let maximumPermissions = 200
    }

    /// Of all permissions, the one that needs the fewest changes; of equals, the one whose policy needs the
    /// fewest.
    static func smallest(for question: Question) -> Remedy? {
        var budget = Question.maximumSets
        var best: Remedy?
        func consider(_ remedy: Remedy) {
            if let found = best, found.cost <= remedy.cost { return }
            best = remedy
        }
        if question.isOpen {
            consider(Remedy(nil, of: nil, question.facts, question, best, &budget))
        }
        for (index, policy) in question.policies.enumerated() {
            for permission in policy.permissions.prefix(Question.maximumPermissions) {
                for facts in scopes(permission, question.facts, question.reading) {
                    consider(Remedy(permission, of: index, facts, question, best, &budget))
                }
            }
        }
        return best
    }

    private var cost: (vague: Int, all: Int, policy: Int) {
        (changes.count { $0.isVague }, changes.count, changes.count { $0.place == .policy })
    }

    /// What could be asked instead so that the permission names it; what it names already stays.
    private static func scopes(_ permission: CompiledRule, _ facts: Facts, _ reading: EvaluationReading)
        -> [Facts]
    {
        var scopes = [facts]
        if permission.target.unknowns.isEmpty,
            permission.target.truth(of: facts.target, facts, reading) != .yes
        {
            scopes = permission.target.iris.prefix(8).map { iri in
                var other = facts
                other.target = iri
                return other
            }
        }
        guard permission.action.unknowns.isEmpty, permission.action.truth(of: facts.action) != .yes else {
            return scopes.isEmpty ? [facts] : scopes
        }
        return scopes.flatMap { scope in
            permission.action.members.prefix(8).map { member in
                var other = scope
                other.action = member.iri
                return other
            }
        }
    }

    private init(
        _ permission: CompiledRule?, of index: Int?, _ facts: Facts, _ question: Question, _ best: Remedy?,
        _ budget: inout Int
    ) {
        (self.permission, self.facts, self.question) = (permission, facts, question)
        let policies = question.policies
        if let index, !policies[index].grants, !question.isOpen {
            add(
                .policy, "agreement", from: policies[index].uid,
                "an offer grants nothing: its assigner must agree with the one who asks")
        }
        for unknown in (permission?.unknowns ?? []) + policies.flatMap(\.unknowns) {
            add(.policy, unknown.code, from: unknown.path, "\(unknown.message): state it otherwise")
        }
        changePremises()
        // What cannot become the best need not be searched.
        let bound = best.map { $0.cost.vague > 0 ? Int.max : $0.changes.count - changes.count } ?? Int.max
        changeValues(index, bound, &budget)
    }

    private mutating func add(
        _ place: WhyNot.Change.Place, _ what: String, rule: String? = nil, from: String? = nil,
        to: String? = nil, _ text: String
    ) {
        changes.append(
            WhyNot.Change(
                place: place, what: what, rule: rule ?? permission?.place.name, from: from, to: to,
                text: text))
    }

    private func name(_ iri: String) -> String { "`\(brief(iri))`" }

    // MARK: Who, what, how

    private mutating func changePremises() {
        let asked = question.facts
        if let target = facts.target, target != asked.target {
            add(
                .request, "target", from: asked.target, to: target,
                "ask for \(name(target)), which the rule names")
        }
        if let permission, permission.target.unknowns.isEmpty,
            permission.target.truth(of: facts.target, facts, question.reading) != .yes
        {
            let refinements = permission.target.members.flatMap(\.refinements)
            add(
                .policy, WhyNot.Change.vague,
                from: refinements.map { $0.place.path.description }.joined(separator: ", "),
                "the target is not known to be as the rule demands: change what it demands")
        }
        if let permission, permission.assignee.unknowns.isEmpty, let iri = permission.assignee.iris.first,
            permission.assignee.truth(of: facts.assignee, facts, question.reading) != .yes
        {
            // Nobody can become another.
            let asker = facts.assignee.map(name) ?? "whoever asks"
            add(.policy, "assignee", from: iri, to: facts.assignee, "let the rule name \(asker) as assignee")
        }
        if let action = facts.action, action != asked.action {
            add(
                .request, "action", from: asked.action, to: action,
                "ask to \(name(action)), which the rule names")
        }
    }

    // MARK: Values, duties and prohibitions

    private mutating func changeValues(_ index: Int?, _ bound: Int, _ budget: inout Int) {
        let search = RemedySearch(
            goals: goals, obstacles: duties + prohibitions(index), parts: parts, reading: question.reading)
        guard bound >= 0 else { return addVague() }
        if let found = search.smallest(bound: bound, budget: &budget) ?? search.any() {
            apply(found)
            after = search.applied(found)
            return
        }
        if search.isOver {
            add(
                .policy, WhyNot.Change.vague, from: paths,
                "the time that the rule names is over: let it name a later one")
        } else {
            addVague()
        }
        let standing = search.obstacles.filter { each in
            parts.contains { each.stands($0, question.reading) }
        }
        standing.forEach { clear($0) }
    }

    private mutating func addVague() {
        add(
            .policy, WhyNot.Change.vague, from: paths,
            "no value is known that satisfies the constraints of the rule: change them")
    }

    private var paths: String {
        let conditions =
            (permission?.constraints ?? []) + (permission?.action.members ?? []).flatMap(\.refinements)
        return conditions.map { $0.place.path.description }.joined(separator: ", ")
    }

    /// What must hold; what is not understood is told apart.
    private var goals: [Goal] {
        guard let permission else { return [] }
        return (permission.constraints + permission.action.refinements(of: facts.action))
            .filter { !$0.hasUnknowns }.map { Goal(condition: $0) }
    }

    /// The facts, once a field where fields are decided one by one.
    private var parts: [Facts] {
        let fields = facts.values[.known(.field)] ?? []
        guard fields.count > 1, question.policies.contains(where: { $0.operands.contains(.known(.field)) })
        else { return [facts] }
        return fields.map { field in
            var part = facts
            part.values[.known(.field)] = [field]
            return part
        }
    }

    private var duties: [RemedySearch.Obstacle] {
        let due = (permission?.duties ?? []).filter { duty in
            parts.contains { duty.truthWhenDue($0, question.reading) != .yes }
        }
        return due.map { duty in
            RemedySearch.Obstacle(
                kind: .duty(duty),
                denial: Goal(condition: .logical(.and, duty.constraints, duty.place, []), isWanted: false))
        }
    }

    private func prohibitions(_ own: Int?) -> [RemedySearch.Obstacle] {
        question.policies.enumerated().flatMap { index, policy -> [RemedySearch.Obstacle] in
            // Where its own policy says so, the permission wins over the policy's prohibitions.
            if policy.conflict == .perm, index == own || isOverruled(policy) { return [] }
            return policy.prohibitions.compactMap { rule in
                guard rule.hasUnknownProperty || speaks(rule) else { return nil }
                let conditions = rule.constraints + rule.action.refinements(of: facts.action)
                let denied = rule.hasUnknownProperty ? [] : conditions
                return RemedySearch.Obstacle(
                    kind: .prohibition(rule, policy: policy.uid),
                    denial: Goal(condition: .logical(.and, denied, rule.place, []), isWanted: false))
            }
        }
    }

    /// Whether another policy permits, and lets that win over what it prohibits.
    private func isOverruled(_ policy: CompiledPolicy) -> Bool {
        parts.allSatisfy { LayerVerdict(policy, name: "policy", $0, question.reading).prohibited.isEmpty }
    }

    private func speaks(_ rule: CompiledRule) -> Bool {
        rule.target.truth(of: facts.target, facts, question.reading) != .no
            && rule.assignee.truth(of: facts.assignee, facts, question.reading) != .no
            && rule.action.truth(of: facts.action) != .no
    }

    private mutating func apply(_ found: RemedySearch.Finding) {
        if let now = found.assignment.now, case let time = RemedySearch.time(now),
            time.value != facts.now?.value
        {
            add(
                .state, "dateTime", from: facts.now?.text, to: time.text,
                "ask at another time, such as \(time.text)")
        }
        if let fields = found.fields {
            let (from, to) = (facts.values(of: .known(.field)).map(\.text), fields.map(\.text))
            add(
                .request, "fields", from: from.joined(separator: ", "), to: to.joined(separator: ", "),
                "ask only for \(to.map(name).joined(separator: ", "))")
        }
        for (operand, values) in found.assignment.values.sorted(by: { $0.key.iri < $1.key.iri }) {
            state(operand, values)
        }
        found.cleared.forEach { clear($0) }
    }

    private mutating func state(_ operand: LeftOperand, _ values: [FactValue]) {
        func list(_ values: [FactValue]) -> String {
            values.map { $0.text + ($0.unit.map { " " + IRI.localName($0) } ?? "") }.joined(separator: ", ")
        }
        let (from, to) = (list(facts.values(of: operand)), list(values))
        guard from != to else { return }
        let text =
            switch (from.isEmpty, to.isEmpty) {
            case (true, _): "state \(operand.name) \(brief(to))"
            case (_, true): "state no \(operand.name)"
            default: "change \(operand.name) from \(brief(from)) to \(brief(to))"
            }
        add(
            question.stated.contains(operand) ? .state : .request, IRI.localName(operand.iri),
            from: from.isEmpty ? nil : from, to: to, text)
    }

    private mutating func clear(_ obstacle: RemedySearch.Obstacle) {
        switch obstacle.kind {
        case .duty(let duty):
            add(
                .state, "duty", rule: duty.place.name,
                from: duty.outcome(facts, question.reading).rawValue,
                to: CompiledDuty.Outcome.fulfilled.rawValue, "first do this: \(duty.name)")
        case .prohibition(let rule, let policy):
            add(
                .policy, "prohibition", rule: rule.place.name, from: rule.place.name,
                "lift the prohibition at `\(rule.place.path)` of \(name(policy)) for this")
        }
    }
}
