public import Model

/// How a request is evaluated where ODRL leaves a choice.
public struct EvaluationOptions: Sendable {
    /// What holds for what no rule speaks of.
    public enum Behaviour: String, CaseIterable, Sendable {
        /// No permission in force is a deny.
        case closed
        /// No prohibition in force is a permit.
        case open
    }

    /// When a duty of a permission blocks.
    public enum DutyReading: String, CaseIterable, Sendable {
        /// While it is not fulfilled, as W3C's formal semantics of ODRL has it. The hub's own reading.
        case strict
        /// Only once it was violated, as the evaluator of imec and Ghent University has it; `isA` then asks
        /// for an instance of a class, not for the class itself.
        case lenient
    }

    public var behaviour: Behaviour
    public var duty: DutyReading
    /// The time of evaluation; nil for the state's, else the request's.
    public var now: Instant?

    public init(behaviour: Behaviour = .closed, duty: DutyReading = .strict, now: Instant? = nil) {
        self.behaviour = behaviour
        self.duty = duty
        self.now = now
    }

    var reading: EvaluationReading { duty == .strict ? .strict : .lenient }
}
