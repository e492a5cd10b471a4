public import Model

extension PolicySet {
    /// Evaluates a request against all policies of the set, each rule of which is reported.
    ///
    /// A permit needs a permission that holds, in a Set or an Agreement, and no prohibition in force in any
    /// of the policies; one that is not understood as a whole might be such a prohibition.
    /// - Parameters:
    ///   - request: JSON-LD of an `odrl:Request` or an `EvaluationRequest`.
    ///   - state: JSON-LD of the state of the world; `{}` for none.
    /// - Throws: `ClientFault` `request_malformed` or `state_malformed`.
    public func evaluate(request: JSON, state: JSON, options: EvaluationOptions = EvaluationOptions())
        throws(ClientFault) -> Evaluation
    {
        let request = try RequestReader.read(request)
        return evaluate(request, try StateReader.read(state), options)
    }

    func evaluate(_ request: EvaluationRequest, _ state: WorldState, _ options: EvaluationOptions)
        -> Evaluation
    {
        let cases = request.asks.map { (ask: $0, facts: Facts($0, state, options, purposes: purposes)) }
        let answers = cases.map { answer($0.facts, options) }
        let isPermit = !answers.isEmpty && answers.allSatisfy(\.isPermit)
        let telling = answers.filter { $0.isPermit == isPermit }
        return Evaluation(
            outcome: isPermit ? .permit : .deny, reasons: Self.bounded(telling.flatMap(\.reasons)),
            obligations: policies.flatMap { $0.obligations.map(\.name) },
            reports: policies.flatMap { policy in
                cases.map { each in
                    RuleReporter(facts: each.facts, reading: options.reading)
                        .report(policy, request: request.uid, ask: each.ask)
                }
            })
    }

    struct Answer {
        var isPermit: Bool
        var reasons: [Reason]
    }

    func answer(_ facts: Facts, _ options: EvaluationOptions) -> Answer {
        let fields = facts.values[.known(.field)] ?? []
        let depends = fields.count > 1 && policies.contains { $0.operands.contains(.known(.field)) }
        let parts = depends ? fields.map { [$0] } : [fields]
        var reasons: [Reason] = []
        var isPermit = true
        for part in parts {
            var single = facts
            if depends { single.values[.known(.field)] = part }
            let answer = answerOne(single, options)
            // Once a part is denied only denials are told.
            if isPermit, !answer.isPermit { reasons = [] }
            if isPermit || !answer.isPermit { reasons += answer.reasons }
            isPermit = isPermit && answer.isPermit
        }
        return Answer(isPermit: isPermit, reasons: reasons)
    }

    private func answerOne(_ facts: Facts, _ options: EvaluationOptions) -> Answer {
        let verdicts = policies.map {
            LayerVerdict($0, name: "policy", facts, options.reading)
        }
        let prohibited = verdicts.flatMap(\.prohibited)
        guard prohibited.isEmpty else {
            return Answer(isPermit: false, reasons: prohibited + verdicts.flatMap(\.problems))
        }
        let granting = zip(policies, verdicts).filter { $0.0.grants && $0.1.permits }
        let vague = policies.filter { !$0.unknowns.isEmpty }
        if !granting.isEmpty, !vague.isEmpty {
            return Answer(isPermit: false, reasons: vague.flatMap(Self.mightForbid))
        }
        if !granting.isEmpty {
            return Answer(isPermit: true, reasons: granting.flatMap { $0.1.matched + $0.1.problems })
        }
        var reasons = zip(policies, verdicts).flatMap { policy, verdict in
            policy.grants || !verdict.permits
                ? verdict.missing
                : [
                    Reason(
                        code: "offer_grants_nothing", layer: "policy", source: policy.uid,
                        message: "an offer grants nothing until it is agreed")
                ]
        }
        if options.behaviour == .open, vague.isEmpty {
            reasons = [
                Reason(code: "not_prohibited", layer: "policy", message: "no prohibition is in force")
            ]
            return Answer(isPermit: true, reasons: reasons)
        }
        return Answer(isPermit: false, reasons: reasons)
    }

    private static func mightForbid(_ policy: CompiledPolicy) -> [Reason] {
        [
            Reason(
                code: "policy_not_understood", layer: "policy", source: policy.uid,
                message: "the policy is not understood as a whole and might forbid")
        ] + policy.problems(layer: "policy")
    }

    private static func bounded(_ reasons: [Reason]) -> [Reason] {
        var seen: Set<Reason> = []
        return Array(reasons.filter { seen.insert($0).inserted }.prefix(Deliberation.maximumReasons))
    }
}
