import Cryptography
import Model
import Testing

@testable import Tokens

/// The rules of RFC 9449 section 4.3, one by one.
@Suite struct ProofTests {
    private let now = ProofFixture.now

    /// One change of a good proof.
    struct Change: Sendable, CustomTestStringConvertible {
        var reason: ProofFault.Reason
        var name: String
        var value: JSON?

        init(_ reason: ProofFault.Reason, _ name: String, _ value: JSON?) {
            (self.reason, self.name, self.value) = (reason, name, value)
        }

        var testDescription: String { "\(name): \(value?.canonicalText.prefix(80) ?? "absent")" }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func aGoodProofTellsTheKey(algorithm: SignatureAlgorithm) throws {
        let hub = try ProofFixture(algorithm)
        let proof = try hub.verify(hub.proof())
        #expect(proof.key.description == hub.key.publicKey.jwkThumbprint)
        #expect(hub.replays.count == 1)
    }

    @Test func theTokenOfThatKeyIsGoodWithIt() throws {
        let hub = try ProofFixture(), tokens = try TokenFixture()
        let key = try hub.verify(hub.proof(["ath": absent]), accessToken: nil).key
        let compact = try tokens.issuer.issue(
            client: tokens.client, details: tokens.details, binding: .key(key), at: now, lifetimeSeconds: 60,
            id: "x")
        let hash = Base64.encodeURL(SHA256.hash(Array(compact.utf8)))
        let proof = try hub.proof(["jti": "proof-2", "ath": .string(hash)])
        let shown = try hub.verify(proof, accessToken: compact).key
        #expect(try tokens.verifier.verify(compact, at: now, boundTo: .key(shown)).client == tokens.client)
    }

    private static let headerChanges: [Change] =
        [
            absent, "", "JWT", "jwt", "dpop+jwt ", "dpop", "at+jwt", "text/dpop+jwt", 1, .null, ["dpop+jwt"],
        ].map { Change(.type, "typ", $0) }
        + ["jku", "x5u", "x5c"].map { Change(.key, $0, "https://evil.example") }
        + [
            absent, .null, "key", [], [:], ["kty": "EC", "crv": "P-256"],
            ["kty": "oct", "k": .string(Base64.encodeURL([UInt8](repeating: 7, count: 64)))],
            // A point off the curve, a point of small order, too short an RSA modulus.
            ["kty": "EC", "crv": "P-256", "x": zeros, "y": zeros],
            ["kty": "OKP", "crv": "Ed25519", "x": zeros],
            ["kty": "RSA", "e": "AQAB", "n": .string(Base64.encodeURL([UInt8](repeating: 255, count: 128)))],
        ].map { Change(.key, "jwk", $0) }

    private static let zeros = JSON.string(Base64.encodeURL([UInt8](repeating: 0, count: 32)))

    @Test(arguments: headerChanges)
    func theHeaderKeepsItsRules(change: Change) throws {
        let hub = try ProofFixture()
        hub.expectFault(change.reason, try hub.proof(header: [change.name: change.value]))
    }

    @Test func aPrivateKeyOrOneForOtherUsesIsRefused() throws {
        let hub = try ProofFixture()
        hub.expectFault(.key, try hub.proof(header: ["jwk": hub.key.jwk]))
        for (name, value) in [("use", "enc"), ("key_ops", ["sign"]), ("alg", "ES384")] as [(String, JSON)] {
            let jwk = (hub.key.publicKey.jwk.object ?? [:]).merging([name: value]) { $1 }
            hub.expectFault(.key, try hub.proof(header: ["jwk": .object(jwk)]), "\(name)")
        }
    }

    @Test func typesHaveNoCaseAndKeyNamesNoMeaning() throws {
        let hub = try ProofFixture()
        for (number, type) in ["dpop+jwt", "DPoP+JWT", "application/dpop+jwt"].enumerated() {
            let proof = try hub.proof(
                ["jti": .string("\(number)")], header: ["typ": .string(type), "kid": "whatever"])
            #expect(throws: Never.self) { try hub.verify(proof) }
        }
        #expect(hub.replays.count == 3)
    }

    @Test func theAlgorithmIsAllowedAndTheKeysOwn() throws {
        let hub = try ProofFixture()
        for name in ["none", "None", "", "HS256", "RS256", "ES384", "es256", "ES256K"] {
            hub.expectFault(.algorithm, try hub.proof(algorithm: name) { try hub.key.sign($0) }, "\(name)")
        }
        for name in ["EdDSA", "Ed25519", "PS256"] {
            hub.expectFault(.algorithm, try hub.proof(algorithm: name) { try hub.key.sign($0) }, "\(name)")
        }
        let secret = Array(hub.key.publicKey.pem.utf8)
        hub.expectFault(
            .algorithm, hub.proof(algorithm: "HS256") { HMACSHA256.authenticate($0, key: secret) })
    }

