/// The left operands that the hub can evaluate: what of a request a constraint speaks of.
enum LeftOperand: CaseIterable, Sendable {
    /// Why the data are asked: a purpose of the tree.
    case purpose
    /// When the data are read.
    case dateTime
    /// Who gets the data: an organisation's IRI.
    case recipient
    /// Which fields are asked; a set.
    case field
    case legalBasis

    init?(iri: String) {
        guard let operand = Self.allCases.first(where: { $0.iri == iri }) else { return nil }
        self = operand
    }

    var iri: String {
        switch self {
        case .purpose: ODRL.term("purpose")
        case .dateTime: ODRL.term("dateTime")
        case .recipient: ODRL.term("recipient")
        case .field: SluisProfile.field
        case .legalBasis: SluisProfile.legalBasis
        }
    }

    /// The operators that mean something here; any other is unknown.
    var operators: Set<Operator> {
        switch self {
        case .purpose: [.eq, .neq, .isA, .isAnyOf, .isNoneOf]
        case .dateTime: [.lt, .lteq, .gt, .gteq, .eq, .neq]
        case .recipient, .legalBasis: [.eq, .neq, .isAnyOf, .isNoneOf]
        case .field: [.isAnyOf]
        }
    }

    /// The name in messages.
    var name: String {
        switch self {
        case .purpose: "purpose"
        case .dateTime: "date and time"
        case .recipient: "recipient"
        case .field: "field"
        case .legalBasis: "legal basis"
        }
    }
}
