import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct AssertionReplaysTests {
    private let now = TokenFixture.now

    private func assertion(
        _ id: String, of client: String = "stad-gent", seconds: Int64 = 60
    ) throws -> VerifiedAssertion {
        VerifiedAssertion(
            client: try #require(Slug(client)), key: try #require(Thumbprint(SecureRandom.bytes(32))), id: id,
            expiresAt: now.adding(seconds: seconds))
    }

    @Test func anIdentifierIsFreshOnceForEachClientWhateverTheKeyAndTheTimes() throws {
        let replays = AssertionReplays()
        #expect(replays.insert(try assertion("a"), at: now) == .fresh)
        #expect(replays.insert(try assertion("a"), at: now) == .replayed)
        #expect(replays.insert(try assertion("a", seconds: 90), at: now) == .replayed)
        #expect(replays.insert(try assertion("a", of: "stad-luik"), at: now) == .fresh)
        #expect(replays.insert(try assertion("b"), at: now) == .fresh)
        #expect(replays.count == 3)
    }

    @Test func whatHasExpiredIsForgottenAndNothingElse() throws {
        let replays = AssertionReplays()
        for seconds in 1...100 as ClosedRange<Int64> {
            #expect(replays.insert(try assertion("\(seconds)", seconds: seconds), at: now) == .fresh)
        }
        let later = Instant(milliseconds: now.milliseconds + 30_999)
        #expect(replays.insert(try assertion("new"), at: later) == .fresh)
        #expect(replays.count == 71)
        #expect(replays.insert(try assertion("31", seconds: 31), at: later) == .replayed)
        #expect(replays.insert(try assertion("x", seconds: 900), at: now.adding(seconds: 600)) == .fresh)
        #expect(replays.count == 1)
    }

    /// Else what was used and forgotten would count as fresh.
    @Test func aClockThatGoesBackBringsNothingToLife() throws {
        let replays = AssertionReplays()
        #expect(replays.insert(try assertion("a"), at: now) == .fresh)
        #expect(replays.insert(try assertion("b", seconds: 120), at: now.adding(seconds: 60)) == .fresh)
        #expect(replays.insert(try assertion("a"), at: now) == .outdated)
        #expect(replays.insert(try assertion("b", seconds: 120), at: now) == .replayed)
    }

    @Test func aClientHasItsShareAndAllHaveTheirs() throws {
        let replays = AssertionReplays(capacity: 5, capacityPerClient: 3)
        for id in ["1", "2", "3"] { #expect(replays.insert(try assertion(id), at: now) == .fresh) }
        #expect(replays.insert(try assertion("4"), at: now) == .full)
        for id in ["1", "2"] {
            #expect(replays.insert(try assertion(id, of: "stad-luik"), at: now) == .fresh)
        }
        #expect(replays.insert(try assertion("3", of: "stad-luik"), at: now) == .full)
        #expect(replays.insert(try assertion("1", of: "stad-luik"), at: now) == .replayed)
        let later = now.adding(seconds: 60)
        for id in ["5", "6", "7"] {
            #expect(replays.insert(try assertion(id, seconds: 120), at: later) == .fresh)
        }
        #expect(replays.insert(try assertion("8", seconds: 120), at: later) == .full)
        #expect(replays.count == 3)
    }

    @Test func ofManyAtOnceOneIsFresh() async throws {
        let replays = AssertionReplays()
        let assertions = try (0..<1000).map { try assertion("\($0)", seconds: 60 + Int64($0 % 300)) }
        let now = now
        let fresh = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<1000).count { step in
                        let assertion = assertions[(step + task * 131) % 1000]
                        return replays.insert(assertion, at: now.adding(seconds: Int64(step / 50))) == .fresh
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(fresh == 1000 && replays.count == 1000)
    }

    @Test func aCapacityIsNeeded() async {
        await #expect(processExitsWith: .failure) { _ = AssertionReplays(capacity: 0) }
        await #expect(processExitsWith: .failure) { _ = AssertionReplays(capacityPerClient: 0) }
    }
}
