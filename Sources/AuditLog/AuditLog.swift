internal import Cryptography
internal import Dispatch
public import MerkleLog
public import Model
internal import Synchronization

/// The append-only log of all decisions: a durable journal, an RFC 6962 tree over it, and a C2SP tile log
/// that anyone can verify offline.
///
/// Appending is by group commit: entries that arrive while one commit is being made durable go into the next.
/// Per commit: write, fdatasync, hash, sign one checkpoint, answer its waiters. An entry that was answered is
/// durable and under a signed checkpoint. The checkpoint in `log/` is published after its tiles, at most
/// every 100 ms and at close, and extends every checkpoint signed before it.
///
/// A failed write or fsync is fatal for the log: nothing is appended any more until the hub is started again,
/// and every caller gets a `RetryableFault` with code `log_unavailable`.
public final class AuditLog: Sendable {
    /// Answered once: the index of the entry, or why it is not in the log.
    public typealias Completion = @Sendable (Result<UInt64, RetryableFault>) -> Void

    struct Pending {
        var entry: [UInt8]
        var completion: Completion
    }

    struct Intake {
        var pending: [Pending] = []
        var pendingBytes = 0
        var isDraining = false
        var failure: LogError?
        var isClosed = false
    }

    /// More than this waiting means that the disk does not keep up: callers are refused at once.
    static let maximumPendingBytes = 64 << 20

    let dataDirectory: String
    private let sequencer: Sequencer
    private let publisher: Publisher
    private let intake = Mutex(Intake())
    private let queue = DispatchQueue(label: "sluis.log.sequencer", qos: .userInteractive)

    /// Opens the log in a data directory (`journal/` and `log/` below it, both there), replays what was not
    /// yet in synced tiles, and publishes.
    ///
    /// - Parameter signer: the log's key; its name is the log's origin.
    /// - Throws: `LogError` if journal, tiles and checkpoint do not belong together or cannot be read.
    public init(dataDirectory: String, signer: NoteSigner) throws(LogError) {
        self.dataDirectory = dataDirectory
        sequencer = try Recovery(dataDirectory: dataDirectory, signer: signer).resumed(signer: signer)
        publisher = Publisher(dataDirectory: dataDirectory)
        try publisher.open(sequencer)
    }

    /// The highest outbox number in the log at opening, 0 if there was none.
    public var lastNumberAtOpening: Int64 { sequencer.lastNumberAtOpening }

    /// The newest time of an entry at opening: no clock of the hub may be behind it.
    public var newestTimeAtOpening: Instant { sequencer.newestTimeAtOpening }

    /// Queues an entry. `completion` runs on the log's own queue and must not block.
    ///
    /// - Parameters:
    ///   - entry: canonical JSON, at most 65,535 bytes.
    ///   - isRefusable: whether it may be refused when the queue is full; a row of the outbox may not.
    public func append(_ entry: [UInt8], isRefusable: Bool = true, completion: @escaping Completion) {
        guard entry.count <= EntryBundle.maximumEntryBytes else {
            return completion(
                .failure(
                    RetryableFault("entry_too_large", "the audit log's entry of this would be too large")))
        }
        let refusal = intake.withLock { intake -> RetryableFault? in
            if intake.failure != nil || intake.isClosed { return Self.unavailable(intake.failure) }
            if isRefusable && intake.pendingBytes > Self.maximumPendingBytes {
                return RetryableFault("log_busy", "the audit log does not keep up; try again in a moment")
            }
            intake.pending.append(Pending(entry: entry, completion: completion))
            intake.pendingBytes += entry.count
            if !intake.isDraining {
                intake.isDraining = true
                queue.async { self.drain() }
            }
            return nil
        }
        if let refusal { completion(.failure(refusal)) }
    }

    /// Appends an entry and waits until it is durable and under a signed checkpoint.
    ///
    /// - Returns: its index.
    public func append(_ entry: [UInt8]) async throws(RetryableFault) -> UInt64 {
        let result = await withCheckedContinuation { continuation in
            append(entry) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Why nothing can be appended, nil while all is well.
    public var failure: LogError? { intake.withLock { $0.failure } }

    /// Throws what callers are told while nothing can be appended.
    public func requireWritable() throws(RetryableFault) {
        let fault = intake.withLock { $0.failure == nil && !$0.isClosed ? nil : Self.unavailable($0.failure) }
        if let fault { throw fault }
    }

    /// How many entries the log holds.
    public var size: UInt64 { sequencer.size }

    /// The newest published checkpoint, a signed note.
    public var publishedCheckpoint: PublishedCheckpoint { publisher.published }

    /// Waits until the published checkpoint covers the entry at `index`, which must be in the log.
    ///
    /// - Throws: `log_unavailable` if the log fails or is closed before it does.
    public func published(covering index: UInt64) async throws(RetryableFault) -> PublishedCheckpoint {
        let result = await withCheckedContinuation { continuation in
            publisher.whenPublished(covering: index) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Appends what is queued, publishes, makes the tiles durable, and refuses everything after.
    public func close() {
        intake.withLock { $0.isClosed = true }
        queue.sync { self.drain() }
        publisher.close(sequencer)
    }

    private func drain() {
        while let batch = nextBatch() {
            do {
                let first = try sequencer.commit(batch.map(\.entry))
                for (offset, pending) in batch.enumerated() {
                    pending.completion(.success(first + UInt64(offset)))
                }
                publisher.schedule(sequencer) { self.fail($0) }
            } catch {
                fail(error)
                for pending in batch { pending.completion(.failure(Self.unavailable(error))) }
            }
        }
    }

    /// What one commit takes, nil when nothing waits or nothing can be appended any more.
    private func nextBatch() -> [Pending]? {
        let (batch, refused, failure) = intake.withLock { intake -> ([Pending], [Pending], LogError?) in
            let waiting = intake.pending
            intake.pending = []
            intake.pendingBytes = 0
            if waiting.isEmpty || intake.failure != nil { intake.isDraining = false }
            return intake.failure == nil ? (waiting, [], nil) : ([], waiting, intake.failure)
        }
        for pending in refused { pending.completion(.failure(Self.unavailable(failure))) }
        return batch.isEmpty ? nil : batch
    }

    private func fail(_ error: LogError) {
        intake.withLock { if $0.failure == nil { $0.failure = error } }
        publisher.stop(error)
    }

    static func unavailable(_ failure: LogError?) -> RetryableFault {
        RetryableFault(
            "log_unavailable",
            "the audit log cannot be written, and without it no data flow; try again later",
            cause: failure?.message ?? "the log is closed")
    }
}
