import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct TokenStoryTests {
    private let now = TokenFixture.now

    @Test func aConsumerGetsATokenAndReadsWithIt() throws {
        let hub = try TokenFixture()
        let compact = try hub.token()
        let token = try hub.verify(compact)
        #expect(token.client == hub.client && token.details == hub.details)
        #expect(token.issuer == TokenFixture.people && token.audience == TokenFixture.machines)
        #expect(token.id == "jti-1" && token.keyID == "2026-06" && token.binding == hub.binding)
        #expect(
            token.issuedAt == now && token.expiresAt == now.adding(seconds: 600) && token.notBefore == nil)
        #expect(try hub.verifier.verify(Array(compact.utf8), at: now, boundTo: hub.binding) == token)
    }

    /// RFC 9068 section 2: what other software expects to find.
    @Test func theTokenHasTheFormOfRFC9068() throws {
        let hub = try TokenFixture()
        let jws = try CompactJWS(hub.token())
        #expect(jws.header == ["alg": "ES256", "typ": "at+jwt", "kid": "2026-06"])
        #expect(try JSON.parse(jws.payload) == .object(hub.claims))
        #expect(jws.isValid(with: hub.key.publicKey))
    }

    @Test func timesAreWholeSecondsRoundedDown() throws {
        let hub = try TokenFixture()
        let late = Instant(milliseconds: now.milliseconds + 999)
        let token = try hub.verify(try hub.token(at: late, seconds: 60), at: late)
        #expect(token.issuedAt == now && token.expiresAt == now.adding(seconds: 60))
    }

    @Test(arguments: [1, 60, 600])
    func aTokenIsGoodUntilTheMomentItExpires(seconds: Int) throws {
        let hub = try TokenFixture()
        let compact = try hub.token(seconds: seconds)
        let end = now.adding(seconds: Int64(seconds))
        #expect(throws: Never.self) {
            try hub.verify(compact, at: Instant(milliseconds: end.milliseconds - 1))
        }
        hub.expectFault(.expired, compact, at: end)
        hub.expectFault(.expired, compact, at: end.adding(seconds: 1_000_000))
        hub.expectFault(.expired, compact, at: Instant(milliseconds: .max))
    }

    @Test func aClockFiveSecondsSlowIsForgivenAndNoMore() throws {
        let hub = try TokenFixture()
        let compact = try hub.token()
        #expect(throws: Never.self) { try hub.verify(compact, at: now.adding(seconds: -5)) }
        hub.expectFault(.notYetValid, compact, at: Instant(milliseconds: now.milliseconds - 5001))
        let later = try hub.signed(["nbf": .integer(now.milliseconds / 1000 + 60)])
        hub.expectFault(.notYetValid, later)
        #expect(try hub.verify(later, at: now.adding(seconds: 55)).notBefore == now.adding(seconds: 60))
        hub.expectFault(.notYetValid, compact, at: Instant(milliseconds: .min))
    }

    @Test func anEmptyListOfFieldsIsLeftOut() throws {
        let hub = try TokenFixture()
        let bare = AccessGrantDetails(dataset: hub.details.dataset, agreement: hub.details.agreement)
        let compact = try hub.issuer.issue(
            client: hub.client, details: bare, binding: hub.binding, at: now, lifetimeSeconds: 60,
            id: "x")
        #expect(try hub.verify(compact).details == bare)
        #expect(bare.json["fields"] == nil && bare.json["purpose"] == nil)
    }

    @Test func moreFieldsThanFitAreRefusedWhenIssuing() throws {
        let hub = try TokenFixture()
        var details = hub.details
        details.fields = (0..<400).map { "field_\($0)" }
        #expect(throws: Never.self) {
            let compact = try hub.issuer.issue(
                client: hub.client, details: details, binding: hub.binding, at: now,
                lifetimeSeconds: 60,
                id: "x")
            #expect(try hub.verify(compact).details == details)
        }
        details.fields = (0..<1000).map { "field_\($0)" }
        let expected = ClientFault(
            .badInput, "invalid_authorization_details", "", field: "authorization_details[0].fields")
        #expect(throws: expected) {
            try hub.issuer.issue(
                client: hub.client, details: details, binding: hub.binding, at: now,
                lifetimeSeconds: 60,
                id: "x")
        }
    }

    @Test func noTokenLivesLongerThanTenMinutes() async {
        await #expect(processExitsWith: .failure) { _ = try TokenFixture().token(seconds: 601) }
        await #expect(processExitsWith: .failure) { _ = try TokenFixture().token(seconds: 0) }
    }

    @Test func theMessageTellsTheClientWhatToDoAndNothingHeSent() throws {
        let hub = try TokenFixture()
        let compact = try hub.token()
        let fault = #expect(throws: TokenFault(.expired)) {
            try hub.verify(compact, at: now.adding(seconds: 600))
        }
        #expect(fault?.message == "the token has expired")
        for reason in TokenFault.Reason.allCases {
            let fault = TokenFault(reason, "quotes \" and\r\nlines")
            #expect(!fault.message.contains("\"") && !fault.message.contains("\n"))
            #expect(fault.description.hasPrefix(reason.rawValue))
        }
    }
}
