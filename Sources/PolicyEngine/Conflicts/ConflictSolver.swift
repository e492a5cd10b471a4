/// Whether constraints can hold together, by search over the branches of logical constraints and by sets of
/// values per operand. No external solver; what it cannot decide it says it cannot.
struct ConflictSolver {
    let purposes: PurposeTree
    private let effort: Effort
    /// Why some branch could not be decided.
    private var doubts: [String] = []

    private init(purposes: PurposeTree, effort: Effort) {
        (self.purposes, self.effort) = (purposes, effort)
    }

    /// - Parameters:
    ///   - fixed: what is so already, in each of several cases; none if everything may be chosen.
    ///   - free: the operands whose values may be chosen all the same.
    ///   - notBefore: the earliest time that may be chosen, in milliseconds of the Unix epoch.
    static func solve(
        _ goals: [Goal], purposes: PurposeTree, effort: Effort, fixed: [Facts] = [],
        free: Set<LeftOperand> = [],
        notBefore: Int64? = nil, _ reading: EvaluationReading = .strict
    ) -> Satisfiability {
        var solver = ConflictSolver(purposes: purposes, effort: effort)
        let start = Conjunction(
            purposes: purposes, fixed: fixed, free: free, notBefore: notBefore, reading: reading)
        if let found = solver.search(goals[...], start) { return .possible(found) }
        return solver.doubts.isEmpty ? .impossible : .unknown(because: solver.doubts)
    }

    /// The first assignment under which all goals are met.
    private mutating func search(_ goals: ArraySlice<Goal>, _ start: Conjunction) -> Assignment? {
        var conjunction = start
        var choices: [Goal] = []
        var waiting = Array(goals)
        while let goal = waiting.popLast() {
            guard effort.spend() else {
                doubt([Self.tooMany])
                return nil
            }
            switch goal.condition {
            case .constraint(let constraint):
                guard conjunction.add(constraint, goal.isWanted) else { return nil }
            case .logical(let operation, let operands, _, let unknowns):
                conjunction.doubts += unknowns.map(\.message)
                let isAnd = operation == .and || operation == .andSequence
                if isAnd == goal.isWanted, operation != .xone {
                    waiting += operands.map { Goal(condition: $0, isWanted: goal.isWanted) }
                    if operation == .andSequence { conjunction.add(sequence: operands) }
                } else {
                    choices.append(goal)
                }
            }
        }
        guard let choice = choices.popLast() else { return finish(conjunction) }
        for branch in Self.branches(of: choice) {
            if let found = search(ArraySlice(choices + branch), conjunction) { return found }
            guard !effort.isSpent else {
                doubt([Self.tooMany])
                return nil
            }
        }
        return nil
    }

    static let tooMany = "there are too many alternatives to try them all"

    private mutating func finish(_ conjunction: Conjunction) -> Assignment? {
        guard effort.spend(conjunction.size) else {
            doubt([Self.tooMany])
            return nil
        }
        switch conjunction.solve() {
        case .possible(let assignment): return assignment
        case .impossible: return nil
        case .unknown(let reasons):
            doubt(reasons)
            return nil
        }
    }

    private mutating func doubt(_ reasons: [String]) {
        for reason in reasons where doubts.count < 8 && !doubts.contains(reason) { doubts.append(reason) }
    }

    /// The ways to meet an `or`, an `xone`, or the denial of an `and`.
    private static func branches(of goal: Goal) -> [[Goal]] {
        guard case .logical(let operation, let operands, _, _) = goal.condition else { return [[goal]] }
        func all(_ isWanted: Bool, but chosen: Set<Int> = [], rest: Bool = true) -> [Goal] {
            operands.enumerated().compactMap { index, operand in
                if chosen.contains(index) { return Goal(condition: operand, isWanted: !isWanted) }
                return rest ? Goal(condition: operand, isWanted: isWanted) : nil
            }
        }
        switch (operation, goal.isWanted) {
        case (.or, true): return operands.map { [Goal(condition: $0)] }
        case (.xone, true): return operands.indices.map { all(false, but: [$0]) }
        case (.xone, false):
            let pairs = operands.indices.flatMap { a in
                operands.indices.dropFirst(a + 1).map { b in all(false, but: [a, b], rest: false) }
            }
            return [all(false)] + pairs
        default: return operands.map { [Goal(condition: $0, isWanted: false)] }
        }
    }
}
