public import Cryptography
public import Model
import Synchronization

/// Issues the hub's access tokens and knows again those that are good, with whatever keys the hub has now.
public final class TokenAuthority: Sendable {
    private struct Known {
        var verifier: TokenVerifier
        var generation: Int
        /// When the next former key is no longer good; nil if there is none.
        var nextEnd: Instant?

        func isCurrent(_ generation: Int, at time: Instant) -> Bool {
            self.generation == generation && nextEnd.map { time < $0 } ?? true
        }
    }

    /// How long a key verifies after its last signature: as long as the longest token, and the time that a
    /// signature under way may take.
    public static let overlapSeconds = Int64(AccessToken.longestLifetimeSeconds) + 10

    public let issuer: String
    public let audience: String
    private let ring: KeyRing
    private let cache: VerifiedTokenCache
    private let known: Mutex<Known?> = Mutex(nil)

    /// - Parameters:
    ///   - issuer: `iss`, the origin of the people listener.
    ///   - audience: `aud`, the origin of the machines listener.
    public init(issuer: String, audience: String, ring: KeyRing, cache: VerifiedTokenCache) {
        self.issuer = issuer
        self.audience = audience
        self.ring = ring
        self.cache = cache
    }

    /// Signs with the key of now.
    /// - Throws: `RetryableFault` while there is none.
    public func tokenIssuer() throws(RetryableFault) -> TokenIssuer {
        let keys = try ring.signing()
        return TokenIssuer(issuer: issuer, audience: audience, key: keys.current, keyID: keys.currentID)
    }

    /// The claims of a token that is good at `time` for whoever proved `binding`.
    /// - Throws: `TokenFault`.
    public func token(for compact: [UInt8], at time: Instant, boundTo binding: TokenBinding)
        throws(TokenFault) -> AccessToken
    {
        try cache.token(for: compact, at: time, boundTo: binding, orVerify: verifier(at: time))
    }

    /// The claims of a token that is good at `time`, whoever sent it: for telling what became of it, never
    /// for opening anything with it.
    /// - Throws: `TokenFault`.
    public func inspect(_ compact: [UInt8], at time: Instant) throws(TokenFault) -> AccessToken {
        try cache.token(for: compact, at: time, boundTo: nil, orVerify: verifier(at: time))
    }

    /// The token, if it was verified before and its key is good at `time`; nothing else is checked. One that
    /// was not is for a thread that may take its time.
    public func known(_ compact: Span<UInt8>, at time: Instant) -> KnownToken? {
        cache.known(compact, to: verifier(at: time).identity)
    }

    /// How many tokens were known when they were shown, and how many were not.
    public var lookups: (hits: Int, misses: Int) { cache.lookups }

    /// Knows the keys that are good at `time`. What another one accepted before is looked at anew.
    func verifier(at time: Instant) -> TokenVerifier {
        let generation = ring.generation
        return known.withLock { known in
            if let known, known.isCurrent(generation, at: time) { return known.verifier }
            let keys = ring.keys
            let good = keys.publicKeys(at: time, overlapSeconds: Self.overlapSeconds)
            let verifier = TokenVerifier(issuer: issuer, audience: audience, keys: good)
            known = Known(
                verifier: verifier, generation: keys.generation,
                nextEnd: keys.nextEnd(after: time, overlapSeconds: Self.overlapSeconds))
            return verifier
        }
    }

    /// The keys to verify the hub's signatures with (RFC 7517 section 5).
    public func keySet(at time: Instant) -> JSON {
        let keys = ring.keys
        let good = keys.publicKeys(at: time, overlapSeconds: Self.overlapSeconds)
        let current = good.filter { $0.key == keys.currentID }
        let former = good.filter { $0.key != keys.currentID }.sorted { $0.key < $1.key }
        let all = current.map { ($0.key, $0.value) } + former.map { ($0.key, $0.value) }
        return [
            "keys": .array(
                all.map { id, key in
                    var members = key.jwk.object ?? [:]
                    members["kid"] = .string(id)
                    members["use"] = "sig"
                    members["alg"] = "ES256"
                    return .object(members)
                })
        ]
    }
}
