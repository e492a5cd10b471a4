extension Facts {
    /// What is looked at for one ask. What the state says wins over what the request claims.
    init(_ ask: Ask, _ state: WorldState, _ options: EvaluationOptions, purposes: PurposeTree) {
        self.init(assignee: ask.assignee, target: ask.target, action: ask.action, purposes: purposes)
        now = options.now.map { FactValue(.time(TimeSpan($0))) } ?? state.now ?? ask.now
        values = ask.values.merging(state.values) { _, stated in stated }
        values[.known(.dateTime)] = nil
        measures = ask.measures
        world = state.world
        guard case .time(let now)? = now?.value else { return }
        // What is said to be done later than now is not done.
        for (duty, done) in world.duties {
            guard case .time(let date)? = done.values[.known(.dateTime)]?.first?.value else { continue }
            if date.start > now.start { world.duties[duty]?.outcome = .open }
            world.duties[duty]?.values[.known(.dateTime)] = nil
        }
    }
}
