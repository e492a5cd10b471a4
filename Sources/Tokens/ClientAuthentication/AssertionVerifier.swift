public import Cryptography
public import Model

/// Checks the assertions of clients under the rules of RFC 7523 section 3, RFC 8725 and FAPI 2.0 (Security
/// Profile section 5.3.2.1).
public struct AssertionVerifier: Sendable {
    /// How far the client's clock may be ahead of the hub's. Expiry gets no allowance.
    public static let clockSkewSeconds: Int64 = 10
    /// The longest that an assertion may be good: what libraries make unless they are told otherwise.
    public static let longestLifetimeSeconds: Int64 = 3600

    private let issuer: String
    private let notMadeBefore: Instant
    private let replays: AssertionReplays

    /// - Parameters:
    ///   - issuer: what `aud` must be, to the byte: the hub's issuer identifier.
    ///   - notMadeBefore: when the hub started, since it remembers in memory only which assertions were
    ///     used. A client whose clock is ahead may have used one just before that says it was made after:
    ///     a moment `clockSkewSeconds` after the earlier process took its last leaves no such gap.
    ///   - replays: those used since then.
    public init(issuer: String, notMadeBefore: Instant, replays: AssertionReplays) {
        self.issuer = issuer
        self.notMadeBefore = notMadeBefore
        self.replays = replays
    }

    /// The client of `assertion`, if one of its keys made the assertion for this hub, just now, and it is
    /// used for the first time.
    ///
    /// - Parameter keys: those of `assertion.claimedClient`, and of no other.
    /// - Throws: `AssertionFault`.
    public func verify(
        _ assertion: ClientAssertion, with keys: VerificationKeySet, at time: Instant
    ) throws(AssertionFault) -> VerifiedAssertion {
        let key: VerificationKey
        do {
            key = try keys.signer(of: assertion.jws, triesAll: true)
        } catch {
            throw AssertionFault(.signature, error.message)
        }
        // FAPI 2.0 section 5.3.2.1: a string, not a list that has others too.
        guard assertion.claims["aud"]?.isText(issuer) == true else {
            throw AssertionFault(.audience, "`\(assertion.claims["aud"]?.canonicalText ?? "")`")
        }
        let expiresAt = try checkTimes(assertion.claims, at: time)
        guard let id = assertion.claims["jti"]?.tokenID else { throw AssertionFault(.claim, "`jti`") }
        let verified = VerifiedAssertion(
            client: assertion.claimedClient, key: key.thumbprint, id: id, expiresAt: expiresAt)
        try remember(verified, at: time)
        return verified
    }

    /// - Returns: the first moment at which the assertion is no longer good.
    private func checkTimes(_ claims: JSON, at time: Instant) throws(AssertionFault) -> Instant {
        let expiresAt = try Self.time("exp", claims), issuedAt = try Self.time("iat", claims)
        let latest = time.adding(seconds: Self.clockSkewSeconds)
        guard time < expiresAt else { throw AssertionFault(.expired, "at \(expiresAt)") }
        guard expiresAt <= latest.adding(seconds: Self.longestLifetimeSeconds) else {
            throw AssertionFault(.lifetime, "until \(expiresAt)")
        }
        let oldest = time.adding(seconds: -Self.longestLifetimeSeconds - Self.clockSkewSeconds)
        guard issuedAt <= latest, issuedAt >= oldest else { throw AssertionFault(.issuedAt, "\(issuedAt)") }
        if claims["nbf"] != nil {
            let notBefore = try Self.time("nbf", claims)
            guard notBefore <= latest else { throw AssertionFault(.notYetValid, "before \(notBefore)") }
        }
        guard issuedAt >= notMadeBefore else { throw AssertionFault(.beforeStart, "\(issuedAt)") }
        return expiresAt
    }

    private static func time(_ name: String, _ claims: JSON) throws(AssertionFault) -> Instant {
        guard let time = claims[name]?.wholeSeconds else { throw AssertionFault(.claim, "`\(name)`") }
        return time
    }

    private func remember(_ assertion: VerifiedAssertion, at time: Instant) throws(AssertionFault) {
        switch replays.insert(assertion, at: time) {
        case .fresh: return
        case .replayed: throw AssertionFault(.replayed, "`\(assertion.id)`")
        case .full: throw AssertionFault(.full, "client \(assertion.client)")
        case .outdated: throw AssertionFault(.expired, "those of its time are forgotten")
        }
    }
}
