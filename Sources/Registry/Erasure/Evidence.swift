public import Model

/// What a provider must still be able to prove of a person who was erased (GDPR 7(1), 17(3)(b) and (e)): the
/// entries of one grant with their salts and proofs, until he has taken the file.
public struct Evidence: Hashable, Sendable {
    public var grant: GrantID
    public var agreement: AgreementID
    public var dataset: Slug
    public var provider: Slug
    public var madeAt: Instant
    /// When the hub forgets its copy, taken or not.
    public var keptUntil: Instant
    /// The file as `sluis-verify --receipt` reads it.
    public var file: [UInt8]

    public init(
        grant: GrantID, agreement: AgreementID, dataset: Slug, provider: Slug, madeAt: Instant,
        keptUntil: Instant, file: [UInt8]
    ) {
        self.grant = grant
        self.agreement = agreement
        self.dataset = dataset
        self.provider = provider
        self.madeAt = madeAt
        self.keptUntil = keptUntil
        self.file = file
    }
}
