public import Model

/// The claims of an access token (RFC 9068) that is bound to a client certificate (RFC 8705) or to a key of
/// the client (RFC 9449).
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
    /// The certificate or key the token is good with: `cnf`.
    public var binding: TokenBinding
    /// The certificate or key with which the client proved who it is when it took the token: the one that the
    /// token is bound to, or what `client_credential` says, a claim of ours.
    public var credential: Thumbprint
    public var details: AccessGrantDetails
    /// `kid` of the header: which of the issuer's keys signed it.
    public var keyID: String

    public init(
        issuer: String, audience: String, client: Slug, issuedAt: Instant, notBefore: Instant? = nil,
        expiresAt: Instant, id: String, binding: TokenBinding, credential: Thumbprint? = nil,
        details: AccessGrantDetails, keyID: String
    ) {
        self.issuer = issuer
        self.audience = audience
        self.client = client
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.id = id
        self.binding = binding
        self.credential = credential ?? binding.thumbprint
        self.details = details
        self.keyID = keyID
    }

    /// The longest time from `iat` to `exp`, for issuers and verifiers.
    public static let longestLifetimeSeconds = 600
    /// The longest compact form, for issuers and verifiers.
    public static let maximumBytes = 8192
}
