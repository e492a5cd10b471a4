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
/// Files are written without fsync: the journal rebuilds them. The checkpoint itself is made durable, so that
/// a power cut leaves the old one or the new one.
final class Publisher: Sendable {
    typealias Completion = @Sendable (Result<PublishedCheckpoint, RetryableFault>) -> Void

    private struct State {
        var published = PublishedCheckpoint(size: 0, note: "")
        var waiters: [(index: UInt64, completion: Completion)] = []
        var isScheduled = false
        var notBefore = DispatchTime.now()
        /// Nothing is published any more: after a failure, which is kept, or after closing.
        var isStopped = false
        var failure: LogError?
        var syncedSize: UInt64 = 0
        var knownFolders: Set<String> = []
        /// Full tiles and bundles that are not known to be durable.
        var unsynchronised: [String] = []
    }

    /// The most entries that a start rehashes, and the least between two synchronisations of the file system.
    private static let entriesBetweenSyncs: UInt64 = 65_536
    private static let interval = DispatchTimeInterval.milliseconds(100)

    private let directory: String
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluis.log.publisher")

    init(dataDirectory: String) { directory = dataDirectory }

    var published: PublishedCheckpoint { state.withLock { $0.published } }

    /// Publishes the current tree within 100 ms, unless that is already due.
    func schedule(_ sequencer: Sequencer, onFailure: @escaping @Sendable (LogError) -> Void) {
        let due = state.withLock { state -> DispatchTime? in
            if state.isScheduled || state.isStopped { return nil }
            state.isScheduled = true
            return state.notBefore
        }
        guard let due else { return }
        queue.asyncAfter(deadline: due) { self.publishWhenDue(sequencer, onFailure: onFailure) }
    }

    /// A publication that ended after this one was scheduled may have put it off, and closing may have ended
    /// all: a later publication than the last one could put an older checkpoint in its place.
    private func publishWhenDue(_ sequencer: Sequencer, onFailure: @escaping @Sendable (LogError) -> Void) {
        let (isStopped, due) = state.withLock { state in
            let due = state.notBefore > .now() ? state.notBefore : nil
            if due == nil { state.isScheduled = false }
            return (state.isStopped, due)
        }
        if isStopped { return }
        if let due {
            queue.asyncAfter(deadline: due) { self.publishWhenDue(sequencer, onFailure: onFailure) }
            return
        }
        do throws(LogError) {
            try publish(sequencer.takePublication())
        } catch {
            onFailure(error)
        }
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
        queue.sync {
            if self.state.withLock({ $0.isStopped }) { return }
            do throws(LogError) {
                try self.publish(sequencer.takePublication(), isLast: true)
                self.stop(nil)
            } catch {
                // What could not be published now is published at the next opening, from the journal.
                self.stop(error)
            }
        }
    }

    /// The first publication, and the repair of what a power cut may have left in narrower partial tiles:
    /// they were never made durable, and whoever verifies the log looks at them too.
    func open(_ sequencer: Sequencer) throws(LogError) {
        let publication = sequencer.takePublication()
        try publish(publication)
        for file in publication.files { try rewriteNarrower(file) }
    }

    /// Writes the files of a tree and its checkpoint. Runs at opening and then only on `queue`.
    private func publish(_ publication: Sequencer.Publication, isLast: Bool = false) throws(LogError) {
        for file in publication.files { try write(file) }
        try JournalFile.replace(
            directory + "/log/checkpoint", with: Array(publication.checkpoint.utf8), through: temporary,
            durably: true)
        try recordSynced(publication, isForced: isLast)
        let checkpoint = PublishedCheckpoint(size: publication.size, note: publication.checkpoint)
        let ready = state.withLock { state in
            state.published = checkpoint
            state.notBefore = .now() + Self.interval
            let ready = state.waiters.filter { $0.index < checkpoint.size }
            state.waiters.removeAll { $0.index < checkpoint.size }
            return ready
        }
        for waiter in ready { waiter.completion(.success(checkpoint)) }
    }

    /// One name for all: only one file is written at a time. Outside `log/`, so that a crash leaves no
    /// stranger there.
    private var temporary: String { directory + "/journal/unpublished" }

    private func write(_ file: TileFile) throws(LogError) {
        var folder = directory + "/log"
        for part in file.path.path.split(separator: "/").dropLast() {
            folder += "/" + part
            if state.withLock({ $0.knownFolders.contains(folder) }) { continue }
            try JournalFile.makeDirectory(folder)
            _ = state.withLock { $0.knownFolders.insert(folder) }
        }
        let path = "\(directory)/log/\(file.path.path)"
        try JournalFile.replace(path, with: file.bytes, through: temporary, durably: false)
        guard file.path.isFull else { return }
        state.withLock { $0.unsynchronised.append(path) }
        try removePartials(of: file.path, at: path + ".p")
    }

    /// C2SP tlog-tiles: readers take the full tile where a partial one is gone. Those of higher levels are
    /// few, and the synced state may rely on one of them.
    private func removePartials(of full: TilePath, at folder: String) throws(LogError) {
        guard full.kind == .entries || full.kind == .hashes(level: 0) else { return }
        try JournalFile.removeDirectory(folder)
        state.withLock { _ = $0.knownFolders.remove(folder) }
    }

    private func rewriteNarrower(_ file: TileFile) throws(LogError) {
        // The path of a tile has a dot only before `p`.
        let folder = "\(directory)/log/\(file.path.path.prefix { $0 != "." }).p"
        guard JournalFile.exists(folder) else { return }
        for name in try JournalFile.list(folder) {
            guard let width = Int(name), width < file.path.width else { continue }
            let bytes = Self.narrowed(file, to: width)
            try JournalFile.replace("\(folder)/\(name)", with: bytes, through: temporary, durably: false)
        }
    }

    private static func narrowed(_ file: TileFile, to width: Int) -> [UInt8] {
        guard case .entries = file.path.kind else {
            return Array(file.bytes.prefix(width * TreeHash.sizeBytes))
        }
        do {
            return EntryBundle.encode(Array(try EntryBundle.decode(file.bytes).prefix(width)))
        } catch {
            preconditionFailure("a bundle that was just made is read back: \(error)")
        }
    }

    /// Makes tiles and bundles durable, then writes down that they are. A start then begins there.
    private func recordSynced(_ publication: Sequencer.Publication, isForced: Bool) throws(LogError) {
        let (last, full, folders) = state.withLock { ($0.syncedSize, $0.unsynchronised, $0.knownFolders) }
        let synced = publication.synced
        guard isForced || synced.size >= last + Self.entriesBetweenSyncs else { return }
        let partial = publication.files.filter { !$0.path.isFull }.map { "\(directory)/log/\($0.path.path)" }
        for path in full + partial { try JournalFile.synchronise(path) }
        for folder in folders.sorted() + [directory + "/log"] { try JournalFile.synchroniseDirectory(folder) }
        try JournalFile.replace(
            directory + "/journal/synced", with: synced.json.canonical, through: temporary, durably: true)
        state.withLock { state in
            state.syncedSize = synced.size
            state.unsynchronised.removeFirst(full.count)
        }
    }
}
