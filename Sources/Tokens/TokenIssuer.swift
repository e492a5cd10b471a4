public import Cryptography
public import Model

/// Makes access tokens: `at+jwt` (RFC 9068), ES256, bound to the client's certificate (RFC 8705) or key
/// (RFC 9449).
///
/// Whoever holds one can open every dataset for any client it names.
public struct TokenIssuer: Sendable {
    public let issuer: String
    public let audience: String
    public let keyID: String
    private let key: PrivateKey

    /// - Parameters:
    ///   - issuer: `iss`, the origin of the people listener.
    ///   - audience: `aud`, the origin of the machines listener.
    ///   - key: an ES256 key.
    ///   - keyID: `kid`, under which verifiers find the public key.
    public init(issuer: String, audience: String, key: PrivateKey, keyID: String) {
        precondition(key.algorithm == .es256, "access tokens are signed with ES256")
        self.issuer = issuer
        self.audience = audience
        self.key = key
        self.keyID = keyID
    }

    /// A new token that is good from `time` (rounded down to a second) for `lifetimeSeconds`.
    ///
    /// - Parameters:
    ///   - credential: the certificate or key with which the client proved who it is; nil for the one that
    ///     the token is bound to.
    ///   - details: what it opens, as granted.
    ///   - binding: the certificate with which the client asked, or the key of his proof.
    ///   - lifetimeSeconds: 1 to `AccessToken.longestLifetimeSeconds`; anything else traps.
    ///   - id: `jti`, never used before.
    /// - Throws: `ClientFault` with code `invalid_authorization_details` if so many fields are named that the
    ///   token would be longer than `AccessToken.maximumBytes`; `CryptographyError` if signing fails.
    public func issue(
        client: Slug, credential: Thumbprint? = nil, details: AccessGrantDetails, binding: TokenBinding,
        at time: Instant, lifetimeSeconds: Int, id: String
    ) throws -> String {
        precondition(
            (1...AccessToken.longestLifetimeSeconds).contains(lifetimeSeconds),
            "a token lives 1 to \(AccessToken.longestLifetimeSeconds) seconds")
        let issuedAt = Instant(milliseconds: time.milliseconds / 1000 * 1000)
        let token = AccessToken(
            issuer: issuer, audience: audience, client: client, issuedAt: issuedAt,
            expiresAt: issuedAt.adding(seconds: Int64(lifetimeSeconds)), id: id, binding: binding,
            credential: credential, details: details, keyID: keyID)
        let compact = try CompactJWS.sign(
            payload: token.claims.canonical, header: ["typ": "at+jwt", "kid": .string(keyID)], with: key)
        guard compact.utf8.count <= AccessToken.maximumBytes else {
            throw ClientFault.details(
                "[0].fields", "more than fit in a token of \(AccessToken.maximumBytes) bytes",
                found: "\(details.fields.count) fields")
        }
        return compact
    }
}
