public import Model

/// A key that signed tokens before the one of now.
public struct FormerKey: Hashable, Sendable {
    /// `kid`.
    public var id: String
    /// Its public half.
    public var jwk: JSON
    public var retiredAt: Instant
    /// The `kid` of the key that signs since.
    public var successor: String
    /// Whether what it signed ended with it.
    public var isRevoked: Bool

    public init(id: String, jwk: JSON, retiredAt: Instant, successor: String, isRevoked: Bool) {
        self.id = id
        self.jwk = jwk
        self.retiredAt = retiredAt
        self.successor = successor
        self.isRevoked = isRevoked
    }
}
