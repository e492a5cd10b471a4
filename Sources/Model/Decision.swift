/// The answer to one request for data: permit or deny, why, and what then may flow.
public struct Decision: Hashable, Sendable {
    public enum Outcome: String, Sendable { case permit, deny }

    public var outcome: Outcome
    /// Why, most decisive first; never empty.
    public var reasons: [Reason]
    /// The names of the fields that may flow, in the order asked; empty on deny.
    public var fields: [String]
    /// Whether rows need a live grant of their owner.
    public var needsGrants: Bool
    /// What binds after access (retention, deletion, attribution): returned and logged, never blocking.
    public var obligations: [String]

    public init(
        outcome: Outcome, reasons: [Reason], fields: [String] = [], needsGrants: Bool = true,
        obligations: [String] = []
    ) {
        self.outcome = outcome
        self.reasons = reasons
        self.fields = fields
        self.needsGrants = needsGrants
        self.obligations = obligations
    }

    public var isPermit: Bool { outcome == .permit }
}

/// One reason of a decision, down to the constraint.
public struct Reason: Hashable, Sendable {
    /// Stable, lower case with underscores, such as `purpose_not_permitted`.
    public var code: String
    /// The layer that says so: `guardrail`, `offer`, `agreement`.
    public var layer: String
    /// The IRI of the policy, rule or constraint, where there is one.
    public var source: String?
    /// For people, lower case.
    public var message: String

    public init(code: String, layer: String, source: String? = nil, message: String) {
        self.code = code
        self.layer = layer
        self.source = source
        self.message = message
    }
}
