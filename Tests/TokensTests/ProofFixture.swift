import Cryptography
import Model
import Testing

@testable import Tokens

/// A hub that checks proofs, a client with a key, and a request with an access token at noon.
struct ProofFixture {
    static let now = TokenFixture.now
    static let url = "https://hub.example:8444/v1/datasets/flights"
    static let accessToken = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"

    let key: PrivateKey
    let nonces: NonceSource
    let replays: ReplayGuard
    let verifier: ProofVerifier

    init(_ algorithm: SignatureAlgorithm = .es256, capacity: Int = 100) throws {
        key = try PrivateKey.generate(algorithm)
        nonces = NonceSource(key: SecureRandom.bytes(32))
        replays = ReplayGuard(capacity: capacity)
        verifier = ProofVerifier(nonces: nonces, replays: replays)
    }

    var header: [String: JSON] { ["typ": "dpop+jwt", "jwk": key.publicKey.jwk] }

    func claims(at time: Instant = now) -> [String: JSON] {
        [
            "jti": "proof-1", "htm": "GET", "htu": .string(Self.url),
            "iat": .integer(time.milliseconds / 1000), "nonce": .string(nonces.current(at: time)),
            "ath": .string(Base64.encodeURL(SHA256.hash(Array(Self.accessToken.utf8)))),
        ]
    }

    /// A proof with claims or header members changed (nil: left out), properly signed by the client's key.
    func proof(
        _ changes: [String: JSON?] = [:], header headerChanges: [String: JSON?] = [:], at time: Instant = now
    ) throws -> String {
        var claims = claims(at: time), header = header
        for (name, value) in changes { claims[name] = value }
        for (name, value) in headerChanges { header[name] = value }
        return try CompactJWS.sign(payload: JSON.object(claims).canonical, header: header, with: key)
    }

    /// A proof of this payload whose header names this algorithm, signed by `sign`.
    func proof(
        algorithm: String, payload: [UInt8]? = nil, sign: ([UInt8]) throws -> [UInt8]
    ) rethrows -> String {
        let header = JSON.object(header.merging(["alg": .string(algorithm)]) { $1 }).canonical
        let input =
            Base64.encodeURL(header) + "."
            + Base64.encodeURL(payload ?? JSON.object(claims()).canonical)
        return input + "." + Base64.encodeURL(try sign(Array(input.utf8)))
    }

    @discardableResult func verify(
        _ proof: String, method: String = "GET", url: String = url, accessToken: String? = accessToken,
        at time: Instant = now
    ) throws(ProofFault) -> ProofOfPossession {
        try verifier.verify(
            proof, of: one, method: method, url: url, accessToken: accessToken, at: time)
    }

    /// Expects a refusal for `reason`, and that nothing is remembered of it.
    func expectFault(
        _ reason: ProofFault.Reason, _ proof: String, at time: Instant = now, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let before = replays.count
        #expect(throws: ProofFault(reason), comment, sourceLocation: sourceLocation) {
            try verify(proof, at: time)
        }
        #expect(replays.count == before, comment, sourceLocation: sourceLocation)
    }
}

/// A client that shows proofs.
let one: Slug = {
    guard let slug = Slug("one") else { preconditionFailure("`one` is a slug") }
    return slug
}()
