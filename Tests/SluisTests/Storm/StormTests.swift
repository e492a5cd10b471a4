import Foundation
import Model
import TestSupport
import Testing

@testable import sluis

/// Fifty streams, always running, while owners withdraw, amend, and let grants run out at random moments.
///
/// Every while the storm pauses until the log tells all; then all that was read is held against the log, the
/// side files and the owners' histories, and forgotten, while it goes on.
@Suite("A storm of withdrawals, expiries and amendments over fifty streams", .serialized)
struct StormTests {
    private static let streams = 50
    private static let changers = 6
    private static let secondsBetweenPauses: Int64 = 15
    /// `make soak` makes it ten minutes.
    private static let seconds: Int = {
        #if DEBUG
            let usual = 12
        #else
            let usual = 60
        #endif
        return ProcessInfo.processInfo.environment["SLUIS_STREAM_SECONDS"].flatMap { Int($0) } ?? usual
    }()

    @Test(
        "Not one row under an epoch that took it, and entries, side files and histories are what came",
        .timeLimit(.minutes(60)))
    func storm() async throws {
        var random = SeededGenerator.announced("storm over fifty streams")
        let clock = ContinuousClock()
        let started = clock.now
        let world = try await StormWorld(seconds: Self.seconds, using: &random)
        var storm = Storm(world)
        try await storm.begin(random.next())
        let begun = clock.now
        let end = Instant.system.adding(seconds: Int64(Self.seconds))
        while Instant.system < end, storm.findings.faults.isEmpty {
            let pause = Instant.system.adding(seconds: Self.secondsBetweenPauses)
            try await storm.rage(
                until: min(pause, end), streams: Self.streams, changers: Self.changers, random.next())
        }
        let over = clock.now
        try await storm.end()
        let (setUp, lasted, all) = (begun - started, over - begun, clock.now - started)
        print("storm: set up in \(setUp), lasted \(lasted), all in \(all); \(storm.findings.count)")
        let faults = storm.findings.faults
        #expect(faults.isEmpty, "\(faults.prefix(20).joined(separator: "\n")), \(replay)")
        let count = storm.findings.count
        #expect(count.crossed > 0 && count.hungUp > 0 && count.parts > 0)
        #expect(count.narrowings > 0 && count.expiries > 0 && count.exactKeys > 0)
    }
}
