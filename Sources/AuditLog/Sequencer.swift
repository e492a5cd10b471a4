internal import MerkleLog
internal import Model
internal import Synchronization

/// Gives entries their places: journal first, then the tree over them, then one signed checkpoint.
///
/// Commits come one after the other, from the log's one queue. The lock of the tree is there so that a reader
/// sees whole states, and is never held while the disk works.
final class Sequencer: Sendable {
    /// The tree and what is known of its entries: first what opening found, then kept up by each commit.
    struct State {
        /// The tree, for the root of each commit.
        var frontier: Frontier
        /// The same tree as tiles, for publications.
        var tiles: TileWriter
        /// The compact range at the last multiple of 256 entries.
        var bundled: Frontier
        /// The highest outbox number and the newest time among the entries.
        var lastNumber: Int64
        var newest: NewestTime
    }

    /// All that a published checkpoint needs.
    struct Publication {
        var size: UInt64
        var checkpoint: String
        var files: [TileFile]
        /// What may be recorded once these files are durable.
        var synced: SyncedState
    }

    private struct Tree {
        var state: State
        var checkpoint: String
    }

    /// More bytes of finished tiles than this, and publishing does not keep up.
    private static let maximumUnpublishedBytes = 512 << 20

    let lastNumberAtOpening: Int64
    let newestTimeAtOpening: Instant
    private let signer: CheckpointSigner
    private let journal: Mutex<Journal>
    private let tree: Mutex<Tree>
    private let backlogged = Atomic(false)
    private let committed: Atomic<UInt64>

    /// - Parameters:
    ///   - checkpoint: of this very state, if one was signed before.
    init(state: State, journal: consuming Journal, signer: CheckpointSigner, checkpoint: String?) {
        self.signer = signer
        lastNumberAtOpening = state.lastNumber
        newestTimeAtOpening = state.newest.time
        tree = Mutex(
            Tree(
                state: state, checkpoint: checkpoint ?? Self.checkpoint(of: state.frontier, signer)))
        self.journal = Mutex(journal)
        committed = Atomic(state.frontier.size)
    }

    /// Whether so much waits to be published that nothing new should be appended for now.
    var isBacklogged: Bool { backlogged.load(ordering: .relaxed) }

    /// Makes the entries durable and part of the tree.
    ///
    /// The checkpoint is signed while the disk works. Nobody sees it, nor the tree it is of, before the disk
    /// is done; if that fails, nobody ever does.
    /// - Returns: the index of the first.
    func commit(_ entries: [NewEntry]) throws(LogError) -> UInt64 {
        let advance = tree.withLock { $0.state.advance(by: entries) }
        let (first, checkpoint) = try journal.withLock { journal throws(LogError) in
            let first = journal.size
            try journal.write(entries)
            let checkpoint = Self.checkpoint(of: advance.frontier, signer)
            try journal.synchronise()
            return (first, checkpoint)
        }
        tree.withLock { tree in
            tree.state.take(advance, entries)
            tree.checkpoint = checkpoint
            let isBacklogged = tree.state.tiles.finishedBytes > Self.maximumUnpublishedBytes
            backlogged.store(isBacklogged, ordering: .relaxed)
        }
        committed.store(first + UInt64(entries.count), ordering: .releasing)
        return first
    }

    /// How many entries the tree has; takes no lock.
    var size: UInt64 { committed.load(ordering: .acquiring) }

    /// The newest checkpoint and how many entries it covers.
    var head: PublishedCheckpoint {
        tree.withLock { PublishedCheckpoint(size: $0.state.frontier.size, note: $0.checkpoint) }
    }

    /// Of the current tree.
    var synced: SyncedState { tree.withLock { $0.state.synced } }

    /// Takes the files of the current tree; those that are full are handed out once.
    func takePublication() -> Publication {
        tree.withLock { tree in
            backlogged.store(false, ordering: .relaxed)
            return Publication(
                size: tree.state.frontier.size, checkpoint: tree.checkpoint,
                files: tree.state.tiles.publish(), synced: tree.state.synced)
        }
    }

    private static func checkpoint(of frontier: Frontier, _ signer: CheckpointSigner) -> String {
        do {
            return try signer.note(size: frontier.size, root: frontier.root)
        } catch {
            // A key that signed at opening and was never changed since cannot stop signing.
            preconditionFailure("the log's key does not sign: \(error)")
        }
    }
}

extension Sequencer.State {
    /// Adds an entry to the tree, its tiles and what is known of its contents.
    mutating func append(_ entry: NewEntry) {
        frontier.append(entry.leaf)
        if frontier.size % 256 == 0 { bundled = frontier }
        note(entry)
    }

    /// The trees to which entries lead that are not part of it yet.
    struct Advance {
        fileprivate(set) var frontier: Frontier
        fileprivate var bundled: Frontier
    }

    func advance(by entries: [NewEntry]) -> Advance {
        var advance = Advance(frontier: frontier, bundled: bundled)
        for entry in entries {
            advance.frontier.append(entry.leaf)
            if advance.frontier.size % 256 == 0 { advance.bundled = advance.frontier }
        }
        return advance
    }

    /// Adds the entries that led there.
    mutating func take(_ advance: Advance, _ entries: [NewEntry]) {
        precondition(
            advance.frontier.size == frontier.size + UInt64(entries.count), "commits come one after the other"
        )
        frontier = advance.frontier
        bundled = advance.bundled
        for entry in entries { note(entry) }
    }

    private mutating func note(_ entry: NewEntry) {
        tiles.add(entry.bytes, leaf: entry.leaf)
        if let number = entry.stamp.number { lastNumber = max(lastNumber, number) }
        newest.note(entry.stamp, of: entry.bytes)
    }

    /// The state at the last multiple of 256 entries. Number and time may be of later entries: the journal,
    /// which holds those, is replayed from there anyway.
    var synced: SyncedState {
        SyncedState(
            size: bundled.size, hashes: bundled.hashes, lastNumber: lastNumber, newestTime: newest.time)
    }
}

extension TileWriter {
    /// Adds an entry whose size was checked when it was queued.
    mutating func add(_ entry: [UInt8], leaf: TreeHash) {
        do {
            try append(entry, leaf: leaf)
        } catch {
            preconditionFailure("the size of an entry is checked before it is queued: \(error)")
        }
    }
}
