/// A condition of a rule: left operand, operator, right operand.
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
    }

    var place: Place
    /// IRIs; nil if absent or not understood, and then there is an unknown.
    var leftOperand: String?
    var comparison: String?
    var rightOperands: [Value]
    var unknowns: [Unknown]
}

extension Constraint {
    /// Local names and values, for people: `retention lteq P90D`.
    var phrase: String {
        let right = rightOperands.map { $0.form == .identifier ? IRI.localName($0.text) : $0.text }
        return [leftOperand ?? "?", comparison ?? "?"].map(IRI.localName).joined(separator: " ") + " "
            + right.joined(separator: ", ")
    }
}
