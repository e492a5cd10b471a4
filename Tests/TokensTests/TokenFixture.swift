import Cryptography
import Model
import Testing

@testable import Tokens

/// A member to leave out. (`nil` in a place for a JSON value is JSON's null.)
let absent: JSON? = Optional.none

/// A hub that issues and verifies, a consumer with a certificate, and noon on 1 June 2026.
struct TokenFixture {
    static let now = Instant(milliseconds: 1_780_315_200_000)
    static let people = "https://hub.example:8443"
    static let machines = "https://hub.example:8444"

    let key: PrivateKey
    let issuer: TokenIssuer
    let verifier: TokenVerifier
    let thumbprint: Thumbprint
    let binding: TokenBinding
    let client: Slug
    let details: AccessGrantDetails

    init() throws {
        key = try PrivateKey.generate(.es256)
        issuer = TokenIssuer(issuer: Self.people, audience: Self.machines, key: key, keyID: "2026-06")
        verifier = TokenVerifier(
            issuer: Self.people, audience: Self.machines, keys: ["2026-06": key.publicKey])
        thumbprint = try #require(Thumbprint(SecureRandom.bytes(32)))
        binding = .certificate(thumbprint)
        client = try #require(Slug("stad-gent"))
        details = AccessGrantDetails(
            dataset: try #require(Slug("flights")), agreement: AgreementID(at: Self.now, random: (7, 9)),
            purpose: Purpose("https://w3id.org/dpv#ResearchAndDevelopment"), fields: ["carrier", "dep_time"])
    }

    func token(at time: Instant = now, seconds: Int = 600, id: String = "jti-1") throws -> String {
        try issuer.issue(
            client: client, details: details, binding: binding, at: time, lifetimeSeconds: seconds,
            id: id)
    }

    /// The claims of a good token, as anyone could write them.
    var claims: [String: JSON] {
        let now = Self.now.milliseconds / 1000
        return [
            "iss": .string(Self.people), "aud": .string(Self.machines), "sub": "stad-gent",
            "client_id": "stad-gent", "iat": .integer(now), "exp": .integer(now + 600), "jti": "jti-1",
            "cnf": ["x5t#S256": .string(thumbprint.description)], "authorization_details": [details.json],
        ]
    }

    /// A token with claims or header members changed (nil: left out), properly signed by the hub's key.
    func signed(
        _ changes: [String: JSON?] = [:], header: [String: JSON?] = [:]
    ) throws -> String {
        var payload = claims
        for (name, value) in changes { payload[name] = value }
        return try signed(payload: JSON.object(payload).canonicalText, header: header)
    }

    func signed(payload: String, header: [String: JSON?] = [:]) throws -> String {
        var members: [String: JSON] = ["typ": "at+jwt", "kid": "2026-06"]
        for (name, value) in header { members[name] = value }
        return try CompactJWS.sign(payload: Array(payload.utf8), header: members, with: key)
    }

    /// A token whose header is exactly this text, signed by `sign`.
    func token(header: String, sign: ([UInt8]) throws -> [UInt8]) rethrows -> String {
        let payload = JSON.object(claims).canonical
        let input = Base64.encodeURL(header.utf8) + "." + Base64.encodeURL(payload)
        return input + "." + Base64.encodeURL(try sign(Array(input.utf8)))
    }

    func verify(_ compact: String, at time: Instant = now) throws(TokenFault) -> AccessToken {
        try verifier.verify(compact, at: time, boundTo: binding)
    }

    /// Expects a refusal of `compact` for `reason`.
    func expectFault(
        _ reason: TokenFault.Reason, _ compact: String, at time: Instant = now, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: TokenFault(reason), comment, sourceLocation: sourceLocation) {
            try verify(compact, at: time)
        }
    }
}
