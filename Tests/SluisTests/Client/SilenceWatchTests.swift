import Testing

@testable import sluis

@Suite("A hub that falls silent is given up")
struct SilenceWatchTests {
    private struct Silent: Error {}

    @Test("Whoever is waited for too long is given up, whatever he does later")
    func silent() async {
        let watch = SilenceWatch(limit: .milliseconds(50))
        await #expect(throws: Silent.self) {
            try await watch.guarding(silent: { Silent() }) { try await Task.sleep(for: .seconds(600)) }
        }
    }

    @Test("While it is our turn nobody is waited for")
    func ourTurn() async throws {
        let watch = SilenceWatch(limit: .milliseconds(50))
        watch.pause()
        let value = try await watch.guarding(silent: { Silent() }) {
            try await Task.sleep(for: .milliseconds(400))
            return 7
        }
        #expect(value == 7)
    }

    @Test("After our turn the patience begins anew")
    func resumed() async {
        let watch = SilenceWatch(limit: .milliseconds(50))
        watch.pause()
        await #expect(throws: Silent.self) {
            try await watch.guarding(silent: { Silent() }) {
                watch.heard()
                try await Task.sleep(for: .seconds(600))
            }
        }
    }

    @Test("What the call itself throws comes through")
    func thrown() async {
        struct Odd: Error {}
        let watch = SilenceWatch(limit: .seconds(600))
        await #expect(throws: Odd.self) {
            try await watch.guarding(silent: { Silent() }) { throw Odd() }
        }
    }
}
