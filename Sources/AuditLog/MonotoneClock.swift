public import Model
internal import Synchronization

/// A clock that never goes back, not even over a restart: what has expired stays expired.
///
/// It begins at the newest time in the log and afterwards gives the source's time or, while the source is
/// behind, the newest time it gave.
public final class MonotoneClock: Sendable {
    private let source: @Sendable () -> Instant
    private let newest: Mutex<Instant>

    public init(notBefore floor: Instant, source: @escaping @Sendable () -> Instant) {
        self.source = source
        newest = Mutex(floor)
    }

    public func now() -> Instant {
        let time = source()
        return newest.withLock { newest in
            newest = max(newest, time)
            return newest
        }
    }
}
