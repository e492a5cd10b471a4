/// Whom and what a rule speaks of.
struct Scope: Hashable, Sendable {
    var target = Part()
    var assigner = Part()
    var assignee = Part()
    var actions = Actions()

    /// Assets or parties: those named, and what was named but is not understood.
    struct Part: Hashable, Sendable {
        var referents: [Referent] = []
        var unknowns: [Unknown] = []

        var isEmpty: Bool { referents.isEmpty && unknowns.isEmpty }
        var iris: [String] { referents.map(\.iri) }

        static func + (a: Part, b: Part) -> Part {
            b.isEmpty
                ? a : Part(referents: a.referents + b.referents, unknowns: a.unknowns + b.unknowns)
        }
    }

    struct Actions: Hashable, Sendable {
        var actions: [RuleAction] = []
        var unknowns: [Unknown] = []

        var isEmpty: Bool { actions.isEmpty && unknowns.isEmpty }
        var iris: [String] { actions.map(\.iri) }

        static func + (a: Actions, b: Actions) -> Actions {
            b.isEmpty
                ? a : Actions(actions: a.actions + b.actions, unknowns: a.unknowns + b.unknowns)
        }
    }

    /// A rule's scope and what its policy says for all rules (ODRL Information Model 2.2 section 2.7.1).
    func adding(_ shared: Scope) -> Scope {
        Scope(
            target: target + shared.target, assigner: assigner + shared.assigner,
            assignee: assignee + shared.assignee, actions: actions + shared.actions)
    }
}

/// An asset or a party, or a collection of such with what its members must be like (sections 2.2 and 2.3).
struct Referent: Hashable, Sendable {
    var place: Place
    var iri: String
    var isCollection = false
    /// Under which other IRIs the collection is known.
    var sources: [String] = []
    /// Conditions on members.
    var refinements: [Condition] = []
}

/// An action, perhaps narrowed (section 2.4).
struct RuleAction: Hashable, Sendable {
    var place: Place
    var iri: String
    /// Conditions on how the action is done.
    var refinements: [Condition] = []
}
