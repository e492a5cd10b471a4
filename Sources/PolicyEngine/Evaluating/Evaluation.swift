public import Model

/// What an evaluation came to, down to the premise and the constraint.
public struct Evaluation: Sendable {
    public let outcome: Decision.Outcome
    /// Why, most decisive first.
    public let reasons: [Reason]
    /// What binds after access.
    public let obligations: [String]
    let reports: [PolicyReport]

    /// The report of one policy for one ask.
    struct PolicyReport: Sendable {
        var policy: String
        var request: String
        var at: String?
        var rules: [RuleReport]
    }

    struct RuleReport: Sendable {
        var rule: String
        var ask: String
        var kind: Rule.Kind
        var isActive: Bool
        /// Whether the rule, refinements of its action included, speaks of the request.
        var applies: Bool
        /// Only what the rule states: `party`, `target`, `action`.
        var premises: [String: Bool]
        var constraints: [String: JSON]
        var duties: [String: JSON]
        var unknowns: [Unknown]
    }

    /// `{"decision","reasons","obligations","reports":[{"policy","request","at","rules":[..]}]}`; IRIs whole.
    public var json: JSON {
        .object([
            "decision": .string(outcome.rawValue),
            "reasons": .array(reasons.map(\.json)),
            "obligations": JSON(obligations),
            "reports": .array(
                reports.map { report in
                    .object([
                        "policy": .string(report.policy), "request": .string(report.request),
                        "at": JSON(report.at), "rules": .array(report.rules.map(\.json)),
                    ])
                }),
        ])
    }
}

extension Evaluation.RuleReport {
    fileprivate var json: JSON {
        let permits = kind == .permission ? applies : !applies
        var members: [String: JSON] = [
            "rule": .string(rule), "ruleRequest": .string(ask), "kind": .string(kind.rawValue),
            "attempt": "Attempted", "activation": isActive ? "Active" : "Inactive",
            "control": permits ? "Permit" : "Deny",
            "premises": .object(premises.mapValues { .string(Self.state($0)) }),
            "constraints": .object(constraints),
        ]
        if !duties.isEmpty { members["duties"] = .object(duties) }
        if !unknowns.isEmpty {
            members["unknown"] = .array(
                unknowns.prefix(Deliberation.maximumReasons).map {
                    ["code": .string($0.code), "path": .string($0.path), "message": .string($0.message)]
                })
        }
        return .object(members)
    }

    static func state(_ holds: Bool) -> String { holds ? "Satisfied" : "Unsatisfied" }
}

extension Reason {
    /// `{"code","layer","source","message"}`.
    public var json: JSON {
        [
            "code": .string(code), "layer": .string(layer), "source": JSON(source),
            "message": .string(message),
        ]
    }
}
