public import Model

/// ODRL decisions: pure, total, default deny, prohibition wins.
public enum PolicyEngine {
    /// Whether data may be read now.
    ///
    /// Needs a guardrail, an offer and an agreement, and every layer given must permit: an agreement alone
    /// cannot widen what the hub or the provider allows, and an offer alone grants nothing. The reasons of a
    /// permit name the rules that matched; those of a deny go down to the constraint. A permit says that
    /// rows need a live grant of their owner: every legal basis that the hub serves asks for one.
    public static func decide(_ request: PolicyRequest, under layers: [PolicyLayer], at now: Instant)
        -> Decision
    {
        Deliberation(request: request, layers: layers, now: now).decide(needing: [
            .agreement, .offer, .guardrail,
        ])
    }
}
