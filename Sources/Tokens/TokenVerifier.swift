public import Cryptography
public import Model
import Synchronization

/// Checks access tokens under the rules of RFC 9068, RFC 8705, RFC 9449 and RFC 8725.
///
/// Pure: no clock, no network, no state. That organisation, agreement, `jti` and `kid` have not ended since
/// is for the caller to look up, on every request.
public struct TokenVerifier: Sendable {
    public let issuer: String
    public let audience: String
    private let keys: [String: PublicKey]
    /// Differs between any two verifiers of a process, so that what one has accepted never counts for
    /// another.
    let identity = nextIdentity.wrappingAdd(1, ordering: .relaxed).newValue

    /// - Parameters:
    ///   - issuer: what `iss` must be, to the byte.
    ///   - audience: what `aud` must be, to the byte.
    ///   - keys: by `kid`; a key of another algorithm than ES256 verifies nothing.
    public init(issuer: String, audience: String, keys: [String: PublicKey]) {
        self.issuer = issuer
        self.audience = audience
        self.keys = keys
    }

    /// As `verify(_:at:boundTo:)`, for a text.
    public func verify(_ compact: String, at time: Instant, boundTo binding: TokenBinding)
        throws(TokenFault) -> AccessToken
    {
        try verify(Array(compact.utf8), at: time, boundTo: binding)
    }

    /// The claims of `compact` if it is good at `time` with what its holder showed.
    ///
    /// - Parameters:
    ///   - compact: a compact JWS in ASCII, at most `AccessToken.maximumBytes`.
    ///   - binding: the certificate with which this connection's client proved itself, or the key of a proof
    ///     that `ProofVerifier` found right for this request and this token.
    /// - Throws: `TokenFault`.
    public func verify(_ compact: [UInt8], at time: Instant, boundTo binding: TokenBinding)
        throws(TokenFault) -> AccessToken
    {
        try verify(compact, at: time, boundTo: Optional(binding))
    }

    /// - Parameter binding: nil where nothing is opened by the token.
    func verify(_ compact: [UInt8], at time: Instant, boundTo binding: TokenBinding?)
        throws(TokenFault) -> AccessToken
    {
        let token = try read(compact)
        try token.check(at: time, boundTo: binding ?? token.binding)
        return token
    }

    /// Everything that depends neither on time nor on the request.
    private func read(_ compact: [UInt8]) throws(TokenFault) -> AccessToken {
        let jws: CompactJWS
        do {
            jws = try CompactJWS(bytes: compact, maximumBytes: AccessToken.maximumBytes)
        } catch {
            throw TokenFault(.malformed, error.message)
        }
        let (keyID, key) = try key(for: jws)
        guard jws.isValid(with: key) else { throw TokenFault(.signature, "key `\(keyID)`") }
        let claims: JSON
        do {
            claims = try JSON.parse(jws.payload, maximumDepth: 8)
        } catch {
            throw TokenFault(.malformed, "the payload is not JSON: \(error.description)")
        }
        let token = try AccessToken(claims: claims, keyID: keyID)
        guard token.issuer == issuer else { throw TokenFault(.issuer, "`\(token.issuer)`") }
        guard token.audience == audience else { throw TokenFault(.audience, "`\(token.audience)`") }
        let lifetime = token.expiresAt.milliseconds - token.issuedAt.milliseconds
        guard lifetime > 0, lifetime <= AccessToken.longestLifetimeSeconds * 1000 else {
            throw TokenFault(.lifetime, "\(lifetime / 1000) seconds")
        }
        return token
    }

    /// Chooses the key by the hub's rules, of which the header only fulfils or breaks each.
    private func key(for jws: CompactJWS) throws(TokenFault) -> (String, PublicKey) {
        guard jws.algorithmName == SignatureAlgorithm.es256.rawValue else {
            throw TokenFault(.algorithm, "`\(jws.algorithmName)`")
        }
        // RFC 9068 section 2.1; media type names have no case and may leave out `application/`.
        guard ["at+jwt", "application/at+jwt"].contains(jws.header["typ"]?.string?.lowercased()) else {
            throw TokenFault(.type)
        }
        for member in ["jku", "jwk", "x5u", "x5c"] where jws.header[member] != nil {
            throw TokenFault(.foreignKey, "header member `\(member)`")
        }
        guard let keyID = jws.header["kid"]?.string, let key = keys[keyID], key.algorithm == .es256 else {
            throw TokenFault(.unknownKey, "`\(jws.header["kid"]?.canonicalText ?? "")`")
        }
        return (keyID, key)
    }
}

/// Counts the verifiers of this process.
private let nextIdentity = Atomic<UInt64>(0)
