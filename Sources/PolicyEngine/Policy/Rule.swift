/// A permission or a prohibition.
struct Rule: Hashable, Sendable {
    enum Kind: String, Sendable { case permission, prohibition }

    var kind: Kind
    var place: Place
    var scope: Scope
    var constraints: [Constraint]
    /// What is not understood in the rule outside of its scope and its constraints.
    var unknowns: [Unknown]
}
