import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct TokenAttackTests {
    private let now = TokenFixture.now

    @Test func aStolenTokenIsWorthNothingOnAnotherConnection() throws {
        let hub = try TokenFixture()
        let compact = try hub.token()
        for bit in 0..<256 {
            var bytes = hub.thumbprint.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let thief = try #require(Thumbprint(bytes))
            #expect(throws: TokenFault(.certificate)) {
                try hub.verifier.verify(compact, at: now, boundTo: .certificate(thief))
            }
        }
    }

    @Test func aTokenOfAnotherHubOrForAnotherResourceIsRefused() throws {
        let hub = try TokenFixture()
        for text in ["https://evil.example", "", TokenFixture.people + "/", TokenFixture.people.uppercased()]
        {
            hub.expectFault(text.isEmpty ? .claim : .issuer, try hub.signed(["iss": .string(text)]))
        }
        for text in ["https://evil.example", TokenFixture.people, TokenFixture.machines + "/"] {
            hub.expectFault(.audience, try hub.signed(["aud": .string(text)]))
        }
        hub.expectFault(.signature, try TokenFixture().token())
    }

    @Test func theTypeIsExactlyAtJwt() throws {
        let hub = try TokenFixture()
        for fine in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            #expect(throws: Never.self) { try hub.verify(try hub.signed(header: ["typ": .string(fine)])) }
        }
        let wrong: [JSON?] = [
            absent, "", "JWT", "jwt", "at+jwt ", "at-jwt", "dpop+jwt", "text/at+jwt", "application/", 1,
            .null,
            ["at+jwt"],
        ]
        for typ in wrong { hub.expectFault(.type, try hub.signed(header: ["typ": typ])) }
    }

    @Test func theAlgorithmIsES256AndNothingElse() throws {
        let hub = try TokenFixture()
        let pem = Array(hub.key.publicKey.pem.utf8), der = hub.key.publicKey.der
        func header(_ alg: String) -> String { #"{"alg":"\#(alg)","kid":"2026-06","typ":"at+jwt"}"# }
        for alg in ["none", "None", "nOnE", ""] {
            hub.expectFault(.algorithm, hub.token(header: header(alg)) { _ in [] })
        }
        // The public key as the secret of an HMAC: the oldest confusion of algorithms.
        for secret in [pem, der] {
            hub.expectFault(
                .algorithm, hub.token(header: header("HS256")) { HMACSHA256.authenticate($0, key: secret) })
            hub.expectFault(
                .signature, hub.token(header: header("ES256")) { HMACSHA256.authenticate($0, key: secret) })
        }
        for alg in ["EdDSA", "Ed25519", "ES384", "ES256K", "RS256", "PS256", "es256"] {
            hub.expectFault(.algorithm, try hub.token(header: header(alg)) { try hub.key.sign($0) })
        }
        hub.expectFault(.signature, hub.token(header: header("ES256")) { _ in [] })
        hub.expectFault(
            .signature, hub.token(header: header("ES256")) { _ in [UInt8](repeating: 0, count: 64) })
        hub.expectFault(.signature, try hub.token(header: header("ES256")) { try hub.key.signDER($0) })
    }

    @Test func anEdDSAKeyInTheSetVerifiesNoToken() throws {
        let hub = try TokenFixture()
        let key = try PrivateKey.generate(.ed25519)
        let verifier = TokenVerifier(
            issuer: TokenFixture.people, audience: TokenFixture.machines, keys: ["2026-06": key.publicKey])
        for alg in ["EdDSA", "ES256"] {
            let compact = try hub.token(header: #"{"alg":"\#(alg)","kid":"2026-06","typ":"at+jwt"}"#) {
                try key.sign($0)
            }
            #expect(throws: TokenFault.self) {
                try verifier.verify(compact, at: now, boundTo: hub.binding)
            }
        }
    }

    @Test func onlyAKnownKeyCounts() throws {
        let hub = try TokenFixture()
        let names: [JSON?] = [absent, "", "2026-07", "2026-06 ", "../2026-06", 1, .null, ["2026-06"]]
        for name in names { hub.expectFault(.unknownKey, try hub.signed(header: ["kid": name])) }
    }

    @Test func aKeyThatComesWithTheTokenIsNeverUsed() throws {
        let hub = try TokenFixture()
        let evil = try PrivateKey.generate(.es256)
        for member in ["jwk", "jku", "x5u", "x5c"] {
            let value = member == "jwk" ? evil.publicKey.jwk : "https://evil.example/jwks"
            hub.expectFault(.foreignKey, try hub.signed(header: [member: value]))
            let header: [String: JSON] = ["typ": "at+jwt", "kid": "2026-06", member: value]
            let payload = JSON.object(hub.claims).canonical
            hub.expectFault(.foreignKey, try CompactJWS.sign(payload: payload, header: header, with: evil))
        }
        hub.expectFault(
            .malformed,
            try hub.token(header: #"{"alg":"ES256","kid":"2026-06","typ":"at+jwt","crit":["x"],"x":1}"#) {
                try hub.key.sign($0)
            })
    }

    @Test func aMemberThatAppearsTwiceIsRefused() throws {
        let hub = try TokenFixture()
        let text = JSON.object(hub.claims).canonicalText
        for (name, value) in hub.claims {
            let twice = "{\"\(name)\":\(value.canonicalText)," + text.dropFirst()
            hub.expectFault(.malformed, try hub.signed(payload: twice))
        }
        hub.expectFault(
            .malformed,
            try hub.token(header: #"{"alg":"ES256","kid":"2026-06","typ":"at+jwt","typ":"at+jwt"}"#) {
                try hub.key.sign($0)
            })
    }

    @Test func thePayloadIsAnObject() throws {
        let hub = try TokenFixture()
        hub.expectFault(.malformed, try hub.signed(payload: ""))
        hub.expectFault(.malformed, try hub.signed(payload: "{"))
        hub.expectFault(.malformed, try hub.signed(payload: String(repeating: "[", count: 100)))
        for payload in ["[]", "null", "1", "\"text\"", "{}"] {
            hub.expectFault(.claim, try hub.signed(payload: payload))
        }
    }

    @Test func noBentTokenIsGood() throws {
        let hub = try TokenFixture()
        let bytes = Array(try hub.token().utf8)
        for position in bytes.indices {
            var bent = bytes
            bent[position] ^= 1 << UInt8(position % 7)
            #expect(throws: TokenFault.self, "byte \(position)") {
                try hub.verifier.verify(bent, at: now, boundTo: hub.binding)
            }
            #expect(throws: TokenFault.self, "cut at \(position)") {
                try hub.verifier.verify(Array(bytes[..<position]), at: now, boundTo: hub.binding)
            }
        }
    }

    /// The signature's last character carries four bits that belong to no byte: with them set another text
    /// would mean the same token.
    @Test func strayBitsAndForeignCharactersAreRefused() throws {
        let hub = try TokenFixture()
        let compact = try hub.token()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for character in alphabet where character != compact.last {
            #expect(throws: TokenFault.self) {
                try hub.verify(String(compact.dropLast()) + String(character))
            }
        }
        for text in [
            compact + "=", compact + " ", "\t" + compact, compact + ".", compact + "\n", "Bearer " + compact,
        ] {
            hub.expectFault(.malformed, text)
        }
    }

    @Test func anOversizedTokenIsNotLookedAt() throws {
        let hub = try TokenFixture()
        let padded = try hub.signed(["padding": .string(String(repeating: "x", count: 8192))])
        hub.expectFault(.malformed, padded)
        let size = try hub.signed(["padding": ""]).utf8.count
        let room = (AccessToken.maximumBytes - size) / 4 * 3
        let full = try hub.signed(["padding": .string(String(repeating: "x", count: room - 3))])
        #expect(
            full.utf8.count <= AccessToken.maximumBytes && full.utf8.count > AccessToken.maximumBytes - 12)
        #expect(throws: Never.self) { try hub.verify(full) }
    }

    @Test func aLifetimeBeyondTenMinutesIsRefusedWhateverTheTime() throws {
        let hub = try TokenFixture()
        let start = now.milliseconds / 1000
        for seconds: Int64 in [601, 3600, 1 << 40, 0, -1] where start + seconds <= 253_402_300_799 {
            hub.expectFault(.lifetime, try hub.signed(["exp": .integer(start + seconds)]))
        }
        hub.expectFault(.lifetime, try hub.signed(["iat": .integer(start - 1)]))
        hub.expectFault(.lifetime, try hub.signed(["iat": 0]))
    }
}
