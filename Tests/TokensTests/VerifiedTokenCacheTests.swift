import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct VerifiedTokenCacheTests {
    private let now = TokenFixture.now

    private func cache(_ capacity: Int = 1024) -> VerifiedTokenCache {
        VerifiedTokenCache(capacity: capacity, key: SecureRandom.bytes(16))
    }

    @Test func theSecondUseIsAHit() throws {
        let hub = try TokenFixture(), cache = cache()
        let compact = Array(try hub.token().utf8)
        #expect(cache.tokens.count == 0)
        for _ in 0..<3 {
            let token = try cache.token(
                for: compact, at: now, boundTo: hub.binding, orVerify: hub.verifier)
            #expect(try token == hub.verifier.verify(compact, at: now, boundTo: hub.binding))
            #expect(cache.tokens.count == 1)
        }
    }

    @Test func aTokenExpiresBetweenTwoHits() throws {
        let hub = try TokenFixture(), cache = cache()
        let compact = Array(try hub.token(seconds: 60).utf8)
        func use(at time: Instant) throws {
            _ = try cache.token(for: compact, at: time, boundTo: hub.binding, orVerify: hub.verifier)
        }
        #expect(throws: Never.self) { try use(at: now) }
        #expect(throws: Never.self) { try use(at: now.adding(seconds: 59)) }
        #expect(throws: TokenFault(.expired)) { try use(at: now.adding(seconds: 60)) }
        // A clock that is set back makes it no more valid than the verifier would say.
        #expect(throws: TokenFault(.notYetValid)) { try use(at: now.adding(seconds: -6)) }
        #expect(throws: Never.self) { try use(at: now) }
    }

    @Test func aThiefDoesNotProfitFromTheOwnersHit() throws {
        let hub = try TokenFixture(), cache = cache()
        let compact = Array(try hub.token().utf8)
        let thief = try #require(Thumbprint(SecureRandom.bytes(32)))
        for _ in 0..<2 {
            #expect(throws: TokenFault(.certificate)) {
                try cache.token(for: compact, at: now, boundTo: .certificate(thief), orVerify: hub.verifier)
            }
            #expect(throws: Never.self) {
                try cache.token(for: compact, at: now, boundTo: hub.binding, orVerify: hub.verifier)
            }
        }
    }

    @Test func onlyGoodTokensComeIn() throws {
        let hub = try TokenFixture(), cache = cache()
        let good = Array(try hub.token().utf8)
        let foreign = Array(try TokenFixture().token().utf8)
        for compact in [foreign, Array(good.dropLast()), [], Array("x".utf8)] {
            #expect(throws: TokenFault.self) {
                try cache.token(for: compact, at: now, boundTo: hub.binding, orVerify: hub.verifier)
            }
        }
        #expect(throws: TokenFault(.expired)) {
            try cache.token(
                for: good, at: now.adding(seconds: 600), boundTo: hub.binding, orVerify: hub.verifier)
        }
        #expect(cache.tokens.count == 0)
    }

    @Test func whatOneVerifierAcceptedIsUnknownToAnother() throws {
        let hub = try TokenFixture(), cache = cache()
        let compact = Array(try hub.token().utf8)
        _ = try cache.token(for: compact, at: now, boundTo: hub.binding, orVerify: hub.verifier)
        let rotated = TokenVerifier(issuer: TokenFixture.people, audience: TokenFixture.machines, keys: [:])
        #expect(throws: TokenFault(.unknownKey)) {
            try cache.token(for: compact, at: now, boundTo: hub.binding, orVerify: rotated)
        }
        let elsewhere = TokenVerifier(
            issuer: TokenFixture.people, audience: "https://elsewhere.example",
            keys: ["2026-06": hub.key.publicKey])
        #expect(throws: TokenFault(.audience)) {
            try cache.token(for: compact, at: now, boundTo: hub.binding, orVerify: elsewhere)
        }
    }

    @Test func afterRemoveAllNothingIsKnown() throws {
        let hub = try TokenFixture(), cache = cache()
        for id in 0..<20 {
            _ = try cache.token(
                for: Array(try hub.token(id: "\(id)").utf8), at: now, boundTo: hub.binding,
                orVerify: hub.verifier)
        }
        #expect(cache.tokens.count == 20)
        cache.removeAll()
        #expect(cache.tokens.count == 0)
    }

    @Test func capacityIsRoundedUpAndNeverExceeded() throws {
        #expect(cache(1).capacity == 128 && cache(128).capacity == 128 && cache(129).capacity == 256)
        let hub = try TokenFixture(), cache = cache(128)
        let tokens = try (0..<600).map { Array(try hub.token(id: "\($0)").utf8) }
        for compact in tokens + tokens {
            let token = try cache.token(
                for: compact, at: now, boundTo: hub.binding, orVerify: hub.verifier)
            #expect(try token == hub.verifier.verify(compact, at: now, boundTo: hub.binding))
            #expect(cache.tokens.count <= 128)
        }
        #expect(cache.tokens.count > 100, "600 tokens leave hardly a place empty")
    }

    @Test func expiredTokensMakeRoomForLivingOnes() throws {
        let hub = try TokenFixture(), cache = cache(128)
        func fill(_ name: String, _ count: Int, seconds: Int, at time: Instant) throws {
            for id in 0..<count {
                let compact = try hub.token(at: time, seconds: seconds, id: "\(name)\(id)")
                _ = try cache.token(
                    for: Array(compact.utf8), at: time, boundTo: hub.binding, orVerify: hub.verifier)
            }
        }
        func held(_ name: String) -> Int { cache.tokens.count { $0.id.hasPrefix(name) } }
        // Eight long-lived tokens in all fit into one set, should chance put them there.
        try fill("long", 4, seconds: 600, at: now)
        try fill("short", 600, seconds: 10, at: now)
        #expect(held("long") == 4 && held("short") > 100, "what expires first goes first")
        try fill("new", 4, seconds: 600, at: now.adding(seconds: 20))
        #expect(held("long") == 4 && held("new") == 4)
    }

    @Test func aCapacityAndAKeyAreNeeded() async {
        await #expect(processExitsWith: .failure) {
            _ = VerifiedTokenCache(capacity: 0, key: [UInt8](repeating: 1, count: 16))
        }
        await #expect(processExitsWith: .failure) { _ = VerifiedTokenCache(capacity: 128, key: [1]) }
    }
}
