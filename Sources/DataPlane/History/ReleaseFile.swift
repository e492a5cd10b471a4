import Glibc
import Synchronization

/// The stored form of a history, and of what was released at its end: a file of frames, each
///
///     kind (4 bytes) | length (4) | CRC-32C of a byte of kind and the content (4) | content
///
/// of these kinds:
///
///     head      canonical JSON: format, id, key (base64url), base, first
///     sets      canonical JSON: lists of positions, numbered on from those before
///     state     8 bytes: a number; then 2 bytes an ordinal: the set that was released when it was the next
///     changes   8 bytes each: ordinal (4), number of the set before (2) and after (2), from the state's on
///     earlier   the same, of those before the state
///
/// What is added is made durable before a cursor that counts on it is handed out. The file is written anew
/// when it has grown by as much as the state needs.
public final class ReleaseFile: Sendable {
    /// What of a history is not in the file yet, and what was released at its end.
    public struct Moment: Sendable {
        public var history: ReleaseHistory
        public var released: OwnerFilterSnapshot

        public init(history: ReleaseHistory, released: OwnerFilterSnapshot) {
            self.history = history
            self.released = released
        }
    }

    /// What the file holds.
    private struct Stored {
        var id: [UInt8]
        var next: Int
        var sets: Int
        /// Changes behind the state.
        var added: Int
        var ordinals: Int
    }

    private static let maximumBytes = 1 << 31

    static let folder = "releases"

    private let parent: String
    private let name: String
    private let disk: Disk
    private let stored = Mutex<Stored?>(nil)

    /// - Parameter parent: where the folder of all such files of a dataset is made.
    init(in parent: String, name: String, disk: Disk) {
        self.parent = parent
        self.name = name
        self.disk = disk
    }

    private var directory: String { "\(parent)/\(Self.folder)" }
    private var path: String { "\(directory)/\(name)" }

    /// Makes durable what is not yet.
    ///
    /// - Throws: `DataPlaneError`, `RetryableFault` for a full disk.
    public func save(_ moment: Moment) throws {
        try stored.withLock { stored in
            let history = moment.history
            if let known = stored, known.id == history.id, known.next >= history.next { return }
            // Until it is done nobody knows what the file holds.
            let before = stored
            stored = nil
            if let before, before.id == history.id, before.next >= history.first,
                before.added < max(4096, before.ordinals / 2)
            {
                stored = try add(history, to: before)
            } else {
                stored = try replace(by: moment)
            }
        }
    }

    private func add(_ history: ReleaseHistory, to before: Stored) throws -> Stored {
        var content: [UInt8] = []
        if history.sets.count > before.sets { content.append(.sets, history.setsFrame(from: before.sets)) }
        let changes = history.changes[(before.next - history.first)...]
        content.append(.changes, ReleaseHistory.frame(changes))
        let file = try OpenFile(path, O_WRONLY | O_APPEND | O_NOFOLLOW, disk: disk)
        try file.write(content)
        try file.sync()
        var after = before
        after.next = history.next
        after.sets = history.sets.count
        after.added += changes.count
        return after
    }

    private func replace(by moment: Moment) throws -> Stored {
        let history = moment.history
        let state = moment.released.released(numberedBy: history)
        var content: [UInt8] = []
        content.append(.head, history.headFrame)
        content.append(.sets, history.setsFrame(from: 1))
        if !history.changes.isEmpty { content.append(.earlier, ReleaseHistory.frame(history.changes[...])) }
        content.append(.state, state)
        try makeDirectory()
        let draft = path + ".new"
        if disk.exists(draft) { try disk.remove(draft) }
        _ = try FileWriter.write(content, to: draft, disk: disk)
        try disk.rename(draft, to: path)
        try disk.syncDirectory(directory)
        return Stored(
            id: history.id, next: history.next, sets: history.sets.count, added: 0,
            ordinals: (state.count - 8) / 2)
    }

    private func makeDirectory() throws {
        guard !disk.exists(directory) else { return }
        try disk.makeDirectory(directory)
        try disk.syncDirectory(parent)
    }

    /// What the file holds; nil if there is none that can be understood.
    ///
    /// - Parameter version: whose ordinals it is of.
    public func load(for version: VersionIdentity) -> Moment? {
        stored.withLock { stored in
            guard let file = try? OpenFile(path, O_RDONLY | O_NOFOLLOW, disk: disk),
                let content = try? file.readAll(limitBytes: Self.maximumBytes),
                let reading = ReleaseFrames(content).reading
            else { return nil }
            stored = Stored(
                id: reading.history.id, next: reading.history.next, sets: reading.history.sets.count,
                added: reading.added, ordinals: reading.state.count)
            return Moment(
                history: reading.history,
                released: OwnerFilterSnapshot(
                    version: version, released: reading.state, sets: reading.history.sets))
        }
    }
}
