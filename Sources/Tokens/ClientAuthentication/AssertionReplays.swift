public import Model
import Synchronization

/// Sees to it that an assertion is used once: remembers client and `jti` of each until it expires.
///
/// A client has a share of its own, so that none can take the room of all others.
public final class AssertionReplays: Sendable {
    private struct State {
        var seen: Set<ReplayMark> = []
        var counts: [Slug: Int] = [:]
        /// The same marks by the moment of expiry and client. Assertions expire at whole seconds and
        /// within an hour, so there are some thousands of moments at most.
        var moments: [Instant: [Slug: [ReplayMark]]] = [:]
        /// Up to when all have been forgotten; a clock that goes back does not take it along.
        var forgotten: Instant?
    }

    private let capacity: Int
    private let capacityPerClient: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: how many to remember in all. Beyond it nothing counts as unused.
    ///   - capacityPerClient: how many of one client.
    public init(capacity: Int = 1_000_000, capacityPerClient: Int = 10_000) {
        precondition(capacity > 0 && capacityPerClient > 0, "a capacity of at least one")
        self.capacity = capacity
        self.capacityPerClient = capacityPerClient
    }

    /// Remembers an assertion that is used now, and tells whether its client used its `jti` before.
    ///
    /// Safe to call from any number of threads: of many with one assertion one is `fresh`.
    public func insert(_ assertion: VerifiedAssertion, at time: Instant) -> ReplayVerdict {
        let client = assertion.client
        let mark = ReplayMark([Array(client.text.utf8), Array(assertion.id.utf8)])
        return state.withLock { state in
            Self.forget(upTo: time, &state)
            guard assertion.expiresAt > state.forgotten ?? time else { return .outdated }
            guard !state.seen.contains(mark) else { return .replayed }
            guard state.seen.count < capacity, state.counts[client, default: 0] < capacityPerClient else {
                return .full
            }
            state.seen.insert(mark)
            state.counts[client, default: 0] += 1
            state.moments[assertion.expiresAt, default: [:]][client, default: []].append(mark)
            return .fresh
        }
    }

    /// Looks through the moments once a second at most, and at each mark once in its life.
    private static func forget(upTo time: Instant, _ state: inout State) {
        let second = Instant(milliseconds: time.milliseconds - time.milliseconds % 1000)
        guard second > state.forgotten ?? Instant(milliseconds: .min) else { return }
        state.forgotten = second
        for moment in state.moments.keys.filter({ $0 <= second }) {
            for (client, marks) in state.moments.removeValue(forKey: moment) ?? [:] {
                state.seen.subtract(marks)
                let rest = state.counts[client, default: 0] - marks.count
                state.counts[client] = rest > 0 ? rest : nil
            }
        }
    }

    /// How many are remembered.
    var count: Int { state.withLock { $0.seen.count } }
}
