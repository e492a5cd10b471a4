import Model

/// Answers both relations, and shows its answer.
struct ConflictFinder {
    let policies: [CompiledPolicy]
    let purposes: PurposeTree
    private let effort = Effort()

    init(policies: [CompiledPolicy], purposes: PurposeTree) {
        (self.policies, self.purposes) = (policies, purposes)
    }

    struct Answer {
        var verdict: ConflictReport.Verdict
        var witness: ConflictReport.Witness?
        /// Why it is unknown.
        var reasons: [String] = []

        static let conflict = Answer(verdict: .conflict)

        static func unknown(_ reasons: [String]) -> Answer { Answer(verdict: .unknown, reasons: reasons) }
    }

    // MARK: Joint

    func joint() -> Answer {
        let rules = policies.flatMap { $0.permissions + $0.prohibitions }
        if policies.count == 1 {
            var doubts: [String] = []
            for rule in rules {
                switch solve(Self.goals(of: rule)) {
                case .impossible: return .conflict
                case .unknown(let reasons): doubts += reasons
                case .possible: break
                }
            }
            if !doubts.isEmpty { return .unknown(doubts) }
        }
        let answer = satisfy(rules)
        // Rules of one policy need not hold at the same time: each is shown by itself.
        if policies.count == 1, answer.verdict != .compatible, let first = rules.first {
            return satisfy([first])
        }
        return answer
    }

    private func solve(
        _ goals: [Goal], fixed: [Facts] = [], free: Set<LeftOperand> = []
    ) -> Satisfiability {
        ConflictSolver.solve(goals, purposes: purposes, effort: effort, fixed: fixed, free: free)
    }

    private func satisfy(_ rules: [CompiledRule]) -> Answer {
        switch solve(rules.flatMap { Self.goals(of: $0) }) {
        case .impossible: return .conflict
        case .unknown(let reasons): return .unknown(reasons)
        case .possible(let assignment):
            let witness = WitnessWriter(assignment: assignment, rules: rules)
            // Nothing is said that an evaluation does not confirm.
            guard confirm(witness, { facts in rules.allSatisfy { Self.hold($0, facts) } }) else {
                return .unknown([Self.unconfirmed])
            }
            return Answer(verdict: .compatible, witness: witness.witness)
        }
    }

    private static let unconfirmed = "an example was found that an evaluation does not confirm"

    /// - Parameter action: what is asked; nil for any of the rule's actions.
    private static func goals(of rule: CompiledRule, asked action: String? = nil) -> [Goal] {
        (rule.constraints + rule.action.demands(of: action)).map { Goal(condition: $0) }
    }

    private static func hold(_ rule: CompiledRule, _ facts: Facts) -> Bool {
        rule.constraints.allSatisfy { $0.truth(of: facts, .strict) == .yes }
    }

    /// Evaluates the witness as a stranger would: from its JSON.
    private func confirm(_ writer: WitnessWriter, _ holds: (Facts) -> Bool) -> Bool {
        let witness = writer.witness
        guard let request = try? RequestReader.read(witness.request), let ask = request.asks.first,
            let state = try? StateReader.read(witness.state), let first = policies.first
        else { return false }
        let facts = Facts(ask, state, EvaluationOptions(), purposes: first.purposes)
        return holds(facts)
    }

    // MARK: Decision

    func decision() -> Answer {
        var doubts: [String] = []
        for (index, permitting) in policies.enumerated() {
            for (other, prohibiting) in policies.enumerated() {
                // Within one policy its own strategy says what holds.
                if index == other, policies.count > 1 || permitting.conflict == .perm { continue }
                for permission in permitting.permissions {
                    let own = index == other ? [] : Self.forbidding(permission, in: permitting)
                    for prohibition in prohibiting.prohibitions {
                        switch clash(
                            permission, of: permitting, own, prohibition, of: prohibiting)
                        {
                        case .possible(let witness): return Answer(verdict: .conflict, witness: witness)
                        case .unknown(let reasons): doubts += reasons.filter { !doubts.contains($0) }
                        case .impossible: break
                        }
                    }
                }
            }
        }
        return doubts.isEmpty ? Answer(verdict: .compatible) : .unknown(doubts)
    }

    private enum Clash { case possible(ConflictReport.Witness), impossible, unknown(because: [String]) }

