/// What would have to change for one permission to permit one request.
struct Remedy {
    private(set) var changes: [WhyNot.Change] = []
    private var facts: Facts
    private let permission: CompiledRule
    private let reading: EvaluationReading

    /// Of all permissions, the one that needs the fewest changes; of equals, the one whose policy needs the
    /// fewest.
    static func smallest(
        for facts: Facts, in policies: [CompiledPolicy], _ reading: EvaluationReading
    ) -> [WhyNot.Change] {
        let remedies = policies.flatMap { policy in
            policy.permissions.prefix(200).map { Remedy($0, of: policy, facts, policies, reading).changes }
        }
        let best = remedies.min { a, b in
            (a.count { $0.isVague }, a.count, policyChanges(a))
                < (b.count { $0.isVague }, b.count, policyChanges(b))
        }
        return best ?? [
            WhyNot.Change(
                place: .policy, what: "permission",
                text: "no policy permits anything: add a permission for what is asked")
        ]
    }

    private static func policyChanges(_ changes: [WhyNot.Change]) -> Int {
        changes.count { $0.place == .policy }
    }

    private init(
        _ permission: CompiledRule, of policy: CompiledPolicy, _ facts: Facts,
        _ policies: [CompiledPolicy], _ reading: EvaluationReading
    ) {
        (self.permission, self.facts, self.reading) = (permission, facts, reading)
        if !policy.grants {
            add(
                .policy, "agreement", from: policy.uid,
                "an offer grants nothing: its assigner must agree with the one who asks")
        }
        let others = policies.filter { $0.uid != policy.uid }
        for unknown in policy.unknowns + permission.unknowns + others.flatMap(\.unknowns) {
            add(.policy, unknown.code, from: unknown.path, "\(unknown.message): state it otherwise")
        }
        changePremises()
        changeFields()
        changeValues()
        fulfilDuties()
        liftProhibitions(policy, policies)
    }

    private mutating func add(
        _ place: WhyNot.Change.Place, _ what: String, rule: String? = nil, from: String? = nil,
        to: String? = nil, _ text: String
    ) {
        changes.append(
            WhyNot.Change(
                place: place, what: what, rule: rule ?? permission.place.name, from: from, to: to, text: text)
        )
    }

    // MARK: Who, what, how

    private mutating func changePremises() {
        if permission.target.unknowns.isEmpty, let iri = permission.target.iris.first,
            permission.target.truth(of: facts.target, facts, reading) != .yes
        {
            add(
                .request, "target", from: facts.target, to: iri, "ask for \(name(iri)), which the rule names")
            facts.target = iri
        }
        if permission.assignee.unknowns.isEmpty, let iri = permission.assignee.iris.first,
            permission.assignee.truth(of: facts.assignee, facts, reading) != .yes
        {
            // Nobody can become another.
            let asker = facts.assignee.map(name) ?? "whoever asks"
            add(.policy, "assignee", from: iri, to: facts.assignee, "let the rule name \(asker) as assignee")
            facts.assignee = iri
        }
        if permission.action.unknowns.isEmpty, let iri = permission.action.members.first?.iri,
            permission.action.truth(of: facts.action) != .yes
        {
            add(.request, "action", from: facts.action, to: iri, "ask to \(name(iri)), which the rule names")
            facts.action = iri
        }
    }

    private func name(_ iri: String) -> String { "`\(brief(iri))`" }

    // MARK: Values

    /// Fields are left out, not changed for others.
    private mutating func changeFields() {
        let asked = facts.values[.known(.field)] ?? []
        guard asked.count > 1, permission.operands.contains(.known(.field)) else { return }
        let allowed = asked.filter { field in
            var single = facts
            single.values[.known(.field)] = [field]
            return permission.constraints.allSatisfy { condition in
                let isAboutFields = condition.leaves.contains { $0.test?.operand == .known(.field) }
                return !isAboutFields || condition.truth(of: single, reading) == .yes
            }
        }
        guard !allowed.isEmpty, allowed.count < asked.count else { return }
        let (from, to) = (asked.map(\.text), allowed.map(\.text))
        add(
            .request, "fields", from: from.joined(separator: ", "), to: to.joined(separator: ", "),
            "ask only for \(to.map(name).joined(separator: ", "))")
        facts.values[.known(.field)] = allowed
    }

    private mutating func changeValues() {
        let covering = permission.action.members.filter {
            permission.action.tree.covers($0.iri, facts.action ?? "")
        }
        let conditions = permission.constraints + covering.flatMap(\.refinements)
        guard !conditions.allSatisfy({ $0.truth(of: facts, reading) == .yes }) else { return }
        let operands = Set(conditions.flatMap(\.leaves).compactMap { $0.test?.operand })
            .sorted { $0.iri < $1.iri }
        let goals = conditions.map { Goal(condition: $0) }
        for free in Self.subsets(of: operands) {
            let answer = ConflictSolver.solve(
                goals, purposes: facts.purposes, fixed: facts, free: Set(free))
            guard case .possible(let found) = answer else { continue }
            apply(found)
            return
        }
        add(
            .policy, WhyNot.Change.vague,
            from: conditions.map { $0.place.path.description }.joined(separator: ", "),
            "no value is known that satisfies the constraints of the rule: change them")
    }

    private mutating func apply(_ found: Assignment) {
        if let now = found.now {
            let time = FactValue(.time(TimeSpan(start: now, end: now + 1)))
            add(
                .state, "dateTime", from: facts.now?.text, to: time.text,
                "ask at another time, such as \(time.text)")
            facts.now = time
        }
        for (operand, values) in found.values.sorted(by: { $0.key.iri < $1.key.iri }) {
            let from = facts.values(of: operand).map(\.text).joined(separator: ", ")
            let to = values.map(\.text).joined(separator: ", ")
            guard from != to else { continue }
            add(
                .request, IRI.localName(operand.iri), from: from.isEmpty ? nil : from, to: to,
                from.isEmpty
                    ? "state \(operand.name) \(brief(to))"
                    : "change \(operand.name) from \(brief(from)) to \(brief(to))")
            facts.values[operand] = values
        }
    }

    /// All sets of operands, the smallest first, of which no more than four are changed together; then all.
    private static func subsets(of operands: [LeftOperand]) -> [[LeftOperand]] {
        guard operands.count <= 12 else { return [operands] }
        let all = (1..<(1 << operands.count)).map { bits in
            operands.indices.filter { bits >> $0 & 1 == 1 }.map { operands[$0] }
        }
        return all.filter { $0.count <= 4 || $0.count == operands.count }.sorted { $0.count < $1.count }
    }

    // MARK: Duties and prohibitions

    private mutating func fulfilDuties() {
        for duty in permission.duties where duty.truth(of: facts, reading) != .yes {
            add(
                .state, "duty", rule: duty.place.name, from: duty.outcome(facts, reading).rawValue,
                to: CompiledDuty.Outcome.fulfilled.rawValue, "first do this: \(duty.name)")
        }
    }

    private mutating func liftProhibitions(_ policy: CompiledPolicy, _ policies: [CompiledPolicy]) {
        for other in policies {
            // Where its own policy says so, the permission wins over the policy's prohibitions.
            if other.uid == policy.uid, policy.conflict == .perm { continue }
            for rule in other.prohibitions where rule.truth(of: facts, reading) != .no {
                add(
                    .policy, "prohibition", rule: rule.place.name, from: rule.place.name,
                    "lift the prohibition at `\(rule.place.path)` of \(name(other.uid)) for this")
            }
        }
    }
}
