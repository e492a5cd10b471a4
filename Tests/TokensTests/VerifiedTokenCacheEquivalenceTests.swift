import Cryptography
import Model
import Testing

@testable import Tokens
import TestSupport

/// The cache answers exactly what the verifier answers, whatever comes in whatever order.
@Suite struct VerifiedTokenCacheEquivalenceTests {
    private let now = TokenFixture.now

    private func outcome(_ body: () throws(TokenFault) -> AccessToken) -> Result<AccessToken, TokenFault> {
        do { return .success(try body()) } catch { return .failure(error) }
    }

    /// 10,000 uses of a pool of good, bent, foreign, future and short-lived tokens, at times that go back and
    /// forth and with two bindings, against a cache too small for all of them.
    @Test func tenThousandRandomUses() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("verified-token cache: 10,000 uses from seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let hub = try TokenFixture()
        let pool = try tokens(hub, &random)
        let bindings = [hub.binding, .key(hub.thumbprint)]
        let cache = VerifiedTokenCache(capacity: 128, key: SecureRandom.bytes(16))
        var good = 0
        for use in 0..<10_000 {
            let compact = pool[Int.random(in: 0..<pool.count, using: &random)]
            let time = now.adding(seconds: Int64.random(in: -20...700, using: &random))
            let binding = bindings[Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0]
            let expected = outcome { () throws(TokenFault) in
                try hub.verifier.verify(compact, at: time, boundTo: binding)
            }
            let answer = outcome { () throws(TokenFault) in
                try cache.token(for: compact, at: time, boundTo: binding, orVerify: hub.verifier)
            }
            try #require(answer == expected, "use \(use), seed \(seed)")
            if case .success = answer { good += 1 }
        }
        #expect(good > 1000 && good < 9000, "both outcomes occur: \(good) good")
    }

    private func tokens(_ hub: TokenFixture, _ random: inout SeededGenerator) throws -> [[UInt8]] {
        var pool: [[UInt8]] = []
        let foreign = try TokenFixture()
        for id in 0..<300 {
            let start = now.adding(seconds: Int64.random(in: 0...100, using: &random))
            let seconds = Int.random(in: 1...600, using: &random)
            let good = Array(try hub.token(at: start, seconds: seconds, id: "\(id)").utf8)
            pool.append(good)
            var bent = good
            bent[Int.random(in: 0..<bent.count, using: &random)] ^=
                1 << UInt8.random(in: 0...7, using: &random)
            pool.append(bent)
            if id % 5 == 0 { pool.append(Array(try foreign.token(id: "\(id)").utf8)) }
            if id % 7 == 0 { pool.append(Array(good.dropLast(Int.random(in: 1...80, using: &random)))) }
        }
        return pool
    }

    @Test func manyTasksShareACacheThatIsTooSmallAndOftenEmptied() async throws {
        let hub = try TokenFixture()
        let pool = try (0..<200).map { Array(try hub.token(id: "\($0)").utf8) }
        let cache = VerifiedTokenCache(capacity: 128, key: SecureRandom.bytes(16))
        let thief = TokenBinding.certificate(try #require(Thumbprint(SecureRandom.bytes(32))))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    var wrong = 0
                    for use in 0..<1000 {
                        let index = Int.random(in: 0..<200, using: &random)
                        let isThief = use % 3 == 0
                        let token = try? cache.token(
                            for: pool[index], at: now, boundTo: isThief ? thief : hub.binding,
                            orVerify: hub.verifier)
                        if token?.id != (isThief ? nil : "\(index)") { wrong += 1 }
                        if use % 250 == 0 { cache.removeAll() }
                    }
                    return wrong
                }
            }
            for try await wrong in group { #expect(wrong == 0) }
        }
        #expect(cache.tokens.count <= 128)
    }
}
