internal import Dispatch
public import Model
internal import Synchronization

/// Carries committed entries from the registry's outbox into the log, each once and in order of their
/// numbers.
///
/// The registry calls `deliver` in commit order, so the numbers in the log ascend. At a start the number of
/// the log's last such entry tells which rows it already holds: nothing is lost, nothing doubled. If the log
/// fails, rows stay in the outbox and go first when the hub is started again.
public final class Outbox: Sendable {
    private typealias Waiter = CheckedContinuation<Result<UInt64, RetryableFault>, Never>

    private struct State {
        /// Indexes of entries whose caller has not asked yet.
        var positions: [Int64: UInt64] = [:]
        var waiters: [Int64: Waiter] = [:]
        var lastAppended: Int64 = 0
        var lastDropped: Int64 = 0
        var isDropScheduled = false
        var fault: RetryableFault?
    }

    /// How long a caller may take to ask for the index of an entry before it is forgotten, in entries.
    private static let rememberedPositions: Int64 = 65_536

    private let log: AuditLog
    private let store: any OutboxStore
    private let state = Mutex(State())
    /// How many entries the remembered checkpoint covers; held while one is written, so that none takes the
    /// place of a newer one.
    private let remembered = Mutex<UInt64>(0)
    private let queue = DispatchQueue(label: "sluis.log.outbox")

    public init(log: AuditLog, store: any OutboxStore) {
        self.log = log
        self.store = store
    }

    /// Brings log and outbox together before anything else happens.
    ///
    /// - Returns: how many entries the log lacked and now holds.
    /// - Throws: `LogError` if entries are missing from both; `RetryableFault` if the log cannot be written.
    public func replay() async throws -> Int {
        let last = log.lastNumberAtOpening
        let missing = try store.pendingRows().filter { $0.number > last }
        // All are looked at before one is appended: a refused replay changes nothing.
        var previous = last
        for row in missing {
            guard row.number == previous + 1 else {
                throw Self.gap(after: previous, before: row.number, last)
            }
            previous = row.number
        }
        let reached = missing.last?.number ?? last
        let newest = try store.newestNumber()
        guard newest <= reached else {
            throw LogError(
                .historyMismatch,
                "the log ends at outbox number \(reached), but numbers up to \(newest) were given and are not"
                    + " in the outbox any more: the log has lost its end; put its journal back, or let a"
                    + " successor go on (`sluis log succeed`)")
        }
        for row in missing { _ = try await log.append(row.entry) }
        try rememberHead()
        try store.dropRows(through: reached)
        state.withLock {
            $0.lastAppended = reached
            $0.lastDropped = reached
        }
        return missing.count
    }

    private static func gap(after previous: Int64, before number: Int64, _ last: Int64) -> LogError {
        LogError(
            .historyMismatch,
            "the log ends at outbox number \(last), and after \(previous) the outbox goes on at \(number):"
                + " put the journal and hub.db of the same time back")
    }

    /// Takes the rows of one commit. Must be called in commit order; does not block.
    public func deliver(_ rows: [OutboxRow]) {
        for row in rows {
            log.append(row.entry, isRefusable: false) { result in
                self.settle(row.number, result)
            }
        }
    }

    /// Waits until the entry with this number is durable in the log. To be asked once per number.
    ///
    /// - Returns: its index in the log.
    /// - Throws: `log_unavailable`, or `entry_forgotten` if it was asked for before, or so late that its
    ///   index is no longer remembered.
    public func index(of number: Int64) async throws(RetryableFault) -> UInt64 {
        let result = await withCheckedContinuation { (continuation: Waiter) in
            let known = state.withLock { state -> Result<UInt64, RetryableFault>? in
                if let index = state.positions.removeValue(forKey: number) { return .success(index) }
                if let fault = state.fault { return .failure(fault) }
                if number <= state.lastAppended { return .failure(Self.forgotten) }
                state.waiters[number] = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        return try result.get()
    }

    private static let forgotten = RetryableFault(
        "entry_forgotten", "the entry is in the audit log, but its index is no longer at hand; search the log"
    )

    /// Forgets the rows that the log holds, and remembers how far it goes. At the end of the hub's life, when
    /// nothing is delivered any more.
    public func close() throws {
        try queue.sync { try self.drop() }
        try rememberHead()
    }

    /// Keeps the newest checkpoint where the log is not, if it has grown: a copy of the journal that is put
    /// back after a disaster is then found to be older, even if everything of the log went with it.
    public func rememberHead() throws {
        try remembered.withLock { remembered in
            let head = log.head
            guard head.size > remembered else { return }
            try store.remember(head: head.note)
            remembered = head.size
        }
    }

    private func settle(_ number: Int64, _ result: Result<UInt64, RetryableFault>) {
        let waiters = state.withLock { state -> [Waiter] in
            switch result {
            case .success(let index):
                state.lastAppended = number
                state.positions[number - Self.rememberedPositions] = nil
                if let waiter = state.waiters.removeValue(forKey: number) { return [waiter] }
                state.positions[number] = index
                return []
            case .failure(let fault):
                state.fault = fault
                defer { state.waiters = [:] }
                return Array(state.waiters.values)
            }
        }
        for waiter in waiters { waiter.resume(returning: result) }
        scheduleDrop()
    }

    /// Dropping is lazy: a row that is dropped late is recognised by its number.
    private func scheduleDrop() {
        let isDue = state.withLock { state in
            if state.isDropScheduled || state.lastAppended == state.lastDropped { return false }
            state.isDropScheduled = true
            return true
        }
        guard isDue else { return }
        queue.asyncAfter(deadline: .now() + .seconds(1)) {
            self.state.withLock { $0.isDropScheduled = false }
            // A failure leaves the rows where they are, for the next time.
            try? self.drop()
        }
    }

    private func drop() throws {
        let (appended, dropped) = state.withLock { ($0.lastAppended, $0.lastDropped) }
        guard appended > dropped else { return }
        // First: a row that is dropped must be missed where the log lacks it.
        try rememberHead()
        try store.dropRows(through: appended)
        state.withLock { $0.lastDropped = max($0.lastDropped, appended) }
    }
}
