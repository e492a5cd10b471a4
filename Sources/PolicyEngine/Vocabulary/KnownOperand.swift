/// The left operands of the ODRL Common Vocabulary 2.2 (section 3.9), of the spatial axis profile and of the
/// Sluis profile.
enum KnownOperand: String, CaseIterable, Sendable {
    // ODRL
    case absolutePosition, absoluteSpatialPosition, absoluteTemporalPosition, absoluteSize, count, dateTime
    case delayPeriod, deliveryChannel, device, elapsedTime, event, fileFormat, industry, language, media
    case meteredTime, payAmount, percentage, product, purpose, recipient, relativePosition
    case relativeSpatialPosition, relativeTemporalPosition, relativeSize, resolution, spatial
    case spatialCoordinates, system, systemDevice, timeInterval, unitOfCount, version, virtualLocation
    // http://w3id.org/odrl/spatial-axis#
    case absoluteSizeWidth, absoluteSizeHeight, absoluteSizeDepth
    case relativeSizeWidth, relativeSizeHeight, relativeSizeDepth
    case absoluteSpatialPositionX, absoluteSpatialPositionY, absoluteSpatialPositionZ
    case relativeSpatialPositionX, relativeSpatialPositionY, relativeSpatialPositionZ
    case spatialCoordinatesLatitude, spatialCoordinatesLongitude, spatialCoordinatesAltitude
    // Sluis
    case field, legalBasis, owner, retention, dayOfWeek
    case countInHour, countInDay, countInWeek, countInMonth, countInYear
    case liveGrant, attestedLink, provisionNamed, closedFields, validUntil, offeredOnBasis, agreedByProvider
    case agreedBySecondPerson, ownersTold, tellingForbidden, objection

    static let spatialAxis = "http://w3id.org/odrl/spatial-axis#"

    private static let byIRI = Dictionary(uniqueKeysWithValues: allCases.map { ($0.iri, $0) })

    /// How W3C's draft of ODRL's formal semantics writes the day of the week, for which ODRL has no term.
    private static let draftDayOfWeek: Set<String> = ["ex:dayOfWeek", "https://ex.org/dayOfWeek"]

    init?(iri: String) {
        if let operand = Self.byIRI[iri] {
            self = operand
        } else if Self.draftDayOfWeek.contains(iri) {
            self = .dayOfWeek
        } else {
            return nil
        }
    }

    var iri: String { namespace + rawValue }

    private var namespace: String {
        if Self.axes.contains(self) { return Self.spatialAxis }
        return Self.own.contains(self) ? SluisProfile.iri : ODRL.namespace
    }

    private static let axes: Set<KnownOperand> = [
        .absoluteSizeWidth, .absoluteSizeHeight, .absoluteSizeDepth, .relativeSizeWidth, .relativeSizeHeight,
        .relativeSizeDepth, .absoluteSpatialPositionX, .absoluteSpatialPositionY, .absoluteSpatialPositionZ,
        .relativeSpatialPositionX, .relativeSpatialPositionY, .relativeSpatialPositionZ,
        .spatialCoordinatesLatitude, .spatialCoordinatesLongitude, .spatialCoordinatesAltitude,
    ]

    private static let own: Set<KnownOperand> = [
        .field, .legalBasis, .owner, .retention, .dayOfWeek, .countInHour, .countInDay, .countInWeek,
        .countInMonth, .countInYear, .liveGrant, .attestedLink, .provisionNamed,
        .closedFields, .validUntil, .offeredOnBasis, .agreedByProvider, .agreedBySecondPerson, .ownersTold,
        .tellingForbidden, .objection,
    ]

    var kind: ValueKind {
        switch self {
        case .dateTime, .validUntil: .time
        case .delayPeriod, .elapsedTime, .meteredTime, .timeInterval, .retention: .duration
        case .absoluteSize, .payAmount, .resolution, .relativeSize, .absoluteSizeWidth, .absoluteSizeHeight,
            .absoluteSizeDepth:
            .number(.size)
        case .absolutePosition, .absoluteSpatialPosition, .absoluteSpatialPositionX,
            .absoluteSpatialPositionY, .absoluteSpatialPositionZ, .spatialCoordinatesAltitude:
            .number(.all)
        case .percentage, .relativePosition, .relativeSpatialPosition, .relativeSizeWidth,
            .relativeSizeHeight, .relativeSizeDepth, .relativeSpatialPositionX, .relativeSpatialPositionY,
            .relativeSpatialPositionZ:
            .number(.percentage)
        case .spatialCoordinatesLatitude:
            .number(.init(minimum: FixedDecimal(-90), maximum: FixedDecimal(90)))
        case .spatialCoordinatesLongitude:
            .number(.init(minimum: FixedDecimal(-180), maximum: FixedDecimal(180)))
        case .count, .countInHour, .countInDay, .countInWeek, .countInMonth, .countInYear: .number(.count)
        case .purpose: .purpose
        case .recipient, .owner: .identifier
        case .legalBasis: .legalBasis
        case .field: .name
        case .liveGrant, .attestedLink, .provisionNamed, .closedFields, .offeredOnBasis, .agreedByProvider,
            .agreedBySecondPerson, .ownersTold, .tellingForbidden, .objection:
            .boolean
        case .absoluteTemporalPosition, .relativeTemporalPosition: .any
        default: .token
        }
    }

    /// The name in messages.
    var phrase: String {
        switch self {
        case .dateTime: "date and time"
        default: words.joined(separator: " ")
        }
    }

    /// `dateTime` as `date`, `time`.
    var words: [String] {
        rawValue.reduce(into: [""]) { words, letter in
            if letter.isUppercase { words.append("") }
            words[words.count - 1] += letter.lowercased()
        }
    }

    /// Whether the value differs from row to row: it is known only once the owner is.
    var dependsOnOwner: Bool {
        switch self {
        case .owner, .liveGrant, .attestedLink, .objection: true
        default: false
        }
    }
}
