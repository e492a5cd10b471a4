public import Model

/// A client that has authenticated itself by an assertion. Only `AssertionVerifier` makes one.
public struct VerifiedAssertion: Hashable, Sendable {
    public let client: Slug
    /// Which of the client's keys made it (RFC 7638): a key may be removed later, and what was done with it
    /// found.
    public let key: Thumbprint
    /// `jti`.
    public let id: String
    /// The first moment at which the assertion is no longer good.
    public let expiresAt: Instant

    init(client: Slug, key: Thumbprint, id: String, expiresAt: Instant) {
        self.client = client
        self.key = key
        self.id = id
        self.expiresAt = expiresAt
    }
}
