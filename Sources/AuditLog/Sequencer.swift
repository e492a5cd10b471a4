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
    private static let maximumUnpublishedBytes = 256 << 20

    let lastNumberAtOpening: Int64
    let newestTimeAtOpening: Instant
    private let signer: NoteSigner
    private let journal: Mutex<Journal>
    private let tree: Mutex<Tree>
    private let backlogged = Atomic(false)

    /// - Parameter checkpoint: of this very state, if one was signed before.
    init(state: State, journal: consuming Journal, signer: NoteSigner, checkpoint: String?) {
        self.signer = signer
        lastNumberAtOpening = state.lastNumber
        newestTimeAtOpening = state.newest.time
        tree = Mutex(
            Tree(
                state: state, checkpoint: checkpoint ?? Self.checkpoint(of: state.frontier, signer: signer)))
        self.journal = Mutex(journal)
    }

    /// Whether so much waits to be published that nothing new should be appended for now.
    var isBacklogged: Bool { backlogged.load(ordering: .relaxed) }

    /// Makes the entries durable and part of the tree.
    ///
    /// - Returns: the index of the first.
    func commit(_ entries: [[UInt8]]) throws(LogError) -> UInt64 {
        let (first, leaves) = try journal.withLock { journal throws(LogError) in
            (journal.size, try journal.append(entries))
        }
        let unpublishedBytes = tree.withLock { tree in
            for (entry, leaf) in zip(entries, leaves) { tree.state.append(entry, leaf: leaf) }
            tree.checkpoint = Self.checkpoint(of: tree.state.frontier, signer: signer)
            return tree.state.tiles.finishedBytes
        }
        backlogged.store(unpublishedBytes > Self.maximumUnpublishedBytes, ordering: .relaxed)
        return first
    }

    var size: UInt64 { tree.withLock { $0.state.frontier.size } }

    /// Of the current tree.
    var synced: SyncedState { tree.withLock { $0.state.synced } }

    /// Takes the files of the current tree; those that are full are handed out once.
    func takePublication() -> Publication {
        defer { backlogged.store(false, ordering: .relaxed) }
        return tree.withLock { tree in
            Publication(
                size: tree.state.frontier.size, checkpoint: tree.checkpoint,
                files: tree.state.tiles.publish(),
                synced: tree.state.synced)
        }
    }

    private static func checkpoint(of frontier: Frontier, signer: NoteSigner) -> String {
        let body = Checkpoint(origin: signer.name, size: frontier.size, root: frontier.root)
        do {
            return try body.signed(by: [signer])
        } catch {
            // A key that signed at opening and was never changed since cannot stop signing.
            preconditionFailure("the log's key does not sign: \(error)")
        }
    }
}

extension Sequencer.State {
    /// Adds an entry to the tree, its tiles and what is known of its contents.
    mutating func append(_ entry: [UInt8], leaf: TreeHash) {
        frontier.append(leaf)
        if frontier.size % 256 == 0 { bundled = frontier }
        tiles.add(entry, leaf: leaf)
        let stamp = EntryStamp(entry)
        if let number = stamp.number { lastNumber = max(lastNumber, number) }
        newest.note(stamp, of: entry)
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
