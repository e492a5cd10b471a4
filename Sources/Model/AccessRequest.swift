/// Why personal data may be processed, as GDPR article 6 and the DGA know it.
public enum LegalBasis: String, CaseIterable, Sendable {
    /// A live grant of a person.
    case consent
    /// A live grant of an organisation.
    case permission
    case contract
    case legalObligation = "legal-obligation"
    case publicTask = "public-task"
    case vitalInterest = "vital-interest"
    case legitimateInterest = "legitimate-interest"
}

/// The IRI of a purpose, normally of W3C DPV. Purposes form a tree, which PolicyEngine knows.
public struct Purpose: Hashable, Sendable, CustomStringConvertible {
    public let iri: String

    public init(_ iri: String) { self.iri = iri }

    public var description: String { iri }
}

/// A consumer's ask.
public struct AccessRequest: Hashable, Sendable {
    public enum State: String, CaseIterable, Sendable { case open, agreed, refused }

    public var id: RequestID
    public var dataset: Slug
    public var consumer: Slug
    public var purpose: Purpose
    public var legalBasis: LegalBasis
    /// Field names in the order asked, none twice; those that the dataset no longer has are left out.
    public var fields: [String]
    /// The ids of fields that were asked for and that the dataset no longer has.
    public var lostFieldIDs: [String] = []
    public var validUntil: Instant?
    /// Nil for rows of any time.
    public var dataSpan: DataSpan?
    /// An ISO 8601 duration such as `P90D`.
    public var retention: String?
    /// Text for the owner by language tag (`en`, `nl`, ...).
    public var notice: [String: String]
    public var state: State
    /// What the provider said when he refused; for the consumer, never in the log.
    public var refusalReason: String?
    public var madeAt: Instant

    public init(
        id: RequestID, dataset: Slug, consumer: Slug, purpose: Purpose, legalBasis: LegalBasis,
        fields: [String],
        validUntil: Instant? = nil, dataSpan: DataSpan? = nil, retention: String? = nil,
        notice: [String: String] = [:], state: State = .open, refusalReason: String? = nil,
        madeAt: Instant
    ) {
        self.id = id
        self.dataset = dataset
        self.consumer = consumer
        self.purpose = purpose
        self.legalBasis = legalBasis
        self.fields = fields
        self.validUntil = validUntil
        self.dataSpan = dataSpan
        self.retention = retention
        self.notice = notice
        self.state = state
        self.refusalReason = refusalReason
        self.madeAt = madeAt
    }
}
