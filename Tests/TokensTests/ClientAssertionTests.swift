import Cryptography
import Model
import Testing

@testable import Tokens

/// `private_key_jwt` (RFC 7523 section 3, FAPI 2.0), rule by rule.
@Suite struct ClientAssertionTests {
    private let now = TokenFixture.now

    /// A hub that started two hours ago and a client with a key.
    private struct Fixture {
        let key: PrivateKey
        let replays: AssertionReplays
        let verifier: AssertionVerifier
        let keys: VerificationKeySet

        init(
            _ algorithm: SignatureAlgorithm = .es256, startedAt: Instant = now.adding(seconds: -7200),
            replays: AssertionReplays = AssertionReplays()
        ) throws {
            key = try PrivateKey.generate(algorithm)
            self.replays = replays
            verifier = AssertionVerifier(
                issuer: TokenFixture.people, notMadeBefore: startedAt, replays: replays)
            keys = try Self.keys([("a", key)])
        }

        private static let now = TokenFixture.now

        static func keys(_ keys: [(String, PrivateKey)]) throws -> VerificationKeySet {
            let elements = keys.map { name, key in
                JSON.object((key.publicKey.jwk.object ?? [:]).merging(["kid": .string(name)]) { $1 })
            }
            return try VerificationKeySet(jwks: ["keys": .array(elements)])
        }

        static let claims: [String: JSON] = {
            let time = now.milliseconds / 1000
            return [
                "iss": "stad-gent", "sub": "stad-gent", "aud": .string(TokenFixture.people), "jti": "jti-1",
                "iat": .integer(time), "exp": .integer(time + 60),
            ]
        }()

        func assertion(
            _ changes: [String: JSON?] = [:], header headerChanges: [String: JSON?] = [:],
            with other: PrivateKey? = nil
        ) throws -> String {
            var claims = Self.claims, header: [String: JSON] = ["kid": "a", "typ": "JWT"]
            for (name, value) in changes { claims[name] = value }
            for (name, value) in headerChanges { header[name] = value }
            return try CompactJWS.sign(
                payload: JSON.object(claims).canonical, header: header, with: other ?? key)
        }

        func assertion(algorithm: String, payload: String? = nil) throws -> String {
            let header = #"{"alg":"\#(algorithm)","kid":"a"}"#
            let payload = payload.map { Array($0.utf8) } ?? JSON.object(Self.claims).canonical
            let input = Base64.encodeURL(header.utf8) + "." + Base64.encodeURL(payload)
            return input + "." + Base64.encodeURL(try key.sign(Array(input.utf8)))
        }

        @discardableResult func verify(
            _ text: String, at time: Instant = now
        ) throws(AssertionFault) -> VerifiedAssertion {
            try verifier.verify(try ClientAssertion(text), with: keys, at: time)
        }

