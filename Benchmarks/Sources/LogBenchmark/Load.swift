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
        try measure("rate_\(rate)_\(entryBytes)") { log, meter, pinner in
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
                pinner.pin()
                // A producer that never sleeps would, at its priority, keep the kernel's own threads from the
                // core on which the disk reports what it has done.
                usleep(100)
            }
        }
    }

    func saturate() throws {
        try measure("saturated_\(entryBytes)") { log, meter, pinner in
            let end = now() + UInt64(seconds) * 1_000_000_000
            var made = 0
            while now() < end {
                while meter.unanswered < Self.window {
                    meter.append(to: log, number: made, bytes: entryBytes, since: now())
                    made += 1
                }
                pinner.pin()
                usleep(50)
            }
        }
    }

    private func measure(
        _ name: String, _ produce: @escaping @Sendable (AuditLog, Meter, Pinner) -> Void
    ) throws {
        let home = try LogHome()
        let log = try home.open()
        let meter = Meter()
        let start = now()
        let producer = Thread {
            // The log keeps core 0. A thread inherits the core of the one that makes it, and the log's are made
            // when the producer needs them: so they are put back, now and then.
            _ = pin_this_thread(1)
            let pinner = Pinner()
            produce(log, meter, pinner)
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
        print("# slowest of each second, ms: \(meter.slowest)")
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
    private let begun = now()
    /// Nanoseconds, by the second in which the answer came.
    private let slowestOfSecond = Mutex<[UInt64]>([])
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
            case .success: note(since: start)
            case .failure: refusals.add(1, ordering: .relaxed)
            }
            open.subtract(1, ordering: .relaxed)
        }
    }

    private func note(since start: UInt64) {
        let end = now()
        samples.note(nanoseconds: end - start)
        let second = Int((end - begun) / 1_000_000_000)
        slowestOfSecond.withLock { list in
            while list.count <= second { list.append(0) }
            list[second] = max(list[second], end - start)
        }
    }

    /// Milliseconds, second by second: shows whether a high percentile is one stall or many.
    var slowest: String {
        slowestOfSecond.withLock { $0.map { String($0 / 1_000_000) }.joined(separator: " ") }
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

/// Keeps the threads of the log on core 0; used by the producer alone.
final class Pinner {
    private var notBefore: UInt64 = 0

    func pin() {
        let time = now()
        guard time >= notBefore else { return }
        _ = pin_others(0, 1)
        notBefore = time + 20_000_000
    }
}
