public import Model

/// What a provider says of one owner key.
public struct LinkAssertion: Hashable, Sendable {
    public var ownerKey: String
    /// Whose the key is from now on; nil for nobody's.
    public var owner: Owner?

    public init(ownerKey: String, owner: Owner?) {
        self.ownerKey = ownerKey
        self.owner = owner
    }
}
