internal import MerkleLog
internal import Model

/// What opening a log finds: the tree as journal and synced state give it, held against what was published.
///
/// Nothing is changed before all of it fits together. Memory is bounded: where the tail has more tiles than
/// are kept, the journal is read a second time to write them.
struct Recovery {
    /// A checkpoint of this log that others may have seen: nothing smaller, and nothing else, may be signed.
    private struct Anchor {
        /// As the operator knows it.
        enum Name: String { case published, witnessed, remembered }

        var name: Name
        var size: UInt64
        var root: TreeHash
        var note: String
        /// The root of the journal's first `size` entries; nil if it holds fewer.
        var replayedRoot: TreeHash?
    }

    private(set) var state: Sequencer.State
    private var anchors: [Anchor]
    let journal: JournalReplay
    /// Where the replay began: what was synced last or, if that is lost, the base of a pruned log.
    private let start: SyncedState
    /// How many entries the largest checkpoint in `log/` covers.
    private let published: UInt64
    /// The entries below were pruned; 0 if none were.
    let minimumIndex: UInt64
    /// Whether `state` was not given all tiles beyond `start` to keep.
    private let lacksTiles: Bool
    private let dataDirectory: String
    private let system: any FileSystem

    /// Tiles and bundles beyond this are not kept while the journal is read.
    private static let maximumKeptBytes = 64 << 20

    /// - Parameter remembered: a checkpoint that is kept elsewhere.
    init(dataDirectory: String, signer: NoteSigner, remembered: String? = nil, in system: any FileSystem)
        throws(LogError)
    {
        var anchors: [Anchor] = []
        for (file, name) in [("checkpoint", Anchor.Name.published), ("witnessed", .witnessed)] {
            let path = "\(dataDirectory)/log/\(file)"
            guard let bytes = try system.read(path) else { continue }
            anchors.append(try Self.anchor(name, bytes, from: "`\(path)`", signer: signer))
        }
        // Tiles lie where they were published.
        let known = anchors.map(\.size).max() ?? 0
        published = known
        if let remembered {
            anchors.append(
                try Self.anchor(
                    .remembered, Array(remembered.utf8), from: "what is remembered", signer: signer))
        }
        let base = try Self.readBase(dataDirectory, in: system)
        let synced = try Self.readSynced(dataDirectory, notBeyond: known, in: system)
        let start = base.map { $0.size > synced.size ? $0 : synced } ?? synced
        var state = try Self.resume(start, dataDirectory, known: known, in: system)
        Self.note(state.frontier, in: &anchors)
        var lacksTiles = false
        journal = try JournalReplay(folder: dataDirectory + "/journal", from: start.size, in: system) {
            _, entry, leaf in
            state.append(NewEntry(entry, leaf: leaf))
            if state.tiles.finishedBytes > Self.maximumKeptBytes {
                _ = state.tiles.takeFinished()
                lacksTiles = true
            }
            Self.note(state.frontier, in: &anchors)
        }
        self.start = start
        minimumIndex = base?.size ?? 0
        self.lacksTiles = lacksTiles
        self.dataDirectory = dataDirectory
        self.system = system
        self.state = state
        self.anchors = anchors
    }

    /// Keeps the root of the tree for the anchors of its size.
    private static func note(_ frontier: Frontier, in anchors: inout [Anchor]) {
        for index in anchors.indices where anchors[index].size == frontier.size {
            anchors[index].replayedRoot = frontier.root
        }
    }

    /// The newest checkpoint that enough witnesses cosigned.
    var witnessed: PublishedCheckpoint? {
        anchors.first { $0.name == .witnessed }.map { PublishedCheckpoint(size: $0.size, note: $0.note) }
    }

    /// The journal and the tree, once it is known that they continue what was published.
    ///
    /// - Parameter tiles: where the tiles go that were not kept.
    func resumed(signers: [NoteSigner], tiles: TileFolder) throws(LogError) -> Sequencer {
        guard start.size <= journal.size else {
            throw LogError(
                .historyMismatch,
                "\(start.size) entries of the log were synced, the journal holds \(journal.size); put the"
                    + " journal of this log back")
        }
        for anchor in anchors {
            guard anchor.size <= journal.size else {
                throw LogError(
                    .historyMismatch,
                    "the \(anchor.name.rawValue) checkpoint covers \(anchor.size) entries, the journal holds"
                        + " \(journal.size); put the journal of this log back, or let a successor go on"
                        + " (`sluis log succeed`)")
            }
            // Only an anchor within the first state is not met by the replay: that state was built on it.
            guard anchor.size < start.size || anchor.replayedRoot == anchor.root else {
                throw LogError(
                    .historyMismatch,
                    "the journal's first \(anchor.size) entries are not those of the"
                        + " \(anchor.name.rawValue) checkpoint"
                )
            }
        }
        if lacksTiles { try writeTiles(to: tiles) }
        return Sequencer(
            state: state, journal: try Journal(continuing: journal, in: system),
            signer: try Self.checkpointSigner(signers), checkpoint: published(of: signers))
    }

