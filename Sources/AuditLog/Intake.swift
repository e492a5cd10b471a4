internal import Model

/// What waits to be appended, and whether more may.
///
/// Bounded: a queue that grows without end answers nobody in time. Entries of the outbox are committed state
/// already; they are always taken, and are few.
struct Intake {
    /// An entry and whom to tell.
    struct Pending {
        var entry: NewEntry
        var completion: AuditLog.Completion
    }

    /// More than this waiting means that the disk does not keep up: callers are refused at once.
    static let maximumWaitingBytes = 64 << 20
    /// What one commit takes at most, so that no caller waits for a long one.
    static let maximumBatchBytes = 4 << 20

    /// Batches in the order in which they are committed; none is empty.
    private var batches: [[Pending]] = []
    private var lastBatchBytes = 0
    private(set) var waitingBytes = 0
    /// Whether somebody takes batches until there are none.
    private var isDraining = false
    private(set) var failure: LogError?
    private var isClosed = false

    /// Nil while entries are taken.
    var refusal: RetryableFault? { failure != nil || isClosed ? AuditLog.unavailable(failure) : nil }

    /// - Parameter mayRefuse: whether the entry may be refused because too many wait.
    /// - Returns: why the entry was not taken, and whether the caller must see that batches are taken.
    mutating func take(_ pending: Pending, mayRefuse: Bool) -> (refusal: RetryableFault?, mustDrain: Bool) {
        if let refusal { return (refusal, false) }
        if mayRefuse && waitingBytes > Self.maximumWaitingBytes { return (Self.busy, false) }
        let size = pending.entry.bytes.count
        if batches.isEmpty || lastBatchBytes + size > Self.maximumBatchBytes {
            batches.append([])
            lastBatchBytes = 0
        }
        batches[batches.count - 1].append(pending)
        lastBatchBytes += size
        waitingBytes += size
        defer { isDraining = true }
        return (nil, !isDraining)
    }

    /// The next batch; nil when there is none, and then nobody is draining any more.
    mutating func next() -> [Pending]? {
        guard !batches.isEmpty else {
            isDraining = false
            return nil
        }
        let batch = batches.removeFirst()
        waitingBytes -= batch.reduce(0) { $0 + $1.entry.bytes.count }
        return batch
    }

    /// Takes nothing from now on.
    mutating func close() { isClosed = true }

    /// Takes nothing from now on; of several failures the first one is kept.
    mutating func fail(_ error: LogError) { failure = failure ?? error }

    static let busy = RetryableFault("log_busy", "the audit log does not keep up; try again in a moment")
}
