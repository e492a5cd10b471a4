internal import Dispatch
internal import MerkleLog
internal import Model
internal import Synchronization

/// A checkpoint as the world sees it.
public struct PublishedCheckpoint: Hashable, Sendable {
    /// How many entries it covers.
    public var size: UInt64
    /// The C2SP signed note.
    public var note: String
}

/// Writes tiles, then renames the checkpoint that needs them into place: whoever reads `log/checkpoint` finds
/// every tile and bundle of it.
///
/// The checkpoint is made durable, so that a power cut leaves the old one or the new one; its tiles are made
/// so later (`Settler`).
final class Publisher: Sendable {
    typealias Completion = @Sendable (Result<PublishedCheckpoint, RetryableFault>) -> Void

    private struct State {
        var published = PublishedCheckpoint(size: 0, note: "")
        /// The newest checkpoint that enough witnesses cosigned.
        var witnessed: PublishedCheckpoint?
        var waiters: [(index: UInt64, completion: Completion)] = []
        var isScheduled = false
        var notBefore = DispatchTime.now()
        /// The last publication is about to be taken.
        var isClosing = false
        /// Nothing is published any more: after a failure, which is kept, or after closing.
        var isStopped = false
        var failure: LogError?
    }

    private static let interval = DispatchTimeInterval.milliseconds(100)

    private let directory: String
    private let system: any FileSystem
    private let tiles: TileFolder
    private let settler: Settler
    private let state = Mutex(State())
    /// Where publications are taken over. Whoever has the lock of the tree must not make way for others: the
    /// commits would wait with him.
    private let takeover = DispatchQueue(label: "sluis.log.takeover", qos: .userInteractive)
    /// Where they are written, in the order in which they were taken.
    private let queue = BackgroundQueue("sluis.log.publisher")

    init(dataDirectory: String, tiles: TileFolder, in system: any FileSystem) {
        directory = dataDirectory
        self.system = system
        self.tiles = tiles
        settler = Settler(dataDirectory: dataDirectory, in: system)
    }

    var published: PublishedCheckpoint { state.withLock { $0.published } }

    var witnessed: PublishedCheckpoint? { state.withLock { $0.witnessed } }

    /// Puts a note with cosignatures in the place of the same checkpoint, if that is still the newest, and
    /// keeps it as the newest witnessed one if it is that.
    ///
    /// A failure leaves what was there: a cosignature is worth having, not worth stopping for.
    func adopt(_ cosigned: PublishedCheckpoint, isWitnessed: Bool) {
        queue.sync {
            let (published, witnessed, isStopped) = state.withLock {
                ($0.published, $0.witnessed, $0.isStopped)
            }
            if isStopped { return }
            if isWitnessed, cosigned.size >= witnessed?.size ?? 0,
                (try? write(cosigned.note, to: "witnessed")) != nil
            {
                state.withLock { $0.witnessed = cosigned }
            }
            if published.size == cosigned.size, (try? write(cosigned.note, to: "checkpoint")) != nil {
                state.withLock { $0.published = cosigned }
            }
        }
    }

    private func write(_ note: String, to name: String) throws(LogError) {
        try system.replace(
            "\(directory)/log/\(name)", with: Array(note.utf8), through: directory + "/journal/unpublished",
            durably: true)
    }

    /// Publishes the current tree within 100 ms, unless that is already due.
    func schedule(_ sequencer: Sequencer, onFailure: @escaping @Sendable (LogError) -> Void) {
        let due = state.withLock { state -> DispatchTime? in
            if state.isScheduled || state.isClosing || state.isStopped { return nil }
            state.isScheduled = true
            return state.notBefore
        }
        guard let due else { return }
        takeover.asyncAfter(deadline: due) { self.publishSoon(sequencer, onFailure: onFailure) }
    }

    /// Takes over what there is and has it written. The next is taken only when that is done: so what waits
    /// stays with the sequencer, which refuses more when it is too much.
    private func publishSoon(_ sequencer: Sequencer, onFailure: @escaping @Sendable (LogError) -> Void) {
        if state.withLock({ $0.isClosing || $0.isStopped }) { return }
        let publication = sequencer.takePublication()
        let write = { @Sendable in
            do throws(LogError) {
                try self.publish(publication)
                self.settler.offer(publication.synced, onFailure: onFailure)
            } catch {
                return onFailure(error)
            }
            self.state.withLock { $0.isScheduled = false }
            if sequencer.size > publication.size { self.schedule(sequencer, onFailure: onFailure) }
        }
        queue.async(write)
    }

    /// Runs `completion` once the published checkpoint covers the entry at `index`, or never will.
    func whenPublished(covering index: UInt64, _ completion: @escaping Completion) {
        let result = state.withLock { state -> Result<PublishedCheckpoint, RetryableFault>? in
            if state.published.size > index { return .success(state.published) }
            if state.isStopped { return .failure(AuditLog.unavailable(state.failure)) }
            state.waiters.append((index, completion))
            return nil
        }
        if let result { completion(result) }
    }

    /// Tells all who wait that nothing will be published any more.
    ///
    /// - Parameter error: why; nil if the log was closed.
    func stop(_ error: LogError?) {
        let waiters = state.withLock { state in
            state.isStopped = true
            if state.failure == nil { state.failure = error }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.completion(.failure(AuditLog.unavailable(error))) }
    }

    /// The last publication of a log that takes no entries any more; makes everything durable.
    func close(_ sequencer: Sequencer) {
        state.withLock { $0.isClosing = true }
        // What was taken over before is in the queue then, and nothing is taken over after.
        takeover.sync {}
        queue.sync {
            if self.state.withLock({ $0.isStopped }) { return }
            do throws(LogError) {
                let publication = sequencer.takePublication()
                try self.publish(publication)
                try self.settler.settle(publication.synced)
                self.stop(nil)
            } catch {
                // What could not be published now is published at the next opening, from the journal.
                self.stop(error)
            }
        }
    }

    /// The first publication, and the repair of what a power cut may have left in narrower partial tiles:
    /// they were never made durable, and whoever verifies the log looks at them too.
    ///
    /// - Parameter witnessed: the newest checkpoint that enough witnesses cosigned, as it was found.
    func open(_ sequencer: Sequencer, witnessed: PublishedCheckpoint?) throws(LogError) {
        state.withLock { $0.witnessed = witnessed }
        let publication = sequencer.takePublication()
        try publish(publication, restoring: true)
        for file in publication.files { try tiles.rewriteNarrower(file) }
    }

    /// Writes the files of a tree and its checkpoint. Runs at opening and then only on `queue`.
    ///
    /// - Parameter restoring: whether files may be there already.
    private func publish(_ publication: Sequencer.Publication, restoring: Bool = false) throws(LogError) {
        for file in publication.files { try restoring ? tiles.restore(file) : tiles.write(file) }
        // What is published of this size already may have cosignatures.
        let known = published
        let isKnown = known.size == publication.size && !known.note.isEmpty
        let checkpoint =
            isKnown ? known : PublishedCheckpoint(size: publication.size, note: publication.checkpoint)
        if !isKnown { try write(checkpoint.note, to: "checkpoint") }
        let ready = state.withLock { state in
            state.published = checkpoint
            state.notBefore = .now() + Self.interval
            let ready = state.waiters.filter { $0.index < checkpoint.size }
            state.waiters.removeAll { $0.index < checkpoint.size }
            return ready
        }
        for waiter in ready { waiter.completion(.success(checkpoint)) }
    }
}
