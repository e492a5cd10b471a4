/// A condition of a rule, a refinement, or a fact of a request (ODRL Information Model 2.2 section 2.5).
indirect enum Condition: Hashable, Sendable {
    case constraint(Constraint)
    case logical(LogicalConstraint)

    var place: Place {
        switch self {
        case .constraint(let constraint): constraint.place
        case .logical(let logical): logical.place
        }
    }
}

/// Left operand, operator, right operand.
struct Constraint: Hashable, Sendable {
    /// A right operand.
    struct Value: Hashable, Sendable {
        enum Form: Hashable, Sendable { case identifier, string, other }

        var form: Form
        /// As written; of a number or a boolean, as JSON writes it.
        var text: String
        /// The absolute IRI that `text` is or, with its prefix expanded, would be as an identifier.
        var iri: String?
        /// The IRI of the data type, if one is said.
        var dataType: String?
        /// The IRIs of the classes that an identifier is said to be an instance of.
        var types: [String] = []
    }

    /// A right operand by reference: a value under an IRI, or a property of a thing of the state.
    struct Reference: Hashable, Sendable {
        var iri: String
        /// The thing whose property it is, and the way there (ODRL extension of the FORCE project).
        var source: String?
        var path: [String] = []
    }

    var place: Place
    /// IRIs; nil if absent or not understood, and then there is an unknown.
    var leftOperand: String?
    var comparison: String?
    var rightOperands: [Value] = []
    /// What stands for values that the caller knows; nothing is fetched.
    var references: [Reference] = []
    /// What stands in place of the left operand's value where the caller gives none.
    var status: [Value] = []
    /// The IRI of the unit that the right operand is in.
    var unit: String?
    /// From when periods count.
    var anchor: Value?
    var unknowns: [Unknown] = []
}

/// Conditions joined by an operand of ODRL Information Model 2.2 section 2.5.2.
struct LogicalConstraint: Hashable, Sendable {
    enum Operation: String, CaseIterable, Sendable { case and, or, xone, andSequence }

    var place: Place
    var operation: Operation
    var operands: [Condition]
    var unknowns: [Unknown] = []
}

extension Constraint {
    /// Local names and values, for people: `retention lteq P90D`.
    var phrase: String {
        let right = rightOperands.map { $0.form == .identifier ? IRI.localName($0.text) : $0.text }
        return [leftOperand ?? "?", comparison ?? "?"].map(IRI.localName).joined(separator: " ") + " "
            + (right + references.map { IRI.localName($0.iri) }).joined(separator: ", ")
    }
}

extension Condition {
    /// For people, such as `retention lteq P90D`, or `(a) or (b)`.
    var phrase: String {
        switch self {
        case .constraint(let constraint): return constraint.phrase
        case .logical(let logical):
            let inner = logical.operands.prefix(8).map { "(\($0.phrase))" }
            return inner.joined(separator: " \(logical.operation.rawValue) ")
        }
    }
}
