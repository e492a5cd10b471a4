/// Looks for the fewest values to change, duties to fulfil and prohibitions to lift under which conditions
/// hold.
struct RemedySearch {
    /// What stands in the way, or might.
    struct Obstacle {
        enum Kind {
            /// Of the policy with that IRI.
            case prohibition(CompiledRule, policy: String)
            case duty(CompiledDuty)
        }

        var kind: Kind
        /// That its conditions are known not to hold.
        var denial: Goal

        func stands(_ facts: Facts, _ reading: EvaluationReading) -> Bool {
            switch kind {
            case .prohibition(let rule, _): rule.truth(of: facts, reading) != .no
            case .duty(let duty): duty.truth(of: facts, reading) != .yes
            }
        }
    }

    struct Finding {
        var assignment = Assignment()
        /// The fields still asked for; nil for all.
        var fields: [FactValue]?
        /// The prohibitions to lift and the duties to fulfil.
        var cleared: [Obstacle] = []
    }

    /// One change that it may make.
    private enum Change: Hashable {
        /// The time, and with it the day of the week and the periods.
        case clock
        case value(LeftOperand)
        /// To ask for some of the fields only.
        case fewerFields
    }

    /// What must hold for the permission.
    let goals: [Goal]
    let obstacles: [Obstacle]
    /// What is so now, once a field where fields are decided one by one.
    let parts: [Facts]
    /// Other policies whose prohibitions are overruled by permissions of theirs, which must stay so.
    let overruled: [CompiledPolicy]
    let reading: EvaluationReading
    let effort: Effort

    /// How many changes are tried together before all are.
    private static let maximumChanges = 4
    /// Of how many kinds of change.
    private static let maximumTried = 12
    private static let clock = Set(Conjunction.clockOperands)

    /// Of the smallest sets of changes one that leaves the policies alone, if there is one.
    ///
    /// - Parameter bound: how many changes are still of interest.
    func smallest(bound: Int) -> Finding? {
        let changes = Array(changes.prefix(Self.maximumTried))
        let forced = Set(forced)
        let optional = obstacles.indices.filter { !forced.contains($0) }
        let most = min(Self.maximumChanges, bound - forced.count, changes.count + optional.count)
        guard most >= 0 else { return nil }
        for count in 0...most {
            for clearings in 0...count
            where clearings <= optional.count && count - clearings <= changes.count {
                let found = Self.first(clearings, of: optional.count) { cleared in
                    Self.first(count - clearings, of: changes.count) { chosen in
                        find(
                            Set(chosen.map { changes[$0] }),
                            cleared: forced.union(cleared.map { optional[$0] }))
                    }
                }
                if found != nil || effort.isSpent { return found }
            }
        }
        return nil
    }

    /// Every value may change, and every obstacle that still stands in the way is cleared.
    func any() -> Finding? {
        let free = Set(changes).subtracting([.fewerFields])
        if let found = find(free, cleared: Set(forced)) { return found }
        guard var found = find(free, cleared: Set(obstacles.indices)) else { return nil }
        let after = applied(found)
        found.cleared = obstacles.filter { obstacle in after.contains { obstacle.stands($0, reading) } }
        return found
    }

    /// The obstacles that no change of values takes away.
    private var forced: [Int] {
        let free = Set(changes)
        return obstacles.indices.filter { place in
            if case .possible = solve([obstacles[place].denial], Array(parts.prefix(1)), free, after: now) {
                false
            } else {
                true
            }
        }
    }

    /// Whether only the time stands in the way, and it is over.
    var isOver: Bool {
        if case .possible(let found) = solve(goals, parts, Set(changes), after: nil),
            let time = found.now, let now
        {
            return time < now
        }
        return false
    }

    /// What a finding makes of the facts.
    func applied(_ finding: Finding) -> [Facts] {
        let kept = finding.fields.map { fields in
            parts.filter { fields.contains($0.values[.known(.field)]?.first ?? FactValue(.unclear(""))) }
        }
        var after = (kept ?? parts).map { facts in
            var facts = facts
            facts.values.merge(finding.assignment.values) { $1 }
            if let now = finding.assignment.now { facts.now = Self.time(now) }
            return facts
        }
        if finding.assignment.values[.known(.field)] != nil { after = Array(after.prefix(1)) }
        return after
    }

