import Foundation
import Model
import Synchronization
import Testing

@testable import AuditLog
import TestSupport

@Suite("A clock that never goes back") struct MonotoneClockTests {
    /// A source that is set by the test.
    private final class Source: Sendable {
        private let time = Mutex<Int64>(0)
        func set(_ milliseconds: Int64) { time.withLock { $0 = milliseconds } }
        var now: Instant { Instant(milliseconds: time.withLock { $0 }) }
    }

    @Test("It is the source, never before the floor and never before what it said") func story() {
        let source = Source()
        let clock = MonotoneClock(notBefore: Instant(milliseconds: 100)) { source.now }
        for (time, expected) in [
            (0, 100), (99, 100), (100, 100), (150, 150), (20, 150), (-5, 150), (151, 151),
        ] {
            source.set(Int64(time))
            #expect(clock.now() == Instant(milliseconds: Int64(expected)))
        }
        source.set(.max)
        #expect(clock.now() == Instant(milliseconds: .max))
        source.set(.min)
        #expect(clock.now() == Instant(milliseconds: .max))
    }

    @Test("On random steps it is the running maximum") func random() {
        var generator = SeededGenerator.announced("clock")
        let source = Source()
        var expected = Int64.random(in: -1000...1000, using: &generator)
        let clock = MonotoneClock(notBefore: Instant(milliseconds: expected)) { source.now }
        for _ in 0..<2000 {
            let time = expected + Int64.random(in: -500...50, using: &generator)
            source.set(time)
            expected = max(expected, time)
            #expect(clock.now().milliseconds == expected)
        }
    }

    @Test("No caller sees it go back while many ask and the source jumps") func concurrent() async {
        let source = Source()
        let clock = MonotoneClock(notBefore: noon) { source.now }
        await withTaskGroup(of: Bool.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    var last = noon
                    for step in 0..<2000 {
                        source.set(
                            noon.milliseconds + Int64((step * 7919 + caller * 104_729) % 10_000) - 3000)
                        let now = clock.now()
                        if now < last { return false }
                        last = now
                    }
                    return true
                }
            }
            for await isMonotone in group { #expect(isMonotone) }
        }
    }

    @Test("After a restart it begins at the newest entry, though the computer's clock was set back")
    func restart() async throws {
        let directory = try DataDirectory()
        var log = try directory.open()
        _ = try await log.append(entry("future", at: noon.adding(seconds: 3600)))
        try await log.appendAll(entries(1..<600))
        log.close()
        log = try directory.open()
        let clock = MonotoneClock(notBefore: log.newestTimeAtOpening) { noon }
        #expect(clock.now() == noon.adding(seconds: 3600))
        log.close()
    }
}
