/// The operators of ODRL constraints (ODRL Vocabulary 2.2 section 3.8) that the hub's operands take.
enum Operator: String, CaseIterable, Sendable {
    case eq, neq, lt, lteq, gt, gteq, isA, isAnyOf, isNoneOf

    init?(iri: String) {
        guard iri.hasPrefix(ODRL.namespace) else { return nil }
        self.init(rawValue: String(iri.dropFirst(ODRL.namespace.count)))
    }

    /// Whether the right operand is a list.
    var takesList: Bool { self == .isAnyOf || self == .isNoneOf }

    /// How a sentence puts that the comparison holds, or that it does not.
    func words(holds: Bool) -> String {
        switch self {
        case .eq, .isA: holds ? "is" : "is not"
        case .neq: holds ? "is not" : "is"
        case .lt: holds ? "is before" : "is not before"
        case .lteq: holds ? "is not after" : "is after"
        case .gt: holds ? "is after" : "is not after"
        case .gteq: holds ? "is not before" : "is before"
        case .isAnyOf: holds ? "is one of" : "is not one of"
        case .isNoneOf: holds ? "is none of" : "is one of"
        }
    }
}
