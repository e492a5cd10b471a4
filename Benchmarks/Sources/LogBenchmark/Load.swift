import AuditLog
import Foundation
import Glibc
import Pinning
import Synchronization

/// Entries that come in at a steady rate, whether or not those before are answered, or as fast as they are.
struct Load {
    let entryBytes: Int
    let seconds: Int

    /// As many as may be unanswered when the log is kept saturated.
    private static let window = 65_536

    /// Every latency is taken from the moment the entry was due, so that a producer that is held up does not
    /// hide what waits behind it.
    func run(perSecond rate: Int) throws {
        try measure("rate_\(rate)_\(entryBytes)") { log, meter in
            let start = now()
            let total = rate * seconds
            var made = 0
            while made < total {
                let due = min(total, Int(Double(now() - start) / 1e9 * Double(rate)))
                while made < due {
                    let at = start + UInt64(Double(made) / Double(rate) * 1e9)
                    meter.append(to: log, number: made, bytes: entryBytes, since: at)
                    made += 1
                }
                // A producer that never sleeps would, at its priority, keep the kernel's own threads from the
                // core on which the disk reports what it has done.
                usleep(100)
            }
        }
    }

    func saturate() throws {
        try measure("saturated_\(entryBytes)") { log, meter in
            let end = now() + UInt64(seconds) * 1_000_000_000
            var made = 0
            while now() < end {
                while meter.unanswered < Self.window {
                    meter.append(to: log, number: made, bytes: entryBytes, since: now())
                    made += 1
                }
                usleep(50)
            }
        }
    }

    private func measure(_ name: String, _ produce: @escaping @Sendable (AuditLog, Meter) -> Void) throws {
        let home = try LogHome()
        let log = try home.open()
        let meter = Meter()
        let start = now()
        let producer = Thread {
            // The log keeps core 0, on which the process was started.
            _ = pin_this_thread(1)
            produce(log, meter)
            meter.end()
        }
        producer.stackSize = 1 << 20
        producer.start()
        meter.waitForEnd()
        let elapsed = Double(now() - start) / 1e9
        log.close()
        let answered = meter.samples.total
        print("figure append_\(name)_per_s \(Int(Double(answered) / elapsed)) entries/s")
        for (label, percent) in [("p50", 50), ("p99", 99.0), ("p99_9", 99.9), ("max", 100)] {
            print("figure append_\(name)_\(label)_ms \(meter.samples.percentile(percent)) ms")
        }
        print("figure append_\(name)_refused \(meter.refused) entries")
        print("# \(try home.verify())")
    }
}

func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// What became of the entries.
final class Meter: Sendable {
    let samples = Samples()
    private let open = Atomic(0)
    private let refusals = Atomic(0)
    private let ended = DispatchSemaphore(value: 0)

    var unanswered: Int { open.load(ordering: .relaxed) }
    var refused: Int { refusals.load(ordering: .relaxed) }

    /// An entry like those of the hub: an object with a number that nobody else has.
    func append(to log: AuditLog, number: Int, bytes: Int, since start: UInt64) {
        open.add(1, ordering: .relaxed)
        log.append(Self.entry(number, bytes: bytes)) { [self] result in
            switch result {
            case .success: samples.note(nanoseconds: now() - start)
            case .failure: refusals.add(1, ordering: .relaxed)
            }
            open.subtract(1, ordering: .relaxed)
        }
    }

    private static func entry(_ number: Int, bytes: Int) -> [UInt8] {
        let head = #"{"actor":null,"at":"2026-11-23T10:00:00.000Z","nonce":""#
        let tail = #"","seq":null,"type":"access","v":1}"#
        let digits = String(number)
        let padding = bytes - head.utf8.count - tail.utf8.count - digits.utf8.count
        var entry: [UInt8] = []
        entry.reserveCapacity(bytes)
        entry.append(contentsOf: head.utf8)
        entry.append(contentsOf: repeatElement(UInt8(ascii: "A"), count: max(0, padding)))
        entry.append(contentsOf: digits.utf8)
        entry.append(contentsOf: tail.utf8)
        return entry
    }

    /// Called when nothing more is appended; `waitForEnd` then waits for the answers.
    func end() { ended.signal() }

    func waitForEnd() {
        ended.wait()
        while unanswered > 0 { usleep(100) }
    }
}
