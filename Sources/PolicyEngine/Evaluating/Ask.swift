/// One thing that a request asks: who wants to do what with what.
struct Ask: Sendable {
    /// The IRI of the request's own rule, or of the request.
    var uid: String
    /// IRIs; nil where the request does not say.
    var assignee: String?
    var target: String?
    var action: String?
    /// Values that the request states of itself, such as its purpose.
    var values: [LeftOperand: [FactValue]] = [:]
    /// Values under the unit that they are in.
    var measures: [String: [FactValue]] = [:]
    /// The time that the request says it is.
    var now: FactValue?
}

/// A request for evaluation.
struct EvaluationRequest: Sendable {
    var uid: String
    var asks: [Ask]
}

/// The state of the world at an evaluation.
struct WorldState: Sendable {
    var now: FactValue?
    /// Values that the world states: counts, elapsed times.
    var values: [LeftOperand: [FactValue]] = [:]
    var world = Facts.World()
}
