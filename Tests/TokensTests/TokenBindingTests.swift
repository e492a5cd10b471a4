import Cryptography
import Model
import Testing

@testable import Tokens

/// A token is good with what it is bound to, and with nothing else.
@Suite struct TokenBindingTests {
    private let now = TokenFixture.now

    private func token(_ hub: TokenFixture, _ binding: TokenBinding, actFor: Slug? = nil) throws -> String {
        var details = hub.details
        details.actFor = actFor
        return try hub.issuer.issue(
            client: hub.client, details: details, binding: binding, at: now, lifetimeSeconds: 60, id: "x")
    }

    @Test func theConfirmationNamesTheOneOrTheOther() throws {
        let hub = try TokenFixture(), text = JSON.string(hub.thumbprint.description)
        let cases: [(TokenBinding, JSON)] = [
            (.certificate(hub.thumbprint), ["x5t#S256": text]), (.key(hub.thumbprint), ["jkt": text]),
        ]
        for (binding, confirmation) in cases {
            let compact = try token(hub, binding)
            #expect(try JSON.parse(CompactJWS(compact).payload)["cnf"] == confirmation)
            #expect(try hub.verifier.verify(compact, at: now, boundTo: binding).binding == binding)
            #expect(TokenBinding(confirmation: confirmation) == binding)
        }
    }

    @Test func anotherThingOrAnotherKindIsRefusedByTheReasonOfTheToken() throws {
        let hub = try TokenFixture()
        let other = try #require(Thumbprint(SecureRandom.bytes(32)))
        let cases: [(TokenBinding, TokenBinding, TokenFault.Reason)] = [
            (.certificate(hub.thumbprint), .certificate(other), .certificate),
            (.certificate(hub.thumbprint), .key(hub.thumbprint), .certificate),
            (.key(hub.thumbprint), .key(other), .proofKey),
            (.key(hub.thumbprint), .certificate(hub.thumbprint), .proofKey),
        ]
        for (bound, shown, reason) in cases {
            let compact = try token(hub, bound)
            let cache = VerifiedTokenCache(capacity: 128, key: SecureRandom.bytes(16))
            #expect(throws: TokenFault(reason)) { try hub.verifier.verify(compact, at: now, boundTo: shown) }
            for binding in [shown, bound, shown] {
                let use = { () throws(TokenFault) in
                    try cache.token(
                        for: Array(compact.utf8), at: now, boundTo: binding, orVerify: hub.verifier)
                }
                if binding == bound {
                    #expect(try use().binding == bound)
                } else {
                    #expect(throws: TokenFault(reason)) { try use() }
                }
            }
        }
    }

    @Test func everyBitOfAKeysThumbprintCounts() throws {
        let hub = try TokenFixture()
        let compact = try token(hub, .key(hub.thumbprint))
        for bit in 0..<256 {
            var bytes = hub.thumbprint.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let thief = try #require(Thumbprint(bytes))
            #expect(throws: TokenFault(.proofKey)) {
                try hub.verifier.verify(compact, at: now, boundTo: .key(thief))
            }
        }
    }

    @Test func theClientIsToldWhichOfBothIsWrong() {
        #expect(TokenFault(.certificate).message == "the token is bound to another certificate")
        #expect(TokenFault(.proofKey).message == "the token is bound to another key")
        #expect(TokenFault(.proofKey).description == "proof_key")
    }

    @Test func aProcessorsTokenSaysForWhomHeReads() throws {
        let hub = try TokenFixture(), consumer = try #require(Slug("stad-antwerpen"))
        let compact = try token(hub, hub.binding, actFor: consumer)
        let token = try hub.verify(compact)
        #expect(token.details.actFor == consumer && token.client == hub.client)
        let written = try JSON.parse(CompactJWS(compact).payload)["authorization_details"]
        #expect(written?.array?.first?["act_for"] == "stad-antwerpen")
    }
}
