/// An ODRL policy as its document tells it (ODRL Information Model 2.2 section 2.1), names expanded to IRIs.
struct Policy: Hashable, Sendable {
    var kind: PolicyKind
    var uid: String
    var profiles: [String]
    /// IRIs of `conflict`; empty means that prohibitions win, here as in `odrl:prohibit`.
    var conflicts: [String]
    /// What the policy says for all of its rules.
    var shared: Scope
    var rules: [Rule]
    var obligations: [Obligation]
    /// What is not understood outside of rules.
    var unknowns: [Unknown]
}

/// A duty of the whole policy that binds after access.
struct Obligation: Hashable, Sendable {
    /// The action and its constraints, such as `delete (retention lteq P90D)`.
    var name: String
}