        /// Expects a refusal for `reason`, and that nothing is remembered of it.
        func expectFault(
            _ reason: AssertionFault.Reason, _ text: String, at time: Instant = now,
            _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let before = replays.count
            #expect(throws: AssertionFault(reason), comment, sourceLocation: sourceLocation) {
                try verify(text, at: time)
            }
            #expect(replays.count <= before, comment, sourceLocation: sourceLocation)
        }
    }

    /// One change of a good assertion.
    struct Change: Sendable, CustomTestStringConvertible {
        var reason: AssertionFault.Reason
        var name: String
        var value: JSON?

        init(_ reason: AssertionFault.Reason, _ name: String, _ value: JSON?) {
            (self.reason, self.name, self.value) = (reason, name, value)
        }

        var testDescription: String { "\(name): \(value?.canonicalText.prefix(80) ?? "absent")" }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func aGoodAssertionTellsClientAndKey(algorithm: SignatureAlgorithm) throws {
        let hub = try Fixture(algorithm), text = try hub.assertion()
        #expect(try ClientAssertion(text).claimedClient.text == "stad-gent")
        let verified = try hub.verify(text)
        #expect(verified.client.text == "stad-gent" && verified.id == "jti-1")
        #expect(verified.key.description == hub.key.publicKey.jwkThumbprint)
        #expect(verified.expiresAt == now.adding(seconds: 60) && hub.replays.count == 1)
    }

    @Test func theKeyIsThatOfTheHeadersName() throws {
        let hub = try Fixture(), second = try PrivateKey.generate(.ed25519)
        let keys = try Fixture.keys([("a", hub.key), ("b", second)])
        for (name, key) in [("a", hub.key), ("b", second)] {
            let text = try hub.assertion(["jti": .string(name)], header: ["kid": .string(name)], with: key)
            let verified = try hub.verifier.verify(ClientAssertion(text), with: keys, at: now)
            #expect(verified.key.description == key.publicKey.jwkThumbprint)
        }
        let swapped = try ClientAssertion(hub.assertion(header: ["kid": "b"]))
        #expect(throws: AssertionFault(.signature)) {
            try hub.verifier.verify(swapped, with: keys, at: now)
        }
    }

    private static let start = TokenFixture.now.milliseconds / 1000

    private static let claimChanges: [Change] =
        [absent, "", "Stad Gent", 1, .null, ["stad-gent"]].map { Change(.client, "iss", $0) }
        + [absent, "", "another", 1, .null, ["stad-gent"]].map { Change(.client, "sub", $0) }
        + [
            absent, "", .string(TokenFixture.machines), .string(TokenFixture.people + "/"),
            .string(TokenFixture.people + "/oauth/token"), .string(TokenFixture.people.uppercased()), .null,
            1,
            [.string(TokenFixture.people)], [.string(TokenFixture.people), "https://evil.example"], [],
        ].map { Change(.audience, "aud", $0) }
        + ["exp", "iat", "nbf"].flatMap { name in
            [.null, "1780315200", .number(1_780_315_230.5), -1, .integer(.max), true, []].map {
                Change(.claim, name, $0)
            }
        }
        + ["exp", "iat", "jti"].map { Change(.claim, $0, absent) }
        + [start, start - 1, 0].map { Change(.expired, "exp", .integer($0)) }
        + [start + 3611, start + 7200, 253_402_300_799].map { Change(.lifetime, "exp", .integer($0)) }
        + [start + 11, start + 3600, start - 3611, 0].map { Change(.issuedAt, "iat", .integer($0)) }
        + [start + 11, start + 3600].map { Change(.notYetValid, "nbf", .integer($0)) }
        + ["", 1, .null, ["a"], .string(String(repeating: "é", count: 129))].map {
            Change(.claim, "jti", $0)
        }

    private static let headerChanges: [Change] =
        ["", "at+jwt", "dpop+jwt", "JWT ", "application/", 1, .null, ["JWT"]].map { Change(.type, "typ", $0) }
        + ["jku", "jwk", "x5u", "x5c"].map { Change(.foreignKey, $0, "https://evil.example") }
        + ["", "b", 1, .null, "a "].map { Change(.signature, "kid", $0) }

    @Test(arguments: claimChanges)
    func everyClaimKeepsItsRules(change: Change) throws {
        let hub = try Fixture()
        hub.expectFault(change.reason, try hub.assertion([change.name: change.value]))
    }

    @Test(arguments: headerChanges)
    func theHeaderKeepsItsRules(change: Change) throws {
        let hub = try Fixture()
        hub.expectFault(change.reason, try hub.assertion(header: [change.name: change.value]))
    }

    @Test func whatIsAllowedIsTaken() throws {
        let hub = try Fixture(), start = Self.start
        let headers: [[String: JSON?]] = [
            ["typ": absent], ["typ": "jwt"], ["typ": "Client-Authentication+JWT"], ["kid": absent],
        ]
        for (number, header) in headers.enumerated() {
            let text = try hub.assertion(["jti": .string("h\(number)")], header: header)
            #expect(throws: Never.self, "\(header)") { try hub.verify(text) }
        }
        let claims: [[String: JSON?]] = [
            ["exp": .integer(start + 1)], ["exp": .integer(start + 3610)], ["iat": .integer(start + 10)],
            ["iat": .integer(start - 3610)], ["nbf": .integer(start + 10)], ["nbf": 0], ["scope": [1]],
        ]
        for (number, change) in claims.enumerated() {
            let text = try hub.assertion(change.merging(["jti": .string("c\(number)")]) { $1 })
            #expect(throws: Never.self, "\(change)") { try hub.verify(text) }
        }
        #expect(hub.replays.count == headers.count + claims.count)
    }

    @Test func anotherKeyOrAlgorithmIsRefused() throws {
        let hub = try Fixture()
        hub.expectFault(.signature, try hub.assertion(with: PrivateKey.generate(.es256)))
        hub.expectFault(.signature, try hub.assertion(with: PrivateKey.generate(.ed25519)))
        for name in ["none", "", "HS256", "RS256", "ES384", "es256"] {
            hub.expectFault(.algorithm, try hub.assertion(algorithm: name), "\(name)")
        }
        hub.expectFault(.signature, try hub.assertion(algorithm: "PS256"))
        let bytes = Array(try hub.assertion().utf8)
        for position in stride(from: 0, to: bytes.count, by: 5) {
            var bent = bytes
            bent[position] ^= 1
            #expect(throws: AssertionFault.self, "byte \(position)") {
                try hub.verify(String(decoding: bent, as: UTF8.self))
            }
        }
        #expect(hub.replays.count == 0)
    }

    @Test func whatIsNoJWSOfObjectsIsMalformed() throws {
        let hub = try Fixture(), good = try hub.assertion()
        let payloads = ["", "[]", "null", #"{"iss":"a","iss":"a"}"#]
        let bent = try payloads.map { try hub.assertion(algorithm: "ES256", payload: $0) }
        let long = try hub.assertion(["x": .string(String(repeating: "x", count: 8192))])
        for text in ["", "a.b", good + ".", good + "=", " " + good, long] + bent {
            #expect(throws: AssertionFault(.malformed)) { try ClientAssertion(text) }
        }
        let full = try hub.assertion(["x": .string(String(repeating: "x", count: 5500))])
        #expect(throws: Never.self) { try hub.verify(full) }
    }

    @Test func expiryGetsNoAllowance() throws {
        let hub = try Fixture(), text = try hub.assertion()
        hub.expectFault(.expired, text, at: now.adding(seconds: 60))
        #expect(throws: Never.self) {
            try hub.verify(text, at: Instant(milliseconds: now.milliseconds + 59_999))
        }
    }

    /// What was used before the hub started is unknown to it.
    @Test func anAssertionFromBeforeTheStartIsRefused() throws {
        let hub = try Fixture(startedAt: now)
        hub.expectFault(.beforeStart, try hub.assertion(["iat": .integer(Self.start - 1)]))
        #expect(throws: Never.self) { try hub.verify(try hub.assertion()) }
        let late = try Fixture(startedAt: Instant(milliseconds: now.milliseconds + 1))
        late.expectFault(.beforeStart, try late.assertion())
    }

    @Test func anAssertionIsUsedOnceByItsClient() throws {
        let hub = try Fixture(), text = try hub.assertion()
        try hub.verify(text)
        hub.expectFault(.replayed, text)
        hub.expectFault(.replayed, text, at: now.adding(seconds: 59))
        hub.expectFault(.replayed, try hub.assertion(["exp": .integer(Self.start + 90)]))
        #expect(throws: Never.self) {
            try hub.verify(try hub.assertion(["iss": "stad-luik", "sub": "stad-luik"]))
        }
        #expect(throws: Never.self) { try hub.verify(try hub.assertion(["jti": "jti-2"])) }
        hub.expectFault(.expired, text, at: now.adding(seconds: 60))
    }

    @Test func withoutRoomNoAssertionIsGood() throws {
        let hub = try Fixture(replays: AssertionReplays(capacity: 10, capacityPerClient: 1))
        try hub.verify(hub.assertion())
        hub.expectFault(.full, try hub.assertion(["jti": "jti-2"]))
    }

    @Test func theFaultQuotesNothing() {
        #expect(AssertionFault.code == "invalid_client")
        for reason in AssertionFault.Reason.allCases {
            let fault = AssertionFault(reason, "quotes \" and\r\nlines")
            #expect(!fault.message.isEmpty && !fault.message.contains { "\"\r\n\\".contains($0) })
            #expect(fault.description.hasPrefix(reason.rawValue + ": quotes"))
        }
    }
}
