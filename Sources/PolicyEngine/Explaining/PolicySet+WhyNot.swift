public import Model

extension PolicySet {
    /// The smallest set of changes to request, world or policies after which the request is permitted. Of
    /// one that asks several things each is answered by itself, and its changes say which they are for.
    ///
    /// - Throws: `ClientFault` `request_malformed` or `state_malformed`.
    public func whyNot(request: JSON, state: JSON, options: EvaluationOptions = EvaluationOptions())
        throws(ClientFault) -> WhyNot
    {
        let request = try RequestReader.read(request)
        let state = try StateReader.read(state)
        var changes: [WhyNot.Change] = []
        let effort = Effort()
        for ask in request.asks {
            let facts = Facts(ask, state, options, purposes: purposes)
            if answer(facts, options).isPermit { continue }
            let question = Remedy.Question(
                facts: facts, policies: policies, reading: options.reading, stated: Set(state.values.keys),
                isOpen: options.behaviour == .open)
            let found = Remedy.smallest(for: question, effort)?.changes ?? [.noPermission]
            changes += request.asks.count == 1 ? found : found.map { $0.told(of: ask) }
        }
        let evaluation = evaluate(request, state, options)
        var seen: Set<WhyNot.Change> = []
        return WhyNot(
            outcome: evaluation.outcome,
            changes: evaluation.outcome == .permit ? [] : changes.filter { seen.insert($0).inserted })
    }
}

extension WhyNot.Change {
    fileprivate func told(of ask: Ask) -> WhyNot.Change {
        let action = ask.action.map(IRI.localName) ?? "what is asked"
        let target = ask.target.map { " `\(brief($0))`" } ?? ""
        let party = ask.assignee.map { " by `\(brief($0))`" } ?? ""
        var change = self
        change.text = "for \(action)\(target)\(party): \(text)"
        return change
    }
}
