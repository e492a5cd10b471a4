/// A constraint, compiled: nothing in it is left to parse.
struct CompiledConstraint: Sendable {
    var place: Place { source.place }
    var test: Test?
    /// What keeps it from having a test; such a constraint is unknown whatever is asked.
    var unknowns: [Unknown]
    /// What in it is not understood and withholds only what depends on it.
    var doubts: [Unknown] = []
    /// The left operand's IRI as written, for reports.
    var leftOperand: String? { source.leftOperand }
    /// The operator's IRI as written.
    var comparison: String? { source.comparison }
    /// The constraint as it was read.
    var source: Constraint

    /// The right operands as written, IRIs whole.
    var expected: [String] { source.rightOperands.map { $0.iri ?? $0.text } + source.references.map(\.iri) }

    struct Test: Sendable {
        var operand: LeftOperand
        var comparison: Operator
        var right: [OperandValue]
        /// What stands for values that come with the facts.
        var references: [Constraint.Reference]
        var status: [FactValue]
        var unit: String?
        /// From when the periods of a `timeInterval` count.
        var anchor: TimeSpan?
        /// Which purposes satisfy it, by their number in the tree; nil for other operands.
        var purposes: [Truth]?
        /// Whether all fields of a request must satisfy it, as in a permission, or one is enough.
        var needsAll: Bool
    }
}

/// A condition, compiled.
indirect enum CompiledCondition: Sendable {
    case constraint(CompiledConstraint)
    case logical(LogicalConstraint.Operation, [CompiledCondition], Place, [Unknown])

    var place: Place {
        switch self {
        case .constraint(let constraint): constraint.place
        case .logical(_, _, let place, _): place
        }
    }

    var hasUnknowns: Bool {
        switch self {
        case .constraint(let constraint): !constraint.unknowns.isEmpty
        case .logical(_, let operands, _, let unknowns):
            !unknowns.isEmpty || operands.contains { $0.hasUnknowns }
        }
    }

    var hasDoubts: Bool {
        switch self {
        case .constraint(let constraint): !constraint.doubts.isEmpty
        case .logical(_, let operands, _, _): operands.contains { $0.hasDoubts }
        }
    }

    /// Everything in it that is not understood.
    var unknowns: [Unknown] {
        switch self {
        case .constraint(let constraint): constraint.unknowns
        case .logical(_, let operands, _, let unknowns): unknowns + operands.flatMap(\.unknowns)
        }
    }

    /// The conditions that hold whenever it does.
    var conjuncts: [CompiledCondition] {
        switch self {
        case .constraint: [self]
        case .logical(.and, let operands, _, _), .logical(.andSequence, let operands, _, _):
            operands.flatMap(\.conjuncts)
        case .logical: []
        }
    }

    /// Its constraints, from the first to the last, logical ones left out.
    var leaves: [CompiledConstraint] {
        switch self {
        case .constraint(let constraint): [constraint]
        case .logical(_, let operands, _, _): operands.flatMap(\.leaves)
        }
    }
}
