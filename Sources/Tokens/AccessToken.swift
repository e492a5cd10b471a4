public import Model

/// The claims of an access token (RFC 9068) that is bound to a client certificate (RFC 8705).
///
/// Times are whole seconds, as JWTs write them.
public struct AccessToken: Hashable, Sendable {
    public var issuer: String
    public var audience: String
    /// `sub` and `client_id`: the consumer.
    public var client: Slug
    public var issuedAt: Instant
    public var notBefore: Instant?
    /// The first moment at which the token is no longer good.
    public var expiresAt: Instant
    /// `jti`.
    public var id: String
    /// The certificate the token is good with: `cnf.x5t#S256`.
    public var thumbprint: Thumbprint
    public var details: AccessGrantDetails
    /// `kid` of the header: which of the issuer's keys signed it.
    public var keyID: String

    public init(
        issuer: String, audience: String, client: Slug, issuedAt: Instant, notBefore: Instant? = nil,
        expiresAt: Instant, id: String, thumbprint: Thumbprint, details: AccessGrantDetails, keyID: String
    ) {
        self.issuer = issuer
        self.audience = audience
        self.client = client
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.id = id
        self.thumbprint = thumbprint
        self.details = details
        self.keyID = keyID
    }

    /// The longest time from `iat` to `exp`, for issuers and verifiers.
    public static let longestLifetimeSeconds = 600
    /// The longest compact form, for issuers and verifiers.
    public static let maximumBytes = 8192
}
