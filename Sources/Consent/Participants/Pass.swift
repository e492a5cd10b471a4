public import Model

/// By what a reader was let in. Each part of it can end before his token does.
public struct Pass: Hashable, Sendable {
    /// Who reads.
    public var client: Slug
    /// The certificate or key with which the client proved who it is when it took the token, and the
    /// certificate that the token is bound to, if it is to one.
    public var credentials: Set<Thumbprint>
    /// When the token was issued, in whole seconds.
    public var issuedAt: Instant
    /// `jti`.
    public var tokenID: String
    /// `kid`: the hub's key that signed the token.
    public var keyID: String

    public init(
        client: Slug, credentials: Set<Thumbprint>, issuedAt: Instant, tokenID: String, keyID: String
    ) {
        self.client = client
        self.credentials = credentials
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.keyID = keyID
    }
}

/// Why a pass lets nobody in any more.
public enum PassFault: String, Error, Sendable {
    case clientUnknown = "the token's client is not known to this hub"
    case clientSuspended = "the token's client is suspended"
    case credentialRemoved = "what the client proved itself with was removed since it took the token"
    case tokenRevoked = "the token was revoked"
    case keyRevoked = "the token was signed with a key that is no longer good"
    case notProcessor = "the client does not read for the consumer of the agreement any more"
}