    static func time(_ now: Int64) -> FactValue { FactValue(.time(TimeSpan(start: now, end: now + 1))) }

    // MARK: One set of changes

    private var now: Int64? {
        if case .time(let now)? = parts.first?.now?.value { now.start } else { nil }
    }

    /// What may be changed, of what the conditions ask about: first what stands in the way now.
    private var changes: [Change] {
        let tests = (goals + obstacles.map(\.denial)).flatMap(\.condition.leaves).compactMap(\.test)
        let operands = Set(tests.map(\.operand))
        let failing = goals.map(\.condition).filter { goal in
            parts.contains { goal.truth(of: $0, reading) != .yes }
        }
        let urgent = Set(failing.flatMap(\.leaves).compactMap(\.test?.operand))
        let values = operands.subtracting(Self.clock).sorted { a, b in
            urgent.contains(a) == urgent.contains(b) ? a.iri < b.iri : urgent.contains(a)
        }
        let clock: [Change] = operands.isDisjoint(with: Self.clock) ? [] : [.clock]
        return clock + (parts.count > 1 ? [.fewerFields] : []) + values.map { .value($0) }
    }

    private func find(_ changes: Set<Change>, cleared: Set<Int>) -> Finding? {
        let kept = obstacles.indices.filter { !cleared.contains($0) }
        guard effort.spend(1 + kept.count / 4) else { return nil }
        let needed = goals + kept.map { obstacles[$0].denial }
        var remaining = parts
        if changes.contains(.fewerFields) {
            guard !changes.contains(.value(.known(.field))) else { return nil }
            remaining = parts.filter { part in
                if case .possible = solve(needed, [part], changes, after: now) { true } else { false }
            }
            guard !remaining.isEmpty, remaining.count < parts.count else { return nil }
        }
        guard case .possible(let assignment) = solve(needed, remaining, changes, after: now) else {
            return nil
        }
        let fields = remaining.flatMap { $0.values[.known(.field)] ?? [] }
        let found = Finding(
            assignment: assignment, fields: remaining.count < parts.count ? fields : nil,
            cleared: cleared.sorted().map { obstacles[$0] })
        return isConfirmed(found, kept) ? found : nil
    }

    private func solve(_ goals: [Goal], _ parts: [Facts], _ changes: Set<Change>, after: Int64?)
        -> Satisfiability
    {
        let free = changes.reduce(into: Set<LeftOperand>()) { free, change in
            switch change {
            case .clock: free.formUnion(Self.clock)
            case .value(let operand): free.insert(operand)
            case .fewerFields: break
            }
        }
        guard let facts = parts.first else { return .impossible }
        return ConflictSolver.solve(
            goals, purposes: facts.purposes, effort: effort, fixed: parts, free: free, notBefore: after,
            reading)
    }

    /// Nothing is proposed that an evaluation of the rules does not confirm.
    private func isConfirmed(_ found: Finding, _ kept: [Int]) -> Bool {
        applied(found).allSatisfy { facts in
            goals.allSatisfy { $0.condition.truth(of: facts, reading) == .yes }
                && kept.allSatisfy { !obstacles[$0].stands(facts, reading) }
                && overruled.allSatisfy {
                    LayerVerdict($0, name: "policy", facts, reading).prohibited.isEmpty
                }
        }
    }

    /// The first thing found among all ways to choose so many of so many, by their places.
    private static func first(
        _ count: Int, of all: Int, after chosen: [Int] = [], _ find: ([Int]) -> Finding?
    ) -> Finding? {
        guard chosen.count < count else { return find(chosen) }
        for next in ((chosen.last ?? -1) + 1)..<max(all, (chosen.last ?? -1) + 1) {
            if let found = first(count, of: all, after: chosen + [next], find) { return found }
        }
        return nil
    }
}
