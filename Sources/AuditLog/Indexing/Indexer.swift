internal import Dispatch
internal import MerkleLog
public import Model
internal import Synchronization

/// Feeds the search index with what the log publishes.
///
/// It works on a queue of its own and asks nothing of the log but to be told of publications, so it cannot
/// slow the log down or make it fail. An index that fails is tried again, later and later, up to a minute;
/// an index of another log, or of a longer one than this, is thrown away and filled anew.
public final class Indexer: Sendable {
    /// What the operator should know.
    public enum Notice: Hashable, Sendable {
        /// The index was not one of this log.
        case beganAnew(reason: String)
        /// The index does not follow for the moment; it is tried again.
        case failing(cause: String)
    }

    private typealias Waiter = CheckedContinuation<Result<Void, RetryableFault>, Never>

    private struct State {
        /// As far as this object knows; nil before it has looked.
        var indexed: UInt64?
        /// What the index said of itself after the last batch: that need not be checked again.
        var trusted: IndexState?
        var waiters: [(size: UInt64, continuation: Waiter)] = []
        var progress: (@Sendable (UInt64) -> Void)?
        var isWaitingForLog = false
        var isRetryDue = false
        var failures = 0
        /// How often it rested, and whether it does now.
        var rests = 0
        var isResting = false
        /// Nothing is done any more.
        var isClosed = false
        /// Why nobody need wait for more entries.
        var end: RetryableFault?
    }

    private static let longestPauseMilliseconds = 60_000
    /// Where a batch was not the last, and nobody waits, so many times as long as it took is rested: an index
    /// that is behind must not take the processor from what it is behind of.
    private static let rest = 9
    private static let longestRestMicroseconds = 1_000_000

    private let log: AuditLog
    private let index: any SearchIndex
    private let firstPauseMilliseconds: Int
    private let notify: @Sendable (Notice) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluis.log.indexer", qos: .utility)

    /// Begins to follow the log at once.
    ///
    /// - Parameter notify: runs on the indexer's queue; it must not wait for the indexer.
    public convenience init(
        log: AuditLog, index: any SearchIndex, notify: @escaping @Sendable (Notice) -> Void
    ) {
        self.init(log: log, index: index, firstPauseMilliseconds: 1000, notify: notify)
    }

    init(
        log: AuditLog, index: any SearchIndex, firstPauseMilliseconds: Int,
        notify: @escaping @Sendable (Notice) -> Void
    ) {
        self.log = log
        self.index = index
        self.firstPauseMilliseconds = firstPauseMilliseconds
        self.notify = notify
        queue.async { self.step() }
    }

