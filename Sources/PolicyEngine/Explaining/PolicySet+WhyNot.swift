public import Model

extension PolicySet {
    /// The smallest set of changes to request, world or policies after which the request is permitted.
    ///
    /// - Throws: `ClientFault` `request_malformed` or `state_malformed`.
    public func whyNot(request: JSON, state: JSON, options: EvaluationOptions = EvaluationOptions())
        throws(ClientFault) -> WhyNot
    {
        let request = try RequestReader.read(request)
        let state = try StateReader.read(state)
        var changes: [WhyNot.Change] = []
        for ask in request.asks {
            let facts = Facts(ask, state, options, purposes: purposes)
            if answer(facts, options).isPermit { continue }
            let question = Remedy.Question(
                facts: facts, policies: policies, reading: options.reading, stated: Set(state.values.keys),
                isOpen: options.behaviour == .open)
            changes += Remedy.smallest(for: question)?.changes ?? [.noPermission]
        }
        let evaluation = evaluate(request, state, options)
        var seen: Set<WhyNot.Change> = []
        return WhyNot(
            outcome: evaluation.outcome,
            changes: evaluation.outcome == .permit ? [] : changes.filter { seen.insert($0).inserted })
    }
}