    @Test func theSignatureIsThatOfTheKeyOverTheseBytes() throws {
        let hub = try ProofFixture(), other = try PrivateKey.generate(.es256)
        hub.expectFault(.signature, try hub.proof(algorithm: "ES256") { try other.sign($0) })
        hub.expectFault(.signature, hub.proof(algorithm: "ES256") { _ in [] })
        hub.expectFault(.signature, try hub.proof(algorithm: "ES256") { try hub.key.signDER($0) })
        hub.expectFault(.signature, try hub.proof(header: ["jwk": other.publicKey.jwk]))
        let bytes = Array(try hub.proof().utf8)
        for position in stride(from: 0, to: bytes.count, by: 7) {
            var bent = bytes
            bent[position] ^= 1
            #expect(throws: ProofFault.self, "byte \(position)") {
                try hub.verify(String(decoding: bent, as: UTF8.self))
            }
        }
        #expect(hub.replays.count == 0)
    }

    @Test func whatIsNoJWSOfObjectsIsMalformed() throws {
        let hub = try ProofFixture()
        let good = try hub.proof()
        for text in ["", "a.b", good + ".", good + "=", good + "," + good, " " + good, "DPoP " + good] {
            hub.expectFault(.malformed, text)
        }
        for payload in ["", "[]", "null", "{", #"{"jti":"a","jti":"a"}"#] {
            hub.expectFault(
                .malformed,
                try hub.proof(algorithm: "ES256", payload: Array(payload.utf8)) { try hub.key.sign($0) })
        }
        hub.expectFault(.malformed, try hub.proof(header: ["crit": absent, "kid": padding(3000)]))
        #expect(throws: Never.self) { try hub.verify(try hub.proof(header: ["kid": padding(2000)])) }
    }

    private func padding(_ count: Int) -> JSON { .string(String(repeating: "x", count: count)) }

    private static let claimChanges: [Change] =
        [absent, "", 1, .null, ["a"], .string(String(repeating: "é", count: 129))].map {
            Change(.claim, "jti", $0)
        }
        + [absent, 1, .null, ["GET"]].map { Change(.claim, "htm", $0) }
        + ["POST", "get", "GET ", "", "HEAD"].map { Change(.method, "htm", $0) }
        + [absent, 1, .null, [.string(ProofFixture.url)]].map { Change(.claim, "htu", $0) }
        + [
            "", "flights", "https://hub.example:8444/v1/datasets/flights/", "https://hub.example:8444/",
            "http://hub.example:8444/v1/datasets/flights", "https://hub.example/v1/datasets/flights",
            "https://evil.example:8444/v1/datasets/flights", "https://hub.example:8444/v1/datasets/Flights",
            "https://hub.example:8444@evil.example/v1/datasets/flights",
            "https://hub.example:8444/v1/x/../datasets/flights",
        ].map { Change(.url, "htu", $0) }
        + [absent, "1780315200", .null, [], true].map { Change(.claim, "iat", $0) }
        + [0, -1, 1e300, 1_780_314_899, 1_780_315_261, 1_780_314_899.9].map {
            Change(.issuedAt, "iat", .number($0))
        }
        + [.integer(1_780_314_899), .integer(1_780_315_501), .integer(.max), .integer(.min)].map {
            Change(.issuedAt, "iat", $0)
        }
        + [absent, "", 1, .null, "AAAAAAAAAAAAAAAAAAAAAA", ["a"]].map { Change(.nonce, "nonce", $0) }
        + [absent, "", 1, .null, "AAAA", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp"].map {
            Change(.accessToken, "ath", $0)
        }

    @Test(arguments: claimChanges)
    func everyClaimKeepsItsRules(change: Change) throws {
        let hub = try ProofFixture()
        hub.expectFault(change.reason, try hub.proof([change.name: change.value]))
    }

    @Test func spellingsThatMeanTheSameAreTheSame() throws {
        let hub = try ProofFixture()
        let urls = [
            "HTTPS://HUB.example:8444/v1/datasets/flights", "https://hub.example:8444/v1/%64atasets/flights",
            "https://hub.example:8444/v1/datasets/flights?a=b", ProofFixture.url + "#top",
        ]
        for (number, url) in urls.enumerated() {
            let proof = try hub.proof(["jti": .string("\(number)"), "htu": .string(url)])
            #expect(throws: Never.self, "\(url)") { try hub.verify(proof, url: ProofFixture.url + "?x=1") }
        }
        #expect(hub.replays.count == urls.count)
    }