    /// Waits until the entries below `size` are indexed.
    ///
    /// - Throws: `index_stopped` if the log or the indexer is closed before.
    public func indexed(to size: UInt64) async throws(RetryableFault) {
        let result = await withCheckedContinuation { (continuation: Waiter) in
            let known = state.withLock { state -> Result<Void, RetryableFault>? in
                if let indexed = state.indexed, indexed >= size { return .success(()) }
                if let end = state.end { return .failure(end) }
                state.waiters.append((size, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
            queue.async { self.endRest(nil) }
        }
        try result.get()
    }

    /// Empties the index and fills it again with all that is published now.
    ///
    /// - Parameter progress: gets the number of indexed entries after each batch, on the indexer's queue.
    /// - Throws: `index_stopped`, or what emptying the index throws.
    public func rebuild(progress: @escaping @Sendable (UInt64) -> Void) async throws {
        try await onQueue {
            try self.index.reset(for: self.log.vkey)
            self.state.withLock { state in
                state.indexed = nil
                state.trusted = nil
                state.progress = progress
                if !state.isClosed { state.end = nil }
            }
            self.queue.async { self.step() }
        }
        defer { state.withLock { $0.progress = nil } }
        try await indexed(to: log.publishedCheckpoint.size)
    }

    /// Removes from the index what was delivered of owner keys in these times, and keys of which nothing is
    /// left. Their side files must be erased already; no batch that was read before that is added after this.
    ///
    /// - Throws: what the index throws.
    public func erase(_ spans: [OwnerSpan]) async throws {
        try await onQueue { try self.index.erase(spans) }
    }

    /// Stops after the batch at hand. Not to be called from `notify` or a progress closure.
    public func close() {
        state.withLock { $0.isClosed = true }
        end(Self.stopped)
        queue.sync {}
    }

    private static let stopped = RetryableFault(
        "index_stopped", "the search index does not follow the audit log any more; try again later")

    private func onQueue(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}

extension Indexer {
    /// One batch, then the next one behind whatever else is asked of the queue.
    private func step() {
        if state.withLock({ $0.isClosed }) { return }
        do {
            let begun = ContinuousClock.now
            if try advance() {
                goOn(after: isAwaited ? .zero : (ContinuousClock.now - begun) * Self.rest)
            } else {
                waitForLog()
            }
        } catch {
            retry(after: error)
        }
    }

    /// The next batch, after a rest, or as soon as somebody waits for it.
    private func goOn(after rest: Duration) {
        let number = state.withLock { state in
            state.rests += 1
            state.isResting = true
            return state.rests
        }
        let microseconds = min(Int(rest / .microseconds(1)), Self.longestRestMicroseconds)
        queue.asyncAfter(deadline: .now() + .microseconds(microseconds)) { self.endRest(number) }
    }

    /// - Parameter number: of the rest that is over; nil for the one of now.
    private func endRest(_ number: Int?) {
        let isDue = state.withLock { state in
            guard state.isResting, number == nil || number == state.rests else { return false }
            state.isResting = false
            return true
        }
        if isDue { step() }
    }

    /// Whether somebody waits for it, or not much was left when it was last looked.
    private var isAwaited: Bool {
        let published = log.publishedCheckpoint.size
        return state.withLock { state in
            !state.waiters.isEmpty || state.progress != nil
                || published < (state.indexed ?? 0) + BatchReader.maximumEntries
        }
    }

    /// - Returns: whether there was anything to do.
    private func advance() throws -> Bool {
        let start = try position()
        guard let batch = try BatchReader(log).batch(from: start) else {
            note(start)
            return false
        }
        try index.add(batch)
        let after = try index.state()
        // Anything else is looked at with suspicion next time.
        if after.root == batch.root { state.withLock { $0.trusted = after } }
        note(after.size)
        return true
    }

    /// Where to go on: behind what the index holds, if that is the beginning of this log.
    private func position() throws -> UInt64 {
        let found = try index.state()
        if found == state.withLock({ $0.trusted }) { return found.size }
        if let objection = try objection(to: found) {
            try index.reset(for: log.vkey)
            if found.size > 0 { notify(.beganAnew(reason: objection)) }
        }
        let accepted = try index.state()
        state.withLock { $0.trusted = accepted }
        return accepted.size
    }

    private func objection(to found: IndexState) throws -> String? {
        guard found.log == log.vkey else { return "the search index is of another log" }
        let published = log.publishedCheckpoint.size
        guard found.size <= published else {
            return "the search index holds \(found.size) entries, the log \(published)"
        }
        let minimum = log.minimumIndex
        guard found.size == 0 || found.size >= minimum else {
            return "the search index holds \(found.size) entries, and the log was pruned below \(minimum)"
        }
        guard try found.size == 0 || found.root == log.root(ofFirst: found.size).bytes else {
            return "the first \(found.size) entries of the log are not those of the search index"
        }
        return nil
    }
}

extension Indexer {
    private func note(_ indexed: UInt64) {
        let (ready, progress) = state.withLock { state in
            state.indexed = indexed
            state.failures = 0
            let ready = state.waiters.filter { $0.size <= indexed }
            state.waiters.removeAll { $0.size <= indexed }
            return (ready, state.progress)
        }
        progress?(indexed)
        for waiter in ready { waiter.continuation.resume(returning: .success(())) }
    }

    private func waitForLog() {
        let next = state.withLock { state -> UInt64? in
            if state.isWaitingForLog { return nil }
            state.isWaitingForLog = true
            return state.indexed
        }
        guard let next else { return }
        log.whenPublished(covering: next) { result in
            self.state.withLock { $0.isWaitingForLog = false }
            switch result {
            case .success: self.queue.async { self.step() }
            case .failure: self.end(Self.stopped)
            }
        }
    }

    private func end(_ fault: RetryableFault) {
        let waiters = state.withLock { state in
            state.end = fault
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(fault)) }
    }

    private func retry(after error: any Error) {
        let cause = (error as? RetryableFault).map { "\($0.message): \($0.cause)" } ?? "\(error)"
        notify(.failing(cause: cause))
        let pause = state.withLock { state -> Int? in
            state.trusted = nil
            state.failures += 1
            if state.isRetryDue { return nil }
            state.isRetryDue = true
            let doublings = min(state.failures - 1, 16)
            return min(firstPauseMilliseconds << doublings, Self.longestPauseMilliseconds)
        }
        guard let pause else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(pause)) {
            self.state.withLock { $0.isRetryDue = false }
            self.step()
        }
    }
}
