internal import MerkleLog
internal import Model
internal import Synchronization

/// Gives entries their places: journal first, then the tree over them, then one signed checkpoint.
///
/// All changes come from the log's one queue; the lock is there so that a reader sees whole states.
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
        var newestTime: Instant
    }

    /// All that a published checkpoint needs.
    struct Publication {
        var size: UInt64
        var checkpoint: String
        var files: [TileFile]
        /// What may be recorded once these files are durable.
        var synced: SyncedState
    }

    private struct Tree: ~Copyable {
        var state: State
        var journal: Journal
        var checkpoint: String
    }

    let lastNumberAtOpening: Int64
    let newestTimeAtOpening: Instant
    private let signer: NoteSigner
    private let tree: Mutex<Tree>

    init(state: State, journal: consuming Journal, signer: NoteSigner) {
        self.signer = signer
        lastNumberAtOpening = state.lastNumber
        newestTimeAtOpening = state.newestTime
        tree = Mutex(
            Tree(
                state: state, journal: journal,
                checkpoint: Self.checkpoint(of: state.frontier, signer: signer)))
    }

    /// Makes the entries durable and part of the tree.
    ///
    /// - Returns: the index of the first.
    func commit(_ entries: [[UInt8]]) throws(LogError) -> UInt64 {
        try tree.withLock { tree throws(LogError) in
            let first = tree.journal.size
            try tree.journal.append(entries)
            for entry in entries { tree.state.append(entry) }
            tree.checkpoint = Self.checkpoint(of: tree.state.frontier, signer: signer)
            return first
        }
    }

    var size: UInt64 { tree.withLock { $0.state.frontier.size } }

    /// Takes the files of the current tree; those that are full are handed out once.
    func takePublication() -> Publication {
        tree.withLock { tree in
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
    mutating func append(_ entry: [UInt8]) {
        let leaf = MerkleTree.leafHash(entry)
        frontier.append(leaf)
        if frontier.size % 256 == 0 { bundled = frontier }
        do {
            try tiles.append(entry, leaf: leaf)
        } catch {
            preconditionFailure("the size of an entry is checked before it is queued: \(error)")
        }
        let stamp = EntryStamp(entry)
        if let number = stamp.number { lastNumber = max(lastNumber, number) }
        if let time = stamp.time { newestTime = max(newestTime, time) }
    }

    /// The state at the last multiple of 256 entries. Number and time may be of later entries: the journal,
    /// which holds those, is replayed from there anyway.
    var synced: SyncedState {
        SyncedState(
            size: bundled.size, hashes: bundled.hashes, lastNumber: lastNumber, newestTime: newestTime)
    }
}