    private static func checkpointSigner(_ signers: [NoteSigner]) throws(LogError) -> CheckpointSigner {
        do { return try CheckpointSigner(signers) } catch {
            throw LogError(.historyMismatch, "the log's keys do not sign checkpoints: \(error)")
        }
    }

    /// The published checkpoint, with the cosignatures that it has, if it is the journal's and signed by all.
    private func published(of signers: [NoteSigner]) -> String? {
        guard let anchor = anchors.first(where: { $0.name == .published && $0.size == journal.size }),
            let note = try? Note(Array(anchor.note.utf8))
        else { return nil }
        let isWhole = signers.allSatisfy { signer in
            (try? NoteVerifier(vkey: signer.vkey)).map { (try? note.verify([$0])) != nil } == true
        }
        return isWhole ? anchor.note : nil
    }

    /// Reads the journal once more and writes every full tile and bundle beyond the first state.
    private func writeTiles(to folder: TileFolder) throws(LogError) {
        var writer = try Self.resume(start, dataDirectory, known: published, in: system).tiles
        _ = try JournalReplay(folder: dataDirectory + "/journal", from: start.size, in: system) {
            _, entry, leaf throws(LogError) in
            writer.add(entry, leaf: leaf)
            guard writer.finishedBytes > Self.maximumKeptBytes else { return }
            for file in writer.takeFinished() { try folder.restore(file) }
        }
        for file in writer.takeFinished() { try folder.restore(file) }
    }

    /// - Parameter source: where the bytes are from, for a message.
    private static func anchor(_ name: Anchor.Name, _ bytes: [UInt8], from source: String, signer: NoteSigner)
        throws(LogError) -> Anchor
    {
        do {
            let checkpoint = try Checkpoint.open(note: bytes, of: NoteVerifier(vkey: signer.vkey))
            return Anchor(
                name: name, size: checkpoint.size, root: checkpoint.root,
                note: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw LogError(
                .historyMismatch, "\(source) is not a checkpoint signed by this log's key: \(error)")
        }
    }

    /// The synced state, or the empty one if there is none that a published checkpoint covers: then the whole
    /// journal is replayed, which is slower and never wrong.
    private static func readSynced(
        _ directory: String, notBeyond size: UInt64, in system: any FileSystem
    ) throws(LogError) -> SyncedState {
        guard let bytes = try system.read(directory + "/journal/synced"), let state = SyncedState(bytes),
            state.size <= size
        else { return .empty }
        return state
    }

    /// What was pruned; nil if nothing ever was. Unlike the synced state it is not derived from what is left.
    static func readBase(_ directory: String, in system: any FileSystem) throws(LogError)
        -> SyncedState?
    {
        guard let bytes = try system.read(directory + "/journal/base") else { return nil }
        guard let base = SyncedState(bytes) else {
            throw LogError(
                .historyMismatch, "`journal/base` is not what this program wrote; put it back from a copy")
        }
        return base
    }

    /// - Parameter known: how many entries the largest checkpoint covers, which has the widest tiles.
    private static func resume(
        _ start: SyncedState, _ directory: String, known: UInt64, in system: any FileSystem
    ) throws(LogError) -> Sequencer.State {
        guard let frontier = Frontier(size: start.size, hashes: start.hashes) else {
            throw Self.unusable("`journal/synced` or `journal/base` does not fit its own size")
        }
        let tiles: TileWriter
        do {
            tiles = try TileWriter(size: start.size) { try partial($0, directory, known: known, in: system) }
        } catch {
            throw Self.unusable("the tiles of \(start.size) entries are not whole (\(error))")
        }
        guard tiles.root == frontier.root else {
            throw Self.unusable("the tiles of \(start.size) entries are not those that were synced")
        }
        return Sequencer.State(
            frontier: frontier, tiles: tiles, bundled: frontier, lastNumber: start.lastNumber,
            newest: NewestTime(start.newestTime))
    }

    /// A partial tile, or the beginning of the one that has taken its place: a base need not be of a size
    /// that was ever published.
    private static func partial(
        _ path: TilePath, _ directory: String, known: UInt64, in system: any FileSystem
    ) throws(LogError) -> [UInt8]? {
        if let bytes = try system.read("\(directory)/log/\(path.path)") { return bytes }
        for size in [known, UInt64(Int64.max)] {
            guard let wider = path.widened(inTreeOf: size),
                let bytes = try system.read("\(directory)/log/\(wider.path)")
            else { continue }
            return TileFile(path: wider, bytes: bytes).narrowed(to: path.width)
        }
        return nil
    }

    private static func unusable(_ problem: String) -> LogError {
        LogError(
            .historyMismatch,
            problem + "; remove `journal/synced`: the next start then reads all of the journal that is left"
                + " and writes its tiles anew. If that does not help in a pruned log, put `log/` and"
                + " `journal/` of one time back"
        )
    }
}
