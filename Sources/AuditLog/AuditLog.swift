internal import Cryptography
internal import Dispatch
public import MerkleLog
public import Model
internal import Synchronization

/// The append-only log of all decisions: a durable journal, an RFC 6962 tree over it, and a C2SP tile log
/// that anyone can verify offline.
///
/// Appending is by group commit: entries that arrive while one commit is being made durable go into the next.
/// Per commit: hash, write, fdatasync, sign one checkpoint, answer its waiters. An entry that was answered is
/// durable and under a signed checkpoint. The checkpoint in `log/` is published after its tiles, at most
/// every 100 ms and at close, and extends every checkpoint signed before it.
///
/// A failed write or fsync is fatal for the log: nothing is appended any more until the hub is started again,
/// and every caller gets a `RetryableFault` with code `log_unavailable`. While the disk is nearly full, or
/// more waits than it can take, callers get `disk_reserve` or `log_busy` at once; that passes by itself.
public final class AuditLog: Sendable {
    /// Answered once: the index of the entry, or why it is not in the log.
    public typealias Completion = @Sendable (Result<UInt64, RetryableFault>) -> Void

    /// The log's verifier key (C2SP signed-note vkey): which log this is.
    public let vkey: String
    let dataDirectory: String
    let system: any FileSystem
    let sequencer: Sequencer
    private let publisher: Publisher
    private let reserve: DiskReserve
    private let onFailure: @Sendable (LogError) -> Void
    private let intake = Mutex(Intake())
    /// Set by each commit; a caller who finds it set looks at the disk again.
    private let isShort = Atomic(false)
    private let queue = DispatchQueue(label: "sluis.log.sequencer", qos: .userInteractive)
    /// For what waits for the disk and holds up nobody.
    private let side = DispatchQueue(label: "sluis.log.side", qos: .utility)
    let retention: Retention
    private let commits = Mutex(
        Histogram(bounds: [
            100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
        ]))
    /// Held by whoever rewrites a side file.
    let erasing = Mutex(())

    /// Opens the log in a data directory (`journal/` and `log/` below it, both there), replays what was not
    /// yet in synced tiles, and publishes.
    ///
    /// - Parameters:
    ///   - signer: the log's key; its name is the log's origin.
    ///   - furtherSigners: other keys of the log that sign each checkpoint too, for those who know only them.
    ///   - remembered: a checkpoint of this log from elsewhere, a signed note: the journal must not end
    ///     before it.
    ///   - reservedDiskBytes: below so much free room nothing new is decided; nil for 1 GiB or a fiftieth of
    ///     the disk, whichever is less.
    ///   - onFailure: called once, on a queue of the log's, when it stops for good.
    /// - Throws: `LogError` if journal, tiles and checkpoint do not belong together or cannot be read.
    public convenience init(
        dataDirectory: String, signer: NoteSigner, furtherSigners: [NoteSigner] = [],
        remembered: String? = nil, reservedDiskBytes: Int? = nil,
        onFailure: @escaping @Sendable (LogError) -> Void = { _ in }
    ) throws(LogError) {
        try self.init(
            dataDirectory: dataDirectory, signer: signer, furtherSigners: furtherSigners,
            remembered: remembered, reservedDiskBytes: reservedDiskBytes, onFailure: onFailure,
            in: SystemFiles())
    }

    init(
        dataDirectory: String, signer: NoteSigner, furtherSigners: [NoteSigner] = [],
        remembered: String? = nil, reservedDiskBytes: Int? = nil,
        onFailure: @escaping @Sendable (LogError) -> Void = { _ in }, in system: any FileSystem
    ) throws(LogError) {
        self.onFailure = onFailure
        vkey = signer.vkey
        self.dataDirectory = dataDirectory
        self.system = system
        reserve = try DiskReserve(at: dataDirectory, in: system, reservedBytes: reservedDiskBytes)
        let tiles = TileFolder(dataDirectory: dataDirectory, in: system)
        let recovery = try Recovery(
            dataDirectory: dataDirectory, signer: signer, remembered: remembered, in: system)
        sequencer = try recovery.resumed(signers: [signer] + furtherSigners, tiles: tiles)
        retention = Retention(dataDirectory: dataDirectory, minimumIndex: recovery.minimumIndex, in: system)
        publisher = Publisher(dataDirectory: dataDirectory, tiles: tiles, in: system)
        try publisher.open(sequencer, witnessed: recovery.witnessed)
        isShort.store(reserve.shortage != nil, ordering: .relaxed)
    }

    /// The highest outbox number in the log at opening, 0 if there was none.
    public var lastNumberAtOpening: Int64 { sequencer.lastNumberAtOpening }

    /// The newest time of an entry at opening: no clock of the hub may be behind it.
    public var newestTimeAtOpening: Instant { sequencer.newestTimeAtOpening }

    /// Queues an entry. `completion` runs on the log's own queue and must not block.
    ///
    /// - Parameters:
    ///   - entry: canonical JSON, at most 65,535 bytes.
    ///   - isRefusable: whether it may be refused when the queue or the disk is full; a row of the outbox may
    ///     not.
    public func append(_ entry: [UInt8], isRefusable: Bool = true, completion: @escaping Completion) {
        if isRefusable, let refusal = congestion { return completion(.failure(refusal)) }
        queue(NewEntry(entry), mayRefuse: isRefusable, completion)
    }

    /// As `append(_:completion:)`, for an entry without an outbox number of which the caller knows where its
    /// time lies: nobody need look for them.
    ///
    /// - Parameter timeText: of the member `at`, without its quotes.
    public func append(_ entry: [UInt8], timeText: Range<Int>, completion: @escaping Completion) {
        if let refusal = congestion { return completion(.failure(refusal)) }
        queue(NewEntry(entry, timeText: timeText), mayRefuse: true, completion)
    }

