import Model

/// Cases with a `request` and a `state` in JSON-LD; `now`, `behaviour` and `duty` as options of the
/// evaluation.
///
/// `then` may say `decision`, `reasons` (codes), `obligations`, and `active`: the names of the rules in
/// force.
struct EvaluationCourt: Court {
    let policies: PolicySet
    let members: Set<String> = ["request", "state", "now", "behaviour", "duty"]

    func decide(_ when: [String: JSON]) throws -> [String: JSON] {
        guard let request = when["request"] else {
            throw PolicyTrial.malformed("$.when.request", expected: "a request in JSON-LD")
        }
        var options = EvaluationOptions(now: when["now"]?.string.flatMap { Instant($0) })
        if let name = when["behaviour"]?.string {
            options.behaviour = try word(name, "behaviour")
        }
        if let name = when["duty"]?.string { options.duty = try word(name, "duty") }
        let evaluation = try policies.evaluate(
            request: request, state: when["state"] ?? .object([:]), options: options)
        let active = evaluation.reports.flatMap(\.rules).filter(\.isActive).map(\.rule)
        return [
            "decision": .string(evaluation.outcome.rawValue), "reasons": JSON(evaluation.codes),
            "obligations": JSON(evaluation.obligations), "active": JSON(active),
        ]
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String, _ name: String) throws
        -> Word
    {
        guard let word = Word(rawValue: text) else {
            throw PolicyTrial.malformed(
                "$.when.\(name)", expected: Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or ")
            )
        }
        return word
    }
}

extension Evaluation {
    /// The codes of the reasons, each once.
    var codes: [String] {
        reasons.map(\.code).reduce(into: []) { codes, code in
            if !codes.contains(code) { codes.append(code) }
        }
    }
}

/// Cases that are AuthZEN requests: `subject`, `action`, `resource`, `context`; `now` for the time.
struct AuthorizationCourt: Court {
    let service: AuthorizationService
    let members: Set<String> = ["subject", "action", "resource", "context", "now"]

    func decide(_ when: [String: JSON]) throws -> [String: JSON] {
        let now = when["now"]?.string.flatMap { Instant($0) } ?? Instant(milliseconds: 0)
        return try service.evaluation(.object(when), at: now).object ?? [:]
    }
}
