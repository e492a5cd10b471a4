internal import MerkleLog
internal import Model

/// What opening a log finds: the tree as journal and synced state give it, held against what was published.
///
/// Nothing is changed before all of it fits together.
struct Recovery {
    struct Published {
        var size: UInt64
        var root: TreeHash
        /// The root of the journal's first `size` entries; nil if it holds fewer.
        var replayedRoot: TreeHash?
    }

    private(set) var state: Sequencer.State
    private(set) var published: Published?
    let journal: JournalReplay

    init(dataDirectory: String, signer: NoteSigner) throws(LogError) {
        var published = try Self.readPublished(dataDirectory, signer: signer)
        let synced = try Self.readSynced(dataDirectory, notBeyond: published?.size ?? 0)
        var state = try Self.resume(synced, dataDirectory)
        if published?.size == state.frontier.size { published?.replayedRoot = state.frontier.root }
        journal = try JournalReplay(folder: dataDirectory + "/journal", from: synced.size) { _, entry in
            state.append(entry)
            if published?.size == state.frontier.size { published?.replayedRoot = state.frontier.root }
        }
        self.state = state
        self.published = published
    }

    /// The journal and the tree, once it is known that they continue what was published.
    func resumed(signer: NoteSigner) throws(LogError) -> Sequencer {
        if let published {
            guard published.size <= journal.size else {
                throw LogError(
                    .historyMismatch,
                    "the published checkpoint covers \(published.size) entries, the journal holds"
                        + " \(journal.size); put the journal of this log back")
            }
            guard published.replayedRoot == published.root else {
                throw LogError(
                    .historyMismatch,
                    "the journal's first \(published.size) entries are not those of the published checkpoint")
            }
        }
        return Sequencer(state: state, journal: try Journal(continuing: journal), signer: signer)
    }

    private static func readPublished(_ directory: String, signer: NoteSigner) throws(LogError) -> Published?
    {
        let path = directory + "/log/checkpoint"
        guard let bytes = try JournalFile.read(path) else { return nil }
        do {
            let verifier = try NoteVerifier(vkey: signer.vkey)
            let checkpoint = try Checkpoint.open(note: bytes, of: verifier)
            return Published(size: checkpoint.size, root: checkpoint.root)
        } catch {
            throw LogError(
                .historyMismatch, "`\(path)` is not a checkpoint signed by this log's key: \(error)")
        }
    }

    /// The synced state, or the empty one if there is none that a published checkpoint covers: then the whole
    /// journal is replayed, which is slower and never wrong.
    private static func readSynced(_ directory: String, notBeyond size: UInt64) throws(LogError)
        -> SyncedState
    {
        guard let bytes = try JournalFile.read(directory + "/journal/synced"), let state = SyncedState(bytes),
            state.size <= size
        else { return .empty }
        return state
    }

    private static func resume(_ synced: SyncedState, _ directory: String) throws(LogError) -> Sequencer.State
    {
        guard let frontier = Frontier(size: synced.size, hashes: synced.hashes) else {
            throw Self.unusable("`journal/synced` does not fit its own size")
        }
        let tiles: TileWriter
        do {
            tiles = try TileWriter(size: synced.size) { try JournalFile.read("\(directory)/log/\($0.path)") }
        } catch {
            throw Self.unusable("the tiles of \(synced.size) entries are not whole (\(error))")
        }
        guard tiles.root == frontier.root else {
            throw Self.unusable("the tiles of \(synced.size) entries are not those of `journal/synced`")
        }
        return Sequencer.State(
            frontier: frontier, tiles: tiles, bundled: frontier, lastNumber: synced.lastNumber,
            newestTime: synced.newestTime)
    }

    private static func unusable(_ problem: String) -> LogError {
        LogError(
            .historyMismatch,
            problem + "; remove `journal/synced`: the next start then reads the whole journal"
                + " and writes all tiles anew"
        )
    }
}
