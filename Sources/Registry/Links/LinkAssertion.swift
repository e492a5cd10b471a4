public import Model

/// What a provider says of one owner key.
public struct LinkAssertion: Hashable, Sendable {
    public var ownerKey: String
    /// Whose the key is from now on; nil for nobody's.
    public var owner: Owner?
    /// Of which time the rows are that become his; nil for all.
    public var period: DataSpan?

    public init(ownerKey: String, owner: Owner?, period: DataSpan? = nil) {
        self.ownerKey = ownerKey
        self.owner = owner
        self.period = period
    }
}
