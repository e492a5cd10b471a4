/// A constraint that must hold, or must be known not to.
struct Literal: Sendable {
    var test: CompiledConstraint.Test
    var isWanted: Bool
    var reading = EvaluationReading.strict

    /// Whether it is met for sure.
    func isMet(_ facts: Facts) -> Bool { test.truth(of: facts, reading) == (isWanted ? .yes : .no) }

    /// Whether it is missed for sure.
    func isMissed(_ facts: Facts) -> Bool { test.truth(of: facts, reading) == (isWanted ? .no : .yes) }
}

/// What all of something must be, or must not be.
struct Goal: Sendable {
    var condition: CompiledCondition
    var isWanted = true
}

/// The answer to whether something can be.
enum Satisfiability: Sendable {
    /// Values under which it is.
    case possible(Assignment)
    case impossible
    /// The question cannot be decided by what the engine knows, for these reasons.
    case unknown(because: [String])
}

/// Values of operands that make a conjunction true.
struct Assignment: Sendable {
    var values: [LeftOperand: [FactValue]] = [:]
    var now: Int64?
}
