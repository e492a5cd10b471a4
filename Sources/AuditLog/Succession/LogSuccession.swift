public import MerkleLog
internal import Model

/// What is left of a log that has lost its end, to be carried into a new log of another name and key.
///
/// Under its own key such a log may never grow again: whoever saw the lost entries would have the key's word
/// for two histories. A successor names the last checkpoint that is known of it in its first entry, goes on
/// with the entries that are left, and says where they end. It changes nothing of the old log's files.
///
/// Trust: it believes what is left of the journal as far as a checkpoint covers it. Whoever can change the
/// journal beyond the last checkpoint that was kept can choose what is carried on, as he could at any start.
public struct LogSuccession: Sendable {
    /// The largest checkpoint that is known, and its note.
    public let last: PublishedCheckpoint
    /// How many entries are left to be carried on.
    public let carried: UInt64
    /// How many entries of those that a checkpoint covers are lost.
    public let lost: UInt64
    /// The highest outbox number among them, 0 if there is none.
    public let lastNumber: Int64
    /// Why not all of the journal could be read; nil if there is no more of it.
    public let damage: LogError?

    private let folder: String
    private let start: UInt64
    private let system: any FileSystem

    /// Reads what is left.
    ///
    /// - Parameters:
    ///   - log: the key of the log.
    ///   - heads: checkpoints that were kept elsewhere, signed notes.
    ///   - dropped: the highest outbox number that left the outbox: its entry was in the log.
    /// - Throws: `LogError` `log_is_whole` if nothing is lost, or nobody knows of it; `history_mismatch` if
    ///   one of the checkpoints is not of this log, or the journal is not the beginning of what one covers.
    public init(dataDirectory: String, log: NoteVerifier, heads: [String], dropped: Int64 = 0)
        throws(LogError)
    {
        let system = SystemFiles()
        let checkpoints = try Self.checkpoints(dataDirectory, log, heads, in: system)
        let rest = try Rest(dataDirectory, noting: Set(checkpoints.map(\.body.size)), in: system)
        let last = try Self.largest(of: checkpoints)
        for checkpoint in checkpoints {
            guard let root = rest.roots[checkpoint.body.size], root != checkpoint.body.root else { continue }
            throw LogError(
                .historyMismatch,
                "the journal's first \(checkpoint.body.size) entries are not those of a checkpoint of this"
                    + " log: it is another one; put the journal of this log back")
        }
        guard last.size > rest.tree.size || rest.damage != nil || dropped > rest.lastNumber else {
            throw LogError(
                .logIsWhole, "the journal holds all \(rest.tree.size) entries that any checkpoint here covers"
            )
        }
        self.last = last
        carried = rest.tree.size - rest.start
        lost = last.size > rest.tree.size ? last.size - rest.tree.size : 0
        lastNumber = rest.lastNumber
        damage = rest.damage
        folder = dataDirectory + "/journal"
        start = rest.start
        self.system = system
    }

    /// What can be read of a journal.
    private struct Rest {
        /// The entries below were pruned.
        let start: UInt64
        private(set) var tree: Frontier
        /// By size, those that were asked for and that the journal reaches.
        private(set) var roots: [UInt64: TreeHash] = [:]
        private(set) var lastNumber: Int64 = 0
        private(set) var damage: LogError?

        init(_ directory: String, noting sizes: Set<UInt64>, in system: any FileSystem) throws(LogError) {
            let base = try Recovery.readBase(directory, in: system) ?? .empty
            guard let tree = Frontier(size: base.size, hashes: base.hashes) else {
                throw LogError(.historyMismatch, "`journal/base` does not fit its own size")
            }
            start = base.size
            self.tree = tree
            if sizes.contains(tree.size) { roots[tree.size] = tree.root }
            do throws(LogError) {
                _ = try JournalReplay(folder: directory + "/journal", from: start, in: system) {
                    _, entry, leaf in
                    self.tree.append(leaf)
                    if sizes.contains(self.tree.size) { roots[self.tree.size] = self.tree.root }
                    lastNumber = max(lastNumber, EntryStamp(entry).number ?? 0)
                }
            } catch {
                // What stands before the damage was read: nothing if the beginning is lost.
                guard error.code == .journalDamaged || error.code == .historyMismatch else { throw error }
                damage = error
            }
        }
    }

    /// The checkpoint of the most entries.
    ///
    /// - Throws: `history_mismatch` if there is none, or two tell of different histories.
    private static func largest(of checkpoints: [(body: Checkpoint, note: String)]) throws(LogError)
        -> PublishedCheckpoint
    {
        guard let last = checkpoints.max(by: { $0.body.size < $1.body.size }) else {
            throw LogError(
                .historyMismatch, "no checkpoint of this log is known, which a successor must name")
        }
        guard checkpoints.allSatisfy({ $0.body.size < last.body.size || $0.body.root == last.body.root })
        else {
            throw LogError(
                .historyMismatch,
                "two checkpoints of \(last.body.size) entries, both signed by this log's key, have different"
                    + " roots: the key was used for two histories; keep them both as evidence")
        }
        return PublishedCheckpoint(size: last.body.size, note: last.note)
    }

    /// Writes the journal of the successor: `first`, the entries that are left, `end`.
    ///
    /// - Parameters:
    ///   - folder: of the new journal; there and empty.
    ///   - visit: gets each entry that is carried on.
    /// - Throws: `LogError` if a file cannot be read or written; what was written is then of no use.
    public func write(
        first: [UInt8], end: [UInt8], to folder: String, visit: ([UInt8]) -> Void
    ) throws(LogError) {
        let empty = try JournalReplay(folder: folder, from: 0, in: system) { _, _, _ in }
        precondition(empty.size == 0, "a successor's journal begins empty")
        var journal = try Journal(continuing: empty, in: system)
        var commit = [NewEntry(first)]
        var left = carried
        var bytes = 0
        do throws(LogError) {
            _ = try JournalReplay(folder: self.folder, from: start, in: system) {
                _, entry, leaf throws(LogError) in
                guard left > 0 else { return }
                left -= 1
                visit(entry)
                commit.append(NewEntry(entry, leaf: leaf))
                bytes += entry.count
                guard bytes > Intake.maximumBatchBytes else { return }
                try journal.append(commit)
                (commit, bytes) = ([], 0)
            }
        } catch {
            guard error.code == damage?.code else { throw error }
        }
        guard left == 0 else {
            throw LogError(.missingEntries, "the journal was changed while it was read")
        }
        try journal.append(commit + [NewEntry(end)])
        try system.synchroniseDirectory(folder)
    }

    /// Makes everything durable that was written to the file system of a folder.
    ///
    /// - Throws: `LogError` if that fails.
    public static func makeDurable(_ folder: String) throws(LogError) {
        try SystemFiles().synchroniseFileSystem(at: folder)
    }

    private static func checkpoints(
        _ directory: String, _ log: NoteVerifier, _ heads: [String], in system: any FileSystem
    ) throws(LogError) -> [(body: Checkpoint, note: String)] {
        var notes = heads.map { (source: "a checkpoint that was kept elsewhere", bytes: Array($0.utf8)) }
        for name in ["checkpoint", "witnessed"] {
            guard let bytes = try system.read("\(directory)/log/\(name)") else { continue }
            notes.append(("`log/\(name)`", bytes))
        }
        return try notes.map { note throws(LogError) in
            do {
                return (
                    try Checkpoint.open(note: note.bytes, of: log),
                    String(decoding: note.bytes, as: UTF8.self)
                )
            } catch {
                throw LogError(
                    .historyMismatch, "\(note.source) is not a checkpoint of this log: \(error)")
            }
        }
    }
}
