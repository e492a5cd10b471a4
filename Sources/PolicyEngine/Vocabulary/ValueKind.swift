/// What values an operand has, and so which operators and data types mean something with it.
enum ValueKind: Hashable, Sendable {
    /// Points in time and days.
    case time
    case duration
    case number(NumberDomain)
    case boolean
    /// Things with an IRI, among which some may be kinds or parts of others.
    case identifier
    /// A purpose of the tree.
    case purpose
    /// A legal basis of the Sluis profile.
    case legalBasis
    /// Names, as fields have.
    case name
    /// IRIs or texts, such as a language or a file format.
    case token
    /// Whatever the value says it is.
    case any

    struct NumberDomain: Hashable, Sendable {
        var minimum: FixedDecimal?
        var maximum: FixedDecimal?
        var isInteger = false

        static let all = NumberDomain()
        static let size = NumberDomain(minimum: .zero)
        static let count = NumberDomain(minimum: .zero, isInteger: true)
        static let percentage = NumberDomain(minimum: .zero, maximum: FixedDecimal(100))
    }

    /// Whether it has an order, so that there is one value of it at a time.
    var isOrdered: Bool {
        switch self {
        case .time, .duration, .number: true
        default: false
        }
    }

    /// Whether a value that somebody gives can be one of these: a count is whole, time that has passed is not
    /// negative, a basis is one that there is.
    func contains(_ value: OperandValue) -> Bool {
        switch (self, value) {
        case (.number(let domain), .number(let number)):
            (!domain.isInteger || number.isInteger) && domain.minimum.map { number >= $0 } ?? true
                && domain.maximum.map { number <= $0 } ?? true
        case (.duration, .duration(let duration)): duration.months >= 0 && duration.milliseconds >= 0
        case (.legalBasis, .iri(let iri)): SluisProfile.basis(iri) != nil
        default: true
        }
    }

    /// The operators that mean something here; any other is unknown.
    var operators: Set<Operator> {
        switch self {
        case .time, .duration, .number: Self.ofOrder
        case .boolean: Operator.equality
        case .identifier, .purpose, .token: Self.ofThings
        case .legalBasis, .name: Self.ofNames
        case .any: Self.all
        }
    }

    private static let ofOrder = Operator.comparing.union(Operator.listing)
    private static let ofThings = Operator.equality.union(Operator.listing).union(Operator.relating)
    private static let ofNames = Operator.equality.union([.isAnyOf, .isNoneOf])
    private static let all = Set(Operator.allCases)
}
