/// An ODRL policy as its document tells it (ODRL Information Model 2.2 section 2.1), names expanded to IRIs.
struct Policy: Hashable, Sendable {
    var kind: PolicyKind
    var uid: String
    /// Where it stands in its document.
    var path = DocumentPath.root
    var profiles: [String] = []
    /// IRIs of `conflict`; empty means that prohibitions win.
    var conflicts: [String] = []
    /// IRIs of the policies whose rules are also this one's.
    var parents: [String] = []
    /// What the policy says for all of its rules.
    var shared = Scope()
    var rules: [Rule] = []
    /// What binds after access, whatever else is decided.
    var obligations: [Duty] = []
    /// Actions that the document itself declares.
    var actions: [String: DeclaredAction] = [:]
    /// What is not understood outside of rules.
    var unknowns: [Unknown] = []
}

/// An action outside of ODRL's vocabulary, as a document relates it to others (section 2.4).
struct DeclaredAction: Hashable, Sendable {
    /// The actions that it is part of.
    var includedIn: [String] = []
    /// The actions that doing it also does.
    var implies: [String] = []
    /// Whether nothing else is said of it than what it is part of and implies.
    var isUnderstood = true
}
