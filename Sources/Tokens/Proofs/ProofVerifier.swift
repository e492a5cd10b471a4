import Cryptography
public import Model

/// Checks DPoP proofs under the rules of RFC 9449 section 4.3.
///
/// A nonce of the hub is demanded in each. So their `iat`, which clients with wrong clocks cannot help, needs
/// to be right only by minutes (RFC 9449 section 11.1), and used proofs are remembered only as long as their
/// nonce is good.
public final class ProofVerifier: Sendable {
    /// The longest proof that is looked at.
    public static let maximumBytes = 4096
    /// How far `iat` may be behind the hub's time, and before it (FAPI 2.0 section 5.3.2.1).
    static let oldestSeconds: Int64 = 300
    static let clockSkewSeconds: Int64 = 60

    private let nonces: NonceSource
    private let replays: ReplayGuard

    /// - Parameters:
    ///   - nonces: where the nonces came from.
    ///   - replays: of this verifier alone, as its windows are those of `nonces`.
    public init(nonces: NonceSource, replays: ReplayGuard) {
        self.nonces = nonces
        self.replays = replays
    }

    /// As `verify(_:of:method:url:accessToken:at:)`, for a text.
    public func verify(
        _ proof: String, of client: Slug, key: Thumbprint? = nil, method: String, url: String,
        accessToken: String?, at time: Instant
    ) throws(ProofFault) -> ProofOfPossession {
        try verify(
            Array(proof.utf8), of: client, key: key, method: method, url: url, accessToken: accessToken,
            at: time)
    }

    /// Whose request this is: the key that made `proof` for it, just now and for the first time.
    ///
    /// Whether it is used for the first time is asked last, so that only proofs that are right in everything
    /// else take room.
    /// - Parameters:
    ///   - proof: the one value of the header `DPoP`.
    ///   - client: who sends it, known by something else than the proof.
    ///   - expected: the key that must have made it; nil where any may.
    ///   - method: of the request, as it came.
    ///   - url: of the request, with the hub's own origin; a query counts for nothing.
    ///   - accessToken: what came with the request; nil where one is asked for.
    /// - Throws: `ProofFault`.
    public func verify(
        _ proof: [UInt8], of client: Slug, key expected: Thumbprint? = nil, method: String, url: String,
        accessToken: String?, at time: Instant
    ) throws(ProofFault) -> ProofOfPossession {
        let jws: CompactJWS
        do {
            jws = try CompactJWS(bytes: proof, maximumBytes: Self.maximumBytes)
        } catch {
            throw ProofFault(.malformed, error.message)
        }
        let key = try key(of: jws)
        guard expected == nil || expected == key.thumbprint else {
            throw ProofFault(.key, "not the key that the token is bound to")
        }
        guard jws.isValid(with: key) else { throw ProofFault(.signature, "key \(key.thumbprint)") }
        let claims = try ProofClaims(payload: jws.payload)
        try claims.checkRequest(method: method, url: url)
        try claims.checkAccessToken(accessToken)
        guard let nonce = claims.nonce, let window = nonces.window(of: nonce, at: time) else {
            throw ProofFault(.nonce, claims.nonce.map { "`\($0)`" } ?? "none")
        }
        try claims.checkTime(time, oldest: Self.oldestSeconds, ahead: Self.clockSkewSeconds)
        try remember(key, claims, of: client, window: window, at: time)
        return ProofOfPossession(key: key.thumbprint)
    }

    /// The key that the header brings, if the header keeps all rules.
    private func key(of jws: CompactJWS) throws(ProofFault) -> VerificationKey {
        // Media type names have no case and may leave out `application/` (RFC 7515 section 4.1.9).
        guard ["dpop+jwt", "application/dpop+jwt"].contains(jws.header["typ"]?.string?.lowercased()) else {
            throw ProofFault(.type)
        }
        guard let algorithm = JOSEAlgorithm(rawValue: jws.algorithmName),
            JOSEAlgorithm.hub.contains(algorithm)
        else { throw ProofFault(.algorithm, "`\(jws.algorithmName)`") }
        for member in ["jku", "x5u", "x5c"] where jws.header[member] != nil {
            throw ProofFault(.key, "header member `\(member)`")
        }
        guard let jwk = jws.header["jwk"] else { throw ProofFault(.key, "no `jwk`") }
        let key: VerificationKey
        do {
            key = try VerificationKey(jwk: jwk)
        } catch {
            throw ProofFault(.key, error.message)
        }
        guard key.algorithms.contains(algorithm) else {
            throw ProofFault(.algorithm, "the key is not for \(algorithm.rawValue)")
        }
        return key
    }

    private func remember(
        _ key: VerificationKey, _ claims: ProofClaims, of client: Slug, window: Int64, at time: Instant
    ) throws(ProofFault) {
        let parts = [key.thumbprint.bytes, Array(claims.id.utf8)]
        switch replays.insert(parts, of: client, window: window, current: nonces.window(at: time)) {
        case .fresh: return
        case .replayed: throw ProofFault(.replayed, "key \(key.thumbprint), `\(claims.id)`")
        case .full: throw ProofFault(.full)
        case .outdated: throw ProofFault(.nonce, "the proofs of its window are forgotten")
        }
    }
}
