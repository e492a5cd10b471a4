internal import MerkleLog
internal import Model
internal import Synchronization

/// Takes the first entries out of a log: bundles, tiles and segments of the journal that lie wholly below the
/// minimum index (C2SP tlog-tiles).
///
/// Crash safety: the base, from which a start goes on without what is removed, is durable before anything is
/// removed. What follows only removes, lowest first, and can be done again: after a crash some files that
/// nobody needs are left, and no log lacks one that it needs.
final class Retention: Sendable {
    private let directory: String
    private let system: any FileSystem
    private let minimum: Atomic<UInt64>
    private let isStopped = Atomic(false)

    init(dataDirectory: String, minimumIndex: UInt64, in system: any FileSystem) {
        directory = dataDirectory
        self.system = system
        minimum = Atomic(minimumIndex)
    }

    /// The entries below are pruned; 0 if none are.
    var minimumIndex: UInt64 { minimum.load(ordering: .acquiring) }

    /// Ends what runs after the file at hand.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Writes down, durably, that a start needs nothing below `base`. The tiles of its tree are made durable
    /// first: without the journal nothing could build them again.
    func begin(at base: SyncedState) throws(LogError) {
        guard base.size > minimumIndex else { return }
        try system.synchroniseFileSystem(at: directory + "/log")
        try system.replace(
            directory + "/journal/base", with: base.json.canonical, through: directory + "/journal/rebased",
            durably: true)
        try system.synchroniseDirectory(directory + "/journal")
        minimum.store(base.size, ordering: .releasing)
    }

    /// Removes what lies below the minimum index, as far as it is there.
    func removeFiles() throws(LogError) {
        for place in 0..<minimumIndex >> 8 {
            try remove(.entries(index: place))
            try remove(.tile(level: 0, index: place))
            // With its last place goes a tile of a higher level.
            var (level, index) = (1, place + 1)
            while index & 255 == 0 {
                index >>= 8
                try remove(.tile(level: level, index: index - 1))
                level += 1
            }
        }
        try removeSegments()
    }

    /// Removes a tile or bundle with the partial ones of its place. Folders that become empty stay: they are
    /// few, and whoever writes tiles remembers that they are there.
    private func remove(_ path: TilePath) throws(LogError) {
        guard !isStopped.load(ordering: .relaxed) else {
            throw LogError(.fileOperation, "the log was closed before all was removed; it goes on next time")
        }
        let file = "\(directory)/log/\(path.path)"
        try system.removeFile(file)
        try system.removeDirectory(file + ".p")
    }

    /// Removes the segments behind which another begins at or below the minimum index.
    private func removeSegments() throws(LogError) {
        let folder = directory + "/journal"
        let segments = try system.list(folder).compactMap(Journal.firstIndex(ofSegment:)).sorted()
        for (segment, next) in zip(segments, segments.dropFirst()) where next <= minimumIndex {
            try system.removeFile(Journal.path(folder, segment))
        }
        try system.synchroniseDirectory(folder)
    }
}
