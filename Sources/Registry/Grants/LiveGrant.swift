public import Model

/// What an owner filter needs of a live grant.
public struct LiveGrant: Hashable, Sendable {
    public var id: GrantID
    public var owner: Owner
    /// The ids of the granted fields, also of those that the dataset no longer has.
    public var fieldIDs: [String]
    /// The owner keys it covers; nil for every key linked to the owner.
    public var ownerKeys: [String]?
    public var validUntil: Instant?

    public init(
        id: GrantID, owner: Owner, fieldIDs: [String], ownerKeys: [String]? = nil, validUntil: Instant? = nil
    ) {
        self.id = id
        self.owner = owner
        self.fieldIDs = fieldIDs
        self.ownerKeys = ownerKeys
        self.validUntil = validUntil
    }
}
