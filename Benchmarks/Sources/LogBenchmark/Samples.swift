import Synchronization

/// Latencies in microseconds, counted in a table: no sample is lost and none needs memory of its own.
final class Samples: Sendable {
    /// One count for each microsecond up to a second; what is slower is counted in the last.
    private let counts: Mutex<[UInt32]>

    init() { counts = Mutex([UInt32](repeating: 0, count: 1_000_001)) }

    func note(nanoseconds: UInt64) {
        counts.withLock { $0[Int(min(nanoseconds / 1000, 1_000_000))] += 1 }
    }

    var total: Int { counts.withLock { $0.reduce(0) { $0 + Int($1) } } }

    /// In milliseconds.
    func percentile(_ percent: Double) -> Double {
        counts.withLock { counts in
            let total = counts.reduce(0) { $0 + Int($1) }
            let rank = Int((Double(total) * percent / 100).rounded(.up))
            var seen = 0
            for (microseconds, count) in counts.enumerated() {
                seen += Int(count)
                if seen >= rank { return Double(microseconds) / 1000 }
            }
            return 0
        }
    }
}
