/// Rules of one policy that do nothing: they can never hold, or another rule already says what they say.
struct RuleFindings {
    private(set) var findings: [ConflictReport.Finding] = []
    private(set) var isComplete = true

    private let policy: CompiledPolicy
    private let effort: Effort
    /// How many pairs of rules are compared at most.
    private static let maximumPairs = 10_000

    /// - Parameter effort: shared with whatever else is asked of the policies.
    init(_ policy: CompiledPolicy, _ effort: Effort) {
        (self.policy, self.effort) = (policy, effort)
        var dead: Set<Int> = []
        let rules = policy.permissions + policy.prohibitions
        for (index, rule) in rules.enumerated()
        where isImpossible(rule.constraints.map { Goal(condition: $0) }) {
            dead.insert(index)
            report(rule, .neverTrue, by: nil)
        }
        guard rules.count * rules.count <= Self.maximumPairs, !effort.isSpent else {
            isComplete = false
            return
        }
        compare(rules.enumerated().filter { !dead.contains($0.offset) }.map(\.element))
        if effort.isSpent { isComplete = false }
    }

    private mutating func compare(_ rules: [CompiledRule]) {
        for (index, rule) in rules.enumerated() {
            let shadow = rules.first { other in
                rule.kind == .permission && other.kind == .prohibition && policy.conflict != .perm
                    && covers(other, rule)
            }
            if let shadow {
                report(rule, .shadowed, by: shadow)
                continue
            }
            let twin = rules.enumerated().first { position, other in
                position != index && other.kind == rule.kind && covers(other, rule)
                    // Of two that say the same the later one is told.
                    && (position < index || !covers(rule, other))
            }
            if let twin { report(rule, .redundant, by: twin.element) }
        }
    }

    private mutating func report(
        _ rule: CompiledRule, _ kind: ConflictReport.Finding.Kind, by other: CompiledRule?
    ) {
        findings.append(
            ConflictReport.Finding(
                policy: policy.uid, rule: rule.place.name, kind: kind, by: other?.place.name))
    }

    private func isImpossible(_ goals: [Goal]) -> Bool {
        if case .impossible = ConflictSolver.solve(goals, purposes: policy.purposes, effort: effort) {
            return true
        }
        return false
    }

    /// Whether `other` holds whenever `rule` does.
    private func covers(_ other: CompiledRule, _ rule: CompiledRule) -> Bool {
        guard other.unknowns.isEmpty, rule.unknowns.isEmpty, other.duties.isEmpty else { return false }
        guard Self.speaks(other, ofAllThat: rule) else { return false }
        // While nobody gives what it asks about, a permission does not hold and a prohibition is in force.
        if other.kind == .permission {
            let given = OperandSet(rule.constraints.flatMap(\.conjuncts))
            guard other.constraints.flatMap(\.leaves).compactMap(\.test?.operand).allSatisfy(given.contains)
            else { return false }
        }
        // Wherever the rule holds, each condition of the other one must hold too.
        return other.constraints.allSatisfy { condition in
            isImpossible(
                rule.constraints.map { Goal(condition: $0) } + [Goal(condition: condition, isWanted: false)])
        }
    }

    /// Whether a rule names whatever another one names, conditions left aside.
    static func speaks(_ wide: CompiledRule, ofAllThat narrow: CompiledRule) -> Bool {
        contains(wide.target, narrow.target) && contains(wide.assignee, narrow.assignee)
            && containsActions(wide.action, narrow.action)
    }

    private static func contains(_ wide: Premise, _ narrow: Premise) -> Bool {
        guard wide.isStated else { return true }
        guard narrow.isStated, wide.members.allSatisfy(\.refinements.isEmpty) else { return false }
        return narrow.iris.allSatisfy(wide.iris.contains)
    }

    private static func containsActions(_ wide: ActionPremise, _ narrow: ActionPremise) -> Bool {
        guard wide.isStated else { return true }
        guard narrow.isStated, wide.members.allSatisfy(\.refinements.isEmpty) else { return false }
        return narrow.members.allSatisfy { member in
            wide.members.contains { wide.tree.covers($0.iri, member.iri) }
        }
    }
}
