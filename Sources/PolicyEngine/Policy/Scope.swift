/// Whom and what a rule speaks of. Per part: the IRIs named and what was named but is not understood.
struct Scope: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        var iris: [String] = []
        var unknowns: [Unknown] = []

        var isEmpty: Bool { iris.isEmpty && unknowns.isEmpty }

        static func + (a: Part, b: Part) -> Part {
            Part(iris: a.iris + b.iris, unknowns: a.unknowns + b.unknowns)
        }
    }

    var target = Part()
    var assigner = Part()
    var assignee = Part()
    var action = Part()

    /// A rule's scope and what its policy says for all rules (ODRL Information Model 2.2 section 2.7.1).
    func adding(_ shared: Scope) -> Scope {
        Scope(
            target: target + shared.target, assigner: assigner + shared.assigner,
            assignee: assignee + shared.assignee, action: action + shared.action)
    }
}
