internal import Model
internal import Synchronization

/// What is counted of the hub's work. It names no organisation, no dataset and no person.
final class HubMetrics: Sendable {
    struct Outcome: Hashable, Sendable {
        let endpoint: Endpoint
        let status: Int
    }

    private struct Counts {
        var outcomes: [Outcome: Int] = [:]
        /// Of those that `outcomes` does not count.
        var fastAnswers = 0
        var rows = 0
        var bytes = 0
        var withheldRows = 0
        var streams = 0
        var dataTimes = Histogram(bounds: [
            100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
        ])
    }

    private let counts = Mutex(Counts())
    func answered(_ endpoint: Endpoint, _ status: Int, after duration: Duration) {
        counts.withLock { counts in
            counts.outcomes[Outcome(endpoint: endpoint, status: status), default: 0] += 1
            if endpoint == .readData { counts.dataTimes.record(duration) }
        }
    }

    /// Rows left the hub.
    ///
    /// - Parameter withheld: of the whole dataset, rounded as its reader was told.
    func sent(rows: Int, bytes: Int, withheldRows: Int) {
        counts.withLock { counts in
            counts.rows += rows
            counts.bytes += bytes
            counts.withheldRows += withheldRows
        }
    }

    /// A whole answer left the fast lane.
    func answeredWhole(rows: Int, bytes: Int, withheldRows: Int, after duration: Duration) {
        counts.withLock { counts in
            counts.fastAnswers += 1
            counts.dataTimes.record(duration)
            counts.rows += rows
            counts.bytes += bytes
            counts.withheldRows += withheldRows
        }
    }

    func streamBegan() { counts.withLock { $0.streams += 1 } }
    func streamEnded() { counts.withLock { $0.streams -= 1 } }

    var outcomes: [Outcome: Int] {
        counts.withLock { counts in
            var all = counts.outcomes
            if counts.fastAnswers > 0 {
                all[Outcome(endpoint: .readData, status: 200), default: 0] += counts.fastAnswers
            }
            return all
        }
    }
    /// How many answers were prepared, and left the fast lane.
    var fastAnswers: Int { counts.withLock { $0.fastAnswers } }
    var rows: Int { counts.withLock { $0.rows } }
    var bytes: Int { counts.withLock { $0.bytes } }
    var withheldRows: Int { counts.withLock { $0.withheldRows } }
    var streams: Int { counts.withLock { $0.streams } }
    /// From the head of a request for data to the head of its answer, its entry in the log included.
    var dataTimes: Histogram { counts.withLock { $0.dataTimes } }
}
