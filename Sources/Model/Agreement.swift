/// The provider's yes to a request: an ODRL Agreement, signed by the hub.
public struct Agreement: Hashable, Sendable {
    public var id: AgreementID
    public var request: RequestID
    public var dataset: Slug
    public var provider: Slug
    public var consumer: Slug
    public var purpose: Purpose
    public var legalBasis: LegalBasis
    /// The names of its fields, as the dataset has them now: those that it no longer has are left out.
    public var fields: [String]
    /// The ids of all its fields, as agreed.
    public var fieldIDs: [String]
    public var validUntil: Instant?
    /// Nil for rows of any time.
    public var dataSpan: DataSpan?
    /// The ODRL Agreement.
    public var policy: JSON
    /// The same, as a compact JWS by the hub.
    public var jws: String
    public var madeAt: Instant
    /// Raised by every change of the owner filter; 0 before the first grant.
    public var epoch: Int64
    /// When a party ended it; nil while none did.
    public var endedAt: Instant?
    /// Why, in that party's words.
    public var endReason: String?
    /// Organisations that may read under it in their own name for the consumer, by slug.
    public var processors: [Slug] = []

    /// - Parameter fieldIDs: nil if they are the names.
    public init(
        id: AgreementID, request: RequestID, dataset: Slug, provider: Slug, consumer: Slug, purpose: Purpose,
        legalBasis: LegalBasis,
        fields: [String], fieldIDs: [String]? = nil, validUntil: Instant?, dataSpan: DataSpan? = nil,
        policy: JSON, jws: String, madeAt: Instant, epoch: Int64 = 0
    ) {
        self.id = id
        self.request = request
        self.dataset = dataset
        self.provider = provider
        self.consumer = consumer
        self.purpose = purpose
        self.legalBasis = legalBasis
        self.fields = fields
        self.fieldIDs = fieldIDs ?? fields
        self.validUntil = validUntil
        self.dataSpan = dataSpan
        self.policy = policy
        self.jws = jws
        self.madeAt = madeAt
        self.epoch = epoch
    }

    /// Whether the agreement still runs at `now`.
    public func isLive(at now: Instant) -> Bool { endedAt == nil && validUntil.map { now < $0 } ?? true }
}
