import Cryptography
import Model
import Testing

@testable import Tokens

/// Every claim left out, and every claim of every wrong type.
@Suite struct TokenClaimTests {
    private static let names = [
        "iss", "aud", "sub", "client_id", "iat", "exp", "jti", "cnf", "authorization_details",
    ]
    private let now = TokenFixture.now

    @Test(arguments: names)
    func everyClaimIsNeeded(name: String) throws {
        let hub = try TokenFixture()
        #expect(hub.claims.keys.sorted() == Self.names.sorted())
        hub.expectFault(.claim, try hub.signed([name: absent]))
    }

    @Test(arguments: names)
    func everyClaimHasItsType(name: String) throws {
        let hub = try TokenFixture()
        let right = try #require(hub.claims[name])
        let values: [JSON] = [
            .null, true, false, "", "text", 0, -1, 1, .number(1.5), .number(1e300), [], [right], ["text"],
            [:],
            ["a": right], .string(right.canonicalText),
        ]
        for value in values where value.kind != right.kind || value == "" {
            hub.expectFault(.claim, try hub.signed([name: value]), "\(name): \(value)")
        }
    }

    @Test func timesAreWholeSecondsInRange() throws {
        let hub = try TokenFixture()
        let start = now.milliseconds / 1000
        for name in ["iat", "exp", "nbf"] {
            for value: JSON in [
                .number(Double(start) + 0.5), -1, 253_402_300_800, .integer(.max), .integer(.min),
                .number(1e18), .string("\(start)"),
            ] { hub.expectFault(.claim, try hub.signed([name: value]), "\(name): \(value)") }
        }
        for value: JSON in [.null, "", [], true] { hub.expectFault(.claim, try hub.signed(["nbf": value])) }
        // Seconds with a decimal point are another type, whatever their value.
        let text = JSON.object(hub.claims).canonicalText
        let pointed = text.replacing("\"iat\":\(start)", with: "\"iat\":\(start).0")
        #expect(pointed != text)
        hub.expectFault(.claim, try hub.signed(payload: pointed))
    }

    @Test func theClientActsForItself() throws {
        let hub = try TokenFixture()
        hub.expectFault(.claim, try hub.signed(["sub": "another"]))
        hub.expectFault(.claim, try hub.signed(["client_id": "another"]))
        hub.expectFault(.claim, try hub.signed(["sub": "Stad Gent", "client_id": "Stad Gent"]))
    }

    @Test func theConfirmationIsACertificateOrAKeyAndNothingElse() throws {
        let hub = try TokenFixture()
        let text = JSON.string(hub.thumbprint.description)
        let wrong: [JSON] = [
            [:], ["x5t": text], ["x5t#S256": ""], ["x5t#S256": [text]], ["x5t#S256": .null], ["jwk": text],
            ["x5t#S256": text, "jkt": text], ["jkt": text, "kid": "a"], ["jkt": ""], ["jkt": 1],
            ["JKT": text], ["x5t#S256": .string(Hex.encode(hub.thumbprint.bytes))],
            ["x5t#S256": .string(hub.thumbprint.description + "=")],
            ["x5t#S256": .string(Base64.encodeURL(hub.thumbprint.bytes.dropLast()))],
        ]
        for value in wrong { hub.expectFault(.claim, try hub.signed(["cnf": value]), "\(value)") }
    }

    @Test func theDetailsOfATokenAreReadAsStrictlyAsARequest() throws {
        let hub = try TokenFixture()
        var element = try #require(hub.details.json.object)
        element["actions"] = ["read", "write"]
        hub.expectFault(.claim, try hub.signed(["authorization_details": [.object(element)]]))
        let twice: JSON = [hub.details.json, hub.details.json]
        hub.expectFault(.claim, try hub.signed(["authorization_details": twice]))
    }

    @Test func claimsThatNobodyKnowsAreIgnored() throws {
        let hub = try TokenFixture()
        #expect(
            try hub.verify(try hub.signed(["scope": "anything", "x": [1]])) == hub.verify(try hub.token()))
    }
}
