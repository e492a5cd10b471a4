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

        static let maximumPermissions = 200
    }

    /// Of all permissions, the one that needs the fewest changes; of equals, the one whose policy needs the
    /// fewest.
    ///
    /// - Parameter effort: shared with whatever else is asked at once.
    static func smallest(for question: Question, _ effort: Effort) -> Remedy? {
        var best: Remedy?
        func consider(_ remedy: Remedy) {
            if let found = best, found.cost <= remedy.cost { return }
            best = remedy
        }
        if question.isOpen {
            consider(Remedy(nil, of: nil, question.facts, question, best, effort))
        }
        for (index, policy) in question.policies.enumerated() {
            for permission in policy.permissions.prefix(Question.maximumPermissions) {
                for facts in scopes(permission, question.facts, question.reading) {
                    // One is told in any case.
                    if effort.isSpent, best != nil { return best }
                    consider(Remedy(permission, of: index, facts, question, best, effort))
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
        _ effort: Effort
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
        changeValues(index, bound, effort)
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

    private mutating func changeValues(_ index: Int?, _ bound: Int, _ effort: Effort) {
        // What cannot become the best any more is not looked into.
        guard bound >= 0 else { return addVague() }
        let overruled = question.policies.enumerated().filter {
            $0.offset != index && isOverruled($0.element)
        }
        let search = RemedySearch(
            goals: goals, obstacles: duties + prohibitions(index), parts: parts,
            overruled: overruled.map(\.element), reading: question.reading, effort: effort)
        if let found = search.smallest(bound: bound) ?? search.any() {
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
        return (permission.constraints + permission.action.demands(of: facts.action))
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
            if policy.conflict == .perm, index == own { return [] }
            if isOverruled(policy) { return [] }
            return policy.prohibitions.compactMap { rule in
                guard rule.hasUnknownProperty || speaks(rule) else { return nil }
                let conditions = rule.constraints + rule.action.demands(of: facts.action)
                let denied = rule.hasUnknownProperty ? [] : conditions
                return RemedySearch.Obstacle(
                    kind: .prohibition(rule, policy: policy.uid),
                    denial: Goal(condition: .logical(.and, denied, rule.place, []), isWanted: false))
            }
        }
    }

    /// Whether another policy permits, and lets that win over what it prohibits.
    private func isOverruled(_ policy: CompiledPolicy) -> Bool {
        policy.conflict == .perm
            && parts.allSatisfy {
                LayerVerdict(policy, name: "policy", $0, question.reading).prohibited.isEmpty
            }
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
                facts.now == nil
                    ? "state the time, such as \(time.text)"
                    : "ask at another time, such as \(time.text)")
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
        let given = facts.values(of: operand)
        guard given.map(\.value) != values.map(\.value) || given.map(\.unit) != values.map(\.unit) else {
            return
        }
        func list(_ values: [FactValue], _ describe: (FactValue) -> String) -> String {
            values.map(describe).joined(separator: ", ")
        }
        var (from, to) = (list(given, \.short), list(values, \.short))
        // The same letters may be a text and an IRI, or stand in units of one name.
        if from == to { (from, to) = (list(given, \.whole), list(values, \.whole)) }
        let text =
            switch (given.isEmpty, values.isEmpty) {
            case (true, _): "state \(operand.name) \(to)"
            case (_, true): "state no \(operand.name)"
            default: "change \(operand.name) from \(from) to \(to)"
            }
        add(
            question.stated.contains(operand) ? .state : .request, IRI.localName(operand.iri),
            from: given.isEmpty ? nil : from, to: to, text)
    }

    private mutating func clear(_ obstacle: RemedySearch.Obstacle) {
        switch obstacle.kind {
        case .duty(let duty): for owed in duty.owed(facts, question.reading) { fulfil(owed) }
        case .prohibition(let rule, let policy):
            add(
                .policy, "prohibition", rule: rule.place.name, from: rule.place.name,
                "lift the prohibition at `\(rule.place.path)` of \(name(policy)) for this")
        }
    }

    private mutating func fulfil(_ duty: CompiledDuty) {
        let payees = duty.payees.isEmpty ? "" : " (to \(duty.payees.map(name).joined(separator: ", ")))"
        // What has no name nobody can report on.
        let isNamed = duty.place.uid.map { !$0.hasPrefix("_:") } ?? false
        add(
            isNamed ? .state : .policy, "duty", rule: duty.place.name,
            from: duty.outcome(facts, question.reading).rawValue,
            to: CompiledDuty.Outcome.fulfilled.rawValue,
            "first do this: \(duty.name)\(payees)"
                + (isNamed ? "" : "; give the duty a `uid`, by which it can be reported"))
    }
}

extension FactValue {
    /// As it was given, with the name of its unit.
    fileprivate var short: String {
        brief(text) + (unit.map { " " + IRI.localName($0) } ?? "")
    }

    /// With what it is and its unit's IRI.
    fileprivate var whole: String {
        switch value {
        case .iri: "the identifier \(text)"
        case .text: "the text \(text)"
        case .number: "the number \(text)" + (unit.map { " in \($0)" } ?? " without a unit")
        default: text + (unit.map { " in \($0)" } ?? "")
        }
    }
}
