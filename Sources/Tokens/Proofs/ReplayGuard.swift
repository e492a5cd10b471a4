public import Model
import Synchronization

/// Sees to it that a proof is used once.
///
/// What was used is kept by the window of its nonce, and forgotten with the window. That is exact: a proof
/// carries its window's nonce under its signature, and the nonce is good in that window and the next only,
/// so that none can come back after its window was forgotten. Kept are therefore two windows.
///
/// A client has a share of its own, so that none can take the room of all others.
public final class ReplayGuard: Sendable {
    private struct State {
        /// The newest window that was current; a clock that goes back does not take it along.
        var newest: Int64?
        var seen: [Int64: Set<ReplayMark>] = [:]
        var counts: [Int64: [Slug: Int]] = [:]
    }

    private let capacity: Int
    private let capacityPerClient: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: how many to remember in all windows together, each in about 32 bytes. Beyond it nothing
    ///     counts as unused.
    ///   - capacityPerClient: how many of one client.
    public init(capacity: Int = 1_000_000, capacityPerClient: Int = 250_000) {
        precondition(capacity > 0 && capacityPerClient > 0, "a capacity of at least one")
        self.capacity = capacity
        self.capacityPerClient = capacityPerClient
    }

    /// Remembers something that was used now, and tells whether it was used before.
    ///
    /// Safe to call from any number of threads: of many with the same parts one is `fresh`.
    /// - Parameters:
    ///   - parts: what makes it one, in this order.
    ///   - client: whose it is.
    ///   - window: of its nonce, `current` or the one before.
    ///   - current: the window of now.
    public func insert(
        _ parts: [[UInt8]], of client: Slug, window: Int64, current: Int64
    ) -> ReplayVerdict {
        precondition(window <= current, "a window that has not begun")
        let mark = ReplayMark(parts)
        return state.withLock { state in
            let newest = max(state.newest ?? current, current)
            if newest != state.newest {
                state.newest = newest
                state.seen = state.seen.filter { $0.key >= newest - 1 }
                state.counts = state.counts.filter { $0.key >= newest - 1 }
            }
            guard window >= newest - 1 else { return .outdated }
            guard state.seen[window]?.contains(mark) != true else { return .replayed }
            guard state.seen.values.reduce(0, { $0 + $1.count }) < capacity else { return .full }
            let own = state.counts.values.reduce(0) { $0 + $1[client, default: 0] }
            guard own < capacityPerClient else { return .full }
            state.seen[window, default: []].insert(mark)
            state.counts[window, default: [:]][client, default: 0] += 1
            return .fresh
        }
    }

    /// How many are remembered.
    var count: Int { state.withLock { state in state.seen.values.reduce(0) { $0 + $1.count } } }
}
