import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct ReplayGuardTests {
    private func parts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    @Test func aThingIsFreshOnce() {
        let replays = ReplayGuard()
        #expect(replays.insert(parts("a", "1"), of: one, window: 5, current: 5) == .fresh)
        #expect(replays.insert(parts("a", "1"), of: one, window: 5, current: 5) == .replayed)
        #expect(replays.insert(parts("a", "1"), of: one, window: 5, current: 6) == .replayed)
        #expect(replays.insert(parts("a", "2"), of: one, window: 5, current: 6) == .fresh)
        #expect(replays.insert(parts("b", "1"), of: one, window: 6, current: 6) == .fresh)
        #expect(replays.count == 3)
    }

    @Test func whereOnePartEndsAndTheNextBeginsCounts() {
        let replays = ReplayGuard()
        let all = [parts("ab", "c"), parts("a", "bc"), parts("abc"), parts("abc", ""), parts("", "abc"), []]
        for parts in all { #expect(replays.insert(parts, of: one, window: 0, current: 0) == .fresh) }
        for parts in all { #expect(replays.insert(parts, of: one, window: 0, current: 0) == .replayed) }
    }

    @Test func whatIsOlderThanTwoWindowsIsForgotten() {
        let replays = ReplayGuard()
        for window in 0..<10 as Range<Int64> {
            for id in 0..<5 {
                #expect(replays.insert(parts("\(id)"), of: one, window: window, current: window) == .fresh)
            }
            #expect(replays.count == (window == 0 ? 5 : 10))
        }
        #expect(replays.insert(parts("x"), of: one, window: 100, current: 100) == .fresh)
        #expect(replays.count == 1)
    }

    /// Else what was used and forgotten would count as fresh.
    @Test func aClockThatGoesBackBringsNothingToLife() {
        let replays = ReplayGuard()
        #expect(replays.insert(parts("a"), of: one, window: 8, current: 8) == .fresh)
        #expect(replays.insert(parts("b"), of: one, window: 10, current: 10) == .fresh)
        #expect(replays.insert(parts("a"), of: one, window: 8, current: 8) == .outdated)
        #expect(replays.insert(parts("a"), of: one, window: 8, current: 9) == .outdated)
        #expect(replays.insert(parts("b"), of: one, window: 9, current: 9) == .fresh)
        #expect(replays.insert(parts("b"), of: one, window: 10, current: 10) == .replayed)
    }

    @Test func beyondItsCapacityNothingIsFresh() {
        let replays = ReplayGuard(capacity: 3)
        for id in 0..<3 { #expect(replays.insert(parts("\(id)"), of: one, window: 1, current: 1) == .fresh) }
        #expect(replays.insert(parts("3"), of: one, window: 1, current: 1) == .full)
        #expect(replays.insert(parts("3"), of: one, window: 2, current: 2) == .full, "both windows together")
        #expect(
            replays.insert(parts("0"), of: one, window: 1, current: 2) == .replayed,
            "what is known stays known")
        #expect(replays.insert(parts("3"), of: one, window: 3, current: 3) == .fresh)
        #expect(replays.count == 1)
    }

    @Test func ofManyAtOnceOneIsFresh() async {
        let replays = ReplayGuard()
        let fresh = await withTaskGroup(of: [Int].self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<1000).filter { step in
                        let id = (step + task * 131) % 1000
                        let parts = [Array("key".utf8), Array("\(id)".utf8)]
                        return replays.insert(parts, of: one, window: 7, current: 7 + Int64(step / 500))
                            == .fresh
                    }
                }
            }
            return await group.reduce(0) { $0 + $1.count }
        }
        #expect(fresh == 1000 && replays.count == 1000)
    }

    @Test func aWindowThatHasNotBegunIsAMistakeOfOurs() async {
        await #expect(processExitsWith: .failure) {
            _ = ReplayGuard().insert([], of: one, window: 1, current: 0)
        }
        await #expect(processExitsWith: .failure) { _ = ReplayGuard(capacity: 0) }
    }

    @Test func oneClientDoesNotTakeTheRoomOfOthers() throws {
        let replays = ReplayGuard(capacity: 10, capacityPerClient: 2)
        let two = try #require(Slug("two"))
        for (id, window) in [("1", Int64(1)), ("2", 2)] {
            #expect(replays.insert(parts(id), of: one, window: window, current: window) == .fresh)
        }
        #expect(replays.insert(parts("3"), of: one, window: 2, current: 2) == .full)
        #expect(replays.insert(parts("3"), of: two, window: 2, current: 2) == .fresh)
        #expect(replays.insert(parts("4"), of: one, window: 3, current: 3) == .fresh, "a window has passed")
    }
}