    private func queue(_ entry: NewEntry, mayRefuse: Bool, _ completion: @escaping Completion) {
        guard entry.bytes.count <= EntryBundle.maximumEntryBytes else {
            return completion(
                .failure(
                    RetryableFault("entry_too_large", "the audit log's entry of this would be too large")))
        }
        let pending = Intake.Pending(entry: entry, completion: completion)
        let (refusal, mustDrain) = intake.withLock { $0.take(pending, mayRefuse: mayRefuse) }
        if mustDrain { queue.async { self.drain() } }
        if let refusal { completion(.failure(refusal)) }
    }

    /// Appends an entry and waits until it is durable and under a signed checkpoint.
    ///
    /// - Parameter isRefusable: whether it may be refused when the queue or the disk is full.
    /// - Returns: its index.
    public func append(_ entry: [UInt8], isRefusable: Bool = true) async throws(RetryableFault) -> UInt64 {
        let result = await withCheckedContinuation { continuation in
            append(entry, isRefusable: isRefusable) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Why nothing can be appended until the hub is started again, nil while all is well.
    public var failure: LogError? { intake.withLock { $0.failure } }

    /// Throws what callers are told while nothing new can be appended.
    public func requireWritable() throws(RetryableFault) {
        if let fault = intake.withLock({ $0.refusal }) ?? congestion { throw fault }
    }

    /// Whether so many bytes may be written beside the log without taking from the reserve of its disk.
    public func hasRoom(forBytes count: Int) -> Bool { reserve.hasRoom(forBytes: count) }

    /// Why nothing new is decided for the moment: the disk is nearly full, or publishing does not keep up.
    private var congestion: RetryableFault? {
        if isShort.load(ordering: .relaxed) {
            if let shortage = reserve.shortage { return shortage }
            isShort.store(false, ordering: .relaxed)
        }
        return sequencer.isBacklogged ? Intake.busy : nil
    }

    /// How long commits took, the disk's part included.
    public var commitTimes: Histogram { commits.withLock { $0 } }

    /// How much waits to be made durable.
    public var waitingBytes: Int { intake.withLock { $0.waitingBytes } }

    /// How many entries the log holds.
    public var size: UInt64 { sequencer.size }

    /// The newest checkpoint, a signed note; it may not be published yet.
    public var head: PublishedCheckpoint { sequencer.head }

    /// The newest published checkpoint, a signed note.
    public var publishedCheckpoint: PublishedCheckpoint { publisher.published }

    /// The newest checkpoint that enough witnesses cosigned, a signed note; nil if there is none yet.
    public var witnessedCheckpoint: PublishedCheckpoint? { publisher.witnessed }

    /// Publishes a note with cosignatures of a checkpoint that was published before.
    ///
    /// - Parameter isWitnessed: whether enough witnesses cosigned it.
    func adopt(_ cosigned: PublishedCheckpoint, isWitnessed: Bool) async {
        await onSide { self.publisher.adopt(cosigned, isWitnessed: isWitnessed) }
    }

    /// Runs what waits for the disk and must hold up no commit; one after the other.
    func onSide<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            side.async { continuation.resume(returning: work()) }
        }
    }

    /// Waits until the published checkpoint covers the entry at `index`, which must be in the log.
    ///
    /// - Throws: `log_unavailable` if the log fails or is closed before it does.
    public func published(covering index: UInt64) async throws(RetryableFault) -> PublishedCheckpoint {
        let result = await withCheckedContinuation { continuation in
            whenPublished(covering: index) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Runs `completion` once the published checkpoint covers the entry at `index`, or never will; on the
    /// publisher's queue, which it must not block, or at once.
    func whenPublished(
        covering index: UInt64,
        _ completion: @escaping @Sendable (Result<PublishedCheckpoint, RetryableFault>) -> Void
    ) {
        publisher.whenPublished(covering: index, completion)
    }

    /// Appends what is queued, publishes, makes the tiles durable, and refuses everything after.
    public func close() {
        intake.withLock { $0.close() }
        queue.sync { self.drain() }
        publisher.close(sequencer)
        retention.stop()
        side.sync {}
    }

    private func drain() {
        while let batch = intake.withLock({ $0.next() }) {
            // After a failure what is queued is refused in its turn.
            if let failure {
                refuse(batch, failure)
                continue
            }
            do {
                let begun = ContinuousClock.now
                let first = try sequencer.commit(batch.map(\.entry))
                commits.withLock { $0.record(ContinuousClock.now - begun) }
                if reserve.shortage != nil { isShort.store(true, ordering: .relaxed) }
                for (offset, pending) in batch.enumerated() {
                    pending.completion(.success(first + UInt64(offset)))
                }
                publisher.schedule(sequencer) { self.fail($0) }
            } catch {
                fail(error)
                refuse(batch, error)
            }
        }
    }

    private func refuse(_ batch: [Intake.Pending], _ failure: LogError) {
        for pending in batch { pending.completion(.failure(Self.unavailable(failure))) }
    }

    private func fail(_ error: LogError) {
        let isFirst = intake.withLock { intake in
            defer { intake.fail(error) }
            return intake.failure == nil
        }
        publisher.stop(error)
        if isFirst { onFailure(error) }
    }

    static func unavailable(_ failure: LogError?) -> RetryableFault {
        RetryableFault(
            "log_unavailable",
            "the audit log cannot be written, and without it no data flow; try again later",
            cause: failure?.message ?? "the log is closed")
    }
}
