internal import Model
internal import PolicyEngine
internal import Synchronization

/// Counts the reads under one agreement whose policies limit them, in memory. The log has them all: at the
/// start of the hub they are counted anew from there.
public final class ReadCounter: Sendable {
    /// A read that was counted before it was decided, so that of two at once only one is the last.
    ///
    /// Unless it is spent it is given back: a read that was denied or did not begin does not count.
    public final class Reservation: Sendable {
        /// Nil if nobody knows: then no limit is kept.
        let counts: ReadCounts?
        private let counter: ReadCounter
        private let place: Place
        private let state = Mutex(State.held)

        private enum State { case held, spent, over }

        fileprivate init(_ counter: ReadCounter, _ counts: ReadCounts?, _ place: Place) {
            self.counter = counter
            self.counts = counts
            self.place = place
        }

        deinit { if state.withLock({ $0 }) == .held { counter.remove(place) } }

        /// Something may be sent from now on.
        public func spend() { state.withLock { if $0 == .held { $0 = .spent } } }

        /// Nothing was sent.
        public func giveBack() {
            let wasCounted = state.withLock { state in
                defer { state = .over }
                return state != .over
            }
            if wasCounted { counter.remove(place) }
        }
    }

    /// Where a read was counted: when the periods began that it was counted in.
    struct Place: Sendable {
        fileprivate var starts: [Instant] = []
    }

    private struct Tally {
        var isKnown = true
        var total = 0
        /// By period, the one of the newest read: earlier ones are over for good.
        var periods = [(start: Instant, count: Int)](
            repeating: (Instant(milliseconds: .min), 0), count: ReadCounts.Period.allCases.count)

        mutating func add(at time: Instant) -> Place {
            var place = Place()
            total += 1
            for period in ReadCounts.Period.allCases {
                let start = period.start(of: time)
                if periods[period.rawValue].start < start { periods[period.rawValue] = (start, 0) }
                // One that comes late, from a period that is over, counts in the one that came after it.
                periods[period.rawValue].count += 1
                place.starts.append(periods[period.rawValue].start)
            }
            return place
        }

        mutating func remove(_ place: Place) {
            total -= 1
            for (index, start) in place.starts.enumerated() where periods[index].start == start {
                periods[index].count -= 1
            }
        }

        func counts(at time: Instant) -> ReadCounts? {
            guard isKnown else { return nil }
            return ReadCounts(total: total) { period in
                let known = periods[period.rawValue]
                return known.start >= period.start(of: time) ? known.count : 0
            }
        }
    }

    private let tally = Mutex(Tally())

    init() {}

    /// Counts a read that is about to be decided.
    func reserve(at now: Instant) -> Reservation {
        let (counts, place) = tally.withLock { tally in
            let place = tally.add(at: now)
            return (tally.counts(at: now), place)
        }
        return Reservation(self, counts, place)
    }

    /// What the next read would be told; nil if nobody knows.
    func next(at now: Instant) -> ReadCounts? {
        tally.withLock { tally in
            var next = tally
            _ = next.add(at: now)
            return next.counts(at: now)
        }
    }

    /// Counts a read of the past, as the log has it.
    func add(at time: Instant) -> Place { tally.withLock { $0.add(at: time) } }

    func remove(_ place: Place) { tally.withLock { $0.remove(place) } }

    /// The log does not have all reads any more: from now on nobody can tell how many there were.
    func lose() { tally.withLock { $0.isKnown = false } }
}

extension ReadCounts.Period {
    /// When the period began in which a moment is.
    func start(of time: Instant) -> Instant {
        let hour: Int64 = 3_600_000
        let day = 24 * hour
        func floor(_ length: Int64, from origin: Int64 = 0) -> Instant {
            let over = (time.milliseconds - origin) % length
            return Instant(milliseconds: time.milliseconds - (over < 0 ? over + length : over))
        }
        switch self {
        case .hour: return floor(hour)
        case .day: return floor(day)
        // 1970-01-05 was a Monday.
        case .week: return floor(7 * day, from: 4 * day)
        case .month, .year:
            // The text is `YYYY-MM-DD...`, of which the period is a beginning.
            let text = time.description
            let kept = self == .month ? text.prefix(7) + "-01" : text.prefix(4) + "-01-01"
            return Instant(kept + "T00:00:00Z") ?? time
        }
    }
}
