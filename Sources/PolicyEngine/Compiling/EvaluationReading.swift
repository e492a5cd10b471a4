/// How a request is read where the specifications leave a choice.
struct EvaluationReading: Hashable, Sendable {
    /// Whether a duty must have been fulfilled (W3C's formal semantics of ODRL), or only must not have been
    /// violated.
    var dutiesMustBeFulfilled = true
    /// Whether `isA` asks for something that is said to be an instance, and not for the class itself or a
    /// narrower one.
    var isAMeansInstance = false

    /// The hub's own, and W3C's.
    static let strict = EvaluationReading()
    /// That of the evaluator of imec and Ghent University.
    static let lenient = EvaluationReading(dutiesMustBeFulfilled: false, isAMeansInstance: true)
}
