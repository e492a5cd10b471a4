import DataPlane
import Foundation
import Glibc
import Synchronization

/// What a filter that changes costs those who read under it.
extension Hosted {
    /// Snapshots of the filter of all owners, a grant given or ended before each: no two are the same.
    func snapshots(_ version: StoredVersion) throws {
        let filter = try Self.filter(version, 50)
        var kept = filter.snapshot()
        var times: [Double] = []
        let all = FieldSet(version.fields.indices)
        for number in 0..<10_000 {
            let owner = UInt32(number * 97 % version.ordinalCount)
            if filter.fields(of: owner).isEmpty {
                try filter.grant(owner, fields: all)
            } else {
                filter.clear(owner)
            }
            let start = ContinuousClock.now
            kept = filter.snapshot()
            times.append((ContinuousClock.now - start) / .microseconds(1))
        }
        times.sort()
        _ = kept.releasedFields
        figure("snapshot_us", times[times.count / 2], "us")
        figure("snapshot_p99_us", times[times.count * 99 / 100], "us")
    }

    /// The same reads while another thread ends a thousand grants a second, and while it does nothing.
    func reads(under version: StoredVersion) throws {
        let filter = try Self.filter(version, 50)
        var quiet: [Double] = []
        var changing: [Double] = []
        for _ in 0..<9 {
            quiet.append(try cpu(version, filter))
            let hasEnded = Atomic(false)
            let ended = Atomic(0)
            let thread = DispatchSemaphore(value: 0)
            withExtendedLifetime(version) {
                Thread.detachNewThread { [filter, count = version.ordinalCount] in
                    var number = 0
                    while !hasEnded.load(ordering: .relaxed) {
                        filter.clear(UInt32(number * 7919 % count))
                        number += 1
                        usleep(940)
                    }
                    ended.store(number, ordering: .relaxed)
                    thread.signal()
                }
            }
            changing.append(try cpu(version, filter))
            hasEnded.store(true, ordering: .relaxed)
            thread.wait()
        }
        quiet.sort()
        changing.sort()
        figure("read_under_withdrawals_over_quiet", changing[4] / quiet[4], "x")
    }

    /// Of this thread, for twenty reads of three of seven columns.
    private func cpu(_ version: StoredVersion, _ filter: OwnerFilter) throws -> Double {
        let start = threadSeconds()
        for _ in 0..<20 { _ = try read(version, filter, [0, 1, 2], nil) }
        return threadSeconds() - start
    }

    /// The most anonymous memory that an ingest, the filter of all owners and a read of all rows take.
    func runMemory() throws {
        let sampler = Sampler()
        let version = try ingest(verifying: false)
        sampler.tell("ingest")
        let filter = try Self.filter(version, 100)
        _ = try read(version, filter, [0, 1, 2], nil)
        sampler.tell("read")
    }

    /// Looks at the memory of the process a hundred times a second.
    private final class Sampler: Sendable {
        private let most = Atomic(0)

        init() {
            Thread.detachNewThread { [self] in
                while true {
                    let now = Self.anonymousBytes()
                    if now > most.load(ordering: .relaxed) { most.store(now, ordering: .relaxed) }
                    usleep(10_000)
                }
            }
        }

        func tell(_ name: String) {
            figure("anonymous_\(name)_mb", Double(most.exchange(0, ordering: .relaxed)) / 1e6, "MB")
        }

        private static func anonymousBytes() -> Int {
            guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
                return 0
            }
            for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") {
                return 1024 * (line.split(separator: " ").compactMap { Int($0) }.first ?? 0)
            }
            return 0
        }
    }
}
