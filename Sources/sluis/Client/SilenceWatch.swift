import Synchronization

/// Ends a call in which the hub has given no sign of life for too long.
///
/// The time that the reader of our own output takes does not count: a download may wait in a pager for hours.
final class SilenceWatch: Sendable {
    private let limit: Mutex<Duration>
    /// Nil while nothing is expected of the hub.
    private let waitingSince = Mutex<ContinuousClock.Instant?>(.now)

    init(limit: Duration) { self.limit = Mutex(limit) }

    /// From now on the hub may be silent for another time, as when it has work to do.
    func allow(_ limit: Duration) { self.limit.withLock { $0 = limit } }

    /// The hub did something, and is expected to do more.
    func heard() { waitingSince.withLock { $0 = .now } }

    /// It is our turn.
    func pause() { waitingSince.withLock { $0 = nil } }

    /// Runs `body`; if the hub falls silent meanwhile, cancels it and throws what `silent` says.
    func guarding<Value: Sendable>(
        silent: @escaping @Sendable () -> any Error, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await self.fallsSilent()
                throw silent()
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// Returns when the limit has passed.
    private func fallsSilent() async throws {
        while true {
            let limit = limit.withLock { $0 }
            let rest = waitingSince.withLock { $0.map { limit - (.now - $0) } } ?? limit
            guard rest > .zero else { return }
            try await Task.sleep(for: rest)
        }
    }
}
