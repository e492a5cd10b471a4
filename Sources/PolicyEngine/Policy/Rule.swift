/// A permission or a prohibition (ODRL Information Model 2.2 sections 2.6.2 and 2.6.4).
struct Rule: Hashable, Sendable {
    enum Kind: String, Sendable { case permission, prohibition }

    var kind: Kind
    var place: Place
    /// Whether it says itself that it is a permission or a prohibition, not only the member under which it
    /// stands.
    var isTyped = false
    var scope: Scope
    var constraints: [Condition]
    /// Of a permission: what must be done before; of a prohibition: nothing.
    var duties: [Duty] = []
    /// Of a prohibition: what infringing it costs.
    var remedies: [Duty] = []
    /// What is not understood in the rule outside of its scope and its constraints.
    var unknowns: [Unknown] = []
}

/// Something that must be done: a duty of a permission, an obligation of a policy, a consequence or a remedy
/// (sections 2.6.3, 2.6.5 and 2.6.6).
struct Duty: Hashable, Sendable {
    var place: Place
    var scope: Scope
    /// Under which conditions it is to be done.
    var constraints: [Condition]
    /// The IRIs of those who are to be paid, where the duty names them.
    var payees: [String] = []
    /// What must be done too once it was not done.
    var consequences: [Duty] = []
    var unknowns: [Unknown] = []
}

extension Duty {
    /// The action and its conditions, such as `delete (retention lteq P90D)`.
    var name: String {
        let action = scope.actions.iris.first.map(IRI.localName)
        let refinements = scope.actions.actions.flatMap(\.refinements)
        let conditions = (refinements + constraints).prefix(8).map(\.phrase)
        let suffix = conditions.isEmpty ? "" : " (\(conditions.joined(separator: ", ")))"
        return brief((action ?? place.name) + suffix)
    }
}