    private func clash(
        _ permission: CompiledRule, of permitting: CompiledPolicy, _ own: [Goal],
        _ prohibition: CompiledRule, of prohibiting: CompiledPolicy
    ) -> Clash {
        // A permission that is not understood never holds.
        guard permitting.unknowns.isEmpty, permission.unknowns.isEmpty else { return .impossible }
        guard effort.spend(4) else { return .unknown(because: [ConflictSolver.tooMany]) }
        let others =
            own + (permitting.uid == prohibiting.uid ? [] : Self.overruling(prohibition, in: prohibiting))
        switch CommonScope.find(permission, prohibition) {
        case .none: return .impossible
        case .unknown:
            return .unknown(because: [
                "whether `\(permission.place.path)` and `\(prohibition.place.path)` speak of the same "
                    + "depends on conditions on the members of collections"
            ])
        case .found(let scopes):
            var doubts: [String] = []
            for scope in scopes {
                let needed = Self.goals(of: permission, asked: scope.action) + others
                let forbidden = Self.goals(of: prohibition, asked: scope.action)
                for example in examples(needed, forbidden) {
                    switch example {
                    case .impossible: continue
                    case .unknown(let reasons): doubts += reasons.filter { !doubts.contains($0) }
                    case .possible(let assignment):
                        let writer = WitnessWriter(
                            assignment: assignment, rules: [permission, prohibition], scope: scope)
                        let isShown = confirm(writer) { facts in
                            permission.truth(of: facts, .strict) == .yes
                                && prohibition.truth(of: facts, .strict) != .no
                                && (permitting.uid == prohibiting.uid
                                    || Self.clash(permitting, prohibiting, facts))
                        }
                        if isShown { return .possible(writer.witness) }
                        if !doubts.contains(Self.unconfirmed) { doubts.append(Self.unconfirmed) }
                    }
                }
            }
            return doubts.isEmpty ? .impossible : .unknown(because: doubts)
        }
    }

    /// Requests under which all that is needed holds and a prohibition is in force: because its conditions
    /// hold, or because nobody gives what one of them asks about.
    private func examples(_ needed: [Goal], _ forbidden: [Goal]) -> some Sequence<Satisfiability> {
        func operands(_ goals: [Goal]) -> Set<LeftOperand> {
            Set(goals.flatMap(\.condition.leaves).compactMap(\.test?.operand))
        }
        let all = operands(needed + forbidden)
        // Whoever asks is the recipient, if he names no other.
        let withheld = operands(forbidden).subtracting([.known(.recipient)]).sorted { $0.iri < $1.iri }
        let clock = Set(Conjunction.clockOperands)
        // What of a prohibition nobody understands counts as met.
        let understood = forbidden.filter { !$0.condition.hasUnknowns }
        let nothing: LeftOperand? = nil
        return ([nothing] + withheld).lazy.map { withheld -> Satisfiability in
            guard let withheld else { return solve(needed + understood) }
            let without = clock.contains(withheld) ? clock : [withheld]
            return solve(needed, fixed: [Facts(purposes: purposes)], free: all.subtracting(without))
        }
    }

    private static func clash(_ permitting: CompiledPolicy, _ prohibiting: CompiledPolicy, _ facts: Facts)
        -> Bool
    {
        LayerVerdict(permitting, name: "policy", facts, .strict).permits
            && !LayerVerdict(prohibiting, name: "policy", facts, .strict).prohibited.isEmpty
    }

    /// What must not hold besides: prohibitions of the permitting policy that speak of all that the
    /// permission does. Those that speak of a part are left to the evaluation of the witness.
    private static func forbidding(_ permission: CompiledRule, in policy: CompiledPolicy) -> [Goal] {
        guard policy.conflict != .perm else { return [] }
        return policy.prohibitions.filter { RuleFindings.speaks($0, ofAllThat: permission) }.map(denial)
    }

    /// Nor permissions of the prohibiting policy, where in that one permissions win.
    private static func overruling(_ prohibition: CompiledRule, in policy: CompiledPolicy) -> [Goal] {
        guard policy.conflict == .perm, policy.unknowns.isEmpty else { return [] }
        return policy.permissions.filter {
            $0.unknowns.isEmpty && $0.duties.isEmpty && RuleFindings.speaks($0, ofAllThat: prohibition)
        }.map(denial)
    }

    private static func denial(_ rule: CompiledRule) -> Goal {
        Goal(condition: .logical(.and, rule.constraints, rule.place, []), isWanted: false)
    }
}
