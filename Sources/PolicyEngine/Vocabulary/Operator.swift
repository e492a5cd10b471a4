/// The operators of ODRL constraints (ODRL Vocabulary 2.2 section 3.8).
enum Operator: String, CaseIterable, Sendable {
    case eq, neq, lt, lteq, gt, gteq, isA, isPartOf, hasPart, isAllOf, isAnyOf, isNoneOf

    static let equality: Set<Operator> = [.eq, .neq]
    static let comparing: Set<Operator> = [.eq, .neq, .lt, .lteq, .gt, .gteq]
    static let listing: Set<Operator> = [.isAllOf, .isAnyOf, .isNoneOf]
    static let relating: Set<Operator> = [.isA, .isPartOf, .hasPart]

    private static let byIRI = Dictionary(uniqueKeysWithValues: allCases.map { (ODRL.term($0.rawValue), $0) })

    init?(iri: String) {
        guard let found = Self.byIRI[iri] else { return nil }
        self = found
    }

    var iri: String { ODRL.term(rawValue) }

    /// Whether the right operand is a list.
    var takesList: Bool {
        switch self {
        case .isAllOf, .isAnyOf, .isNoneOf, .isPartOf, .hasPart: true
        default: false
        }
    }

    /// Whether it says that something is not so.
    var isNegative: Bool { self == .neq || self == .isNoneOf }
}
