public import Model

/// What an owner filter needs of a live grant.
public struct LiveGrant: Hashable, Sendable {
    public var id: GrantID
    public var owner: Owner
    /// Names of the granted fields.
    public var fields: [String]
    /// The owner keys it covers; nil for every key linked to the owner.
    public var ownerKeys: [String]?
    public var validUntil: Instant?

    public init(
        id: GrantID, owner: Owner, fields: [String], ownerKeys: [String]? = nil, validUntil: Instant? = nil
    ) {
        self.id = id
        self.owner = owner
        self.fields = fields
        self.ownerKeys = ownerKeys
        self.validUntil = validUntil
    }
}