    /// Swift holds the sign of Kelvin and K for the same text.
    @Test func methodsAreComparedByteByByte() throws {
        let hub = try ProofFixture()
        let proof = try hub.proof(["htm": "LIN\u{212A}"])
        #expect("LIN\u{212A}" == "LINK")
        #expect(throws: ProofFault(.method)) { try hub.verify(proof, method: "LINK") }
    }

    /// RFC 9449 section 11.1: the nonce tells the time, `iat` only about.
    @Test func aClockMayBeFiveMinutesBehindAndOneAhead() throws {
        let hub = try ProofFixture(), noon = now.milliseconds / 1000
        let times: [JSON] = [.integer(noon - 300), .integer(noon + 60), .number(Double(noon) + 0.5)]
        for (number, time) in times.enumerated() {
            let proof = try hub.proof(["jti": .string("\(number)"), "iat": time])
            #expect(throws: Never.self, "\(time)") { try hub.verify(proof) }
        }
        #expect(hub.replays.count == times.count)
    }

    @Test func aNonceIsGoodInItsWindowAndTheNext() throws {
        let hub = try ProofFixture(), proof = try hub.proof()
        hub.expectFault(.nonce, proof, at: now.adding(seconds: 120))
        hub.expectFault(.nonce, proof, at: now.adding(seconds: -1))
        hub.expectFault(.nonce, try ProofFixture().proof())
        #expect(throws: Never.self) { try hub.verify(proof, at: now.adding(seconds: 119)) }
    }

    @Test func withoutATokenTheHashIsIgnored() throws {
        let hub = try ProofFixture()
        for (number, hash) in [absent, "whatever", 1].enumerated() {
            let proof = try hub.proof(["jti": .string("\(number)"), "ath": hash])
            #expect(throws: Never.self) { try hub.verify(proof, accessToken: nil) }
        }
        #expect(throws: ProofFault(.accessToken)) { try hub.verify(hub.proof(), accessToken: "another") }
    }

    @Test func aProofIsUsedOnce() throws {
        let hub = try ProofFixture(), proof = try hub.proof()
        try hub.verify(proof)
        for seconds in [0, 1, 59, 60, 119] as [Int64] {
            hub.expectFault(.replayed, proof, at: now.adding(seconds: seconds))
        }
        hub.expectFault(.nonce, proof, at: now.adding(seconds: 120))
        // Once it has been forgotten, a clock that goes back does not bring it to life.
        try hub.verify(hub.proof(at: now.adding(seconds: 120)), at: now.adding(seconds: 120))
        hub.expectFault(.nonce, proof)
    }

    @Test func anIdentifierBelongsToItsKey() throws {
        let hub = try ProofFixture(), proof = try hub.proof()
        try hub.verify(proof)
        hub.expectFault(.replayed, try hub.proof(["iat": .integer(now.milliseconds / 1000 + 1)]))
        let other = try PrivateKey.generate(.es256)
        let same = try CompactJWS.sign(
            payload: JSON.object(hub.claims()).canonical,
            header: ["typ": "dpop+jwt", "jwk": other.publicKey.jwk], with: other)
        #expect(throws: Never.self) { try hub.verify(same) }
    }

    @Test func withoutRoomNoProofIsGood() throws {
        let hub = try ProofFixture(capacity: 1)
        try hub.verify(hub.proof())
        hub.expectFault(.full, try hub.proof(["jti": "proof-2"]))
        let later = now.adding(seconds: 120)
        #expect(throws: Never.self) { try hub.verify(try hub.proof(at: later), at: later) }
    }

    @Test func theFaultHasTheCodesOfRFC9449AndQuotesNothing() {
        #expect(ProofFault(.nonce).code == "use_dpop_nonce")
        for reason in ProofFault.Reason.allCases where reason != .nonce {
            #expect(ProofFault(reason).code == "invalid_dpop_proof")
        }
        for reason in ProofFault.Reason.allCases {
            let fault = ProofFault(reason, "quotes \" and\r\nlines")
            #expect(!fault.message.isEmpty && !fault.message.contains { "\"\r\n\\".contains($0) })
            #expect(fault.description.hasPrefix(reason.rawValue + ": quotes"))
        }
    }
}
