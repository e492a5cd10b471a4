internal import MerkleLog

/// Reads a journal and changes nothing: a journal that is refused stays as it was found.
///
/// A frame is durable before the next one begins. So after a crash only the last frame can be torn; it was
/// never acknowledged. A damaged frame with a whole one behind it is no work of a crash: it is refused.
struct JournalReplay {
    let folder: String
    /// The first index of the last segment.
    let lastSegment: UInt64
    /// Where the whole frames of the last segment end.
    let endBytes: Int
    /// Whether a torn frame follows them.
    let isTorn: Bool
    /// How many entries the journal holds.
    let size: UInt64

    /// Reads all entries from `start` on.
    ///
    /// - Parameter visit: gets each entry, its leaf hash and its index, in order.
    /// - Throws: `LogError` if a file cannot be read, or holds what no crash leaves behind.
    init(
        folder: String, from start: UInt64, in system: any FileSystem = SystemFiles(),
        visit: (_ index: UInt64, _ entry: [UInt8], _ leaf: TreeHash) throws(LogError) -> Void
    ) throws(LogError) {
        var segments = try system.list(folder).compactMap(Journal.firstIndex(ofSegment:)).sorted()
        if segments.isEmpty { segments = [0] }
        let first = segments.lastIndex { $0 <= start } ?? 0
        var next = segments[first]
        guard next <= start else {
            throw LogError(
                .historyMismatch,
                "the journal begins at entry \(next), but entry \(start) is needed: put all of the journal of"
                    + " this log back, and of a pruned log `journal/base` with it")
        }
        var (end, isTorn) = (0, false)
        for segment in segments[first...] {
            guard segment == next else {
                throw LogError(.journalDamaged, "the journal lacks entries \(next) to \(segment - 1)")
            }
            let path = Journal.path(folder, segment)
            let bytes = try system.read(path) ?? []
            (end, next) = try Self.read(bytes, path: path, first: next, from: start, visit: visit)
            isTorn = end < bytes.count
            if isTorn && segment != segments.last {
                throw LogError(
                    .journalDamaged, "`\(path)` is damaged at byte \(end), and later entries follow")
            }
        }
        self.folder = folder
        lastSegment = segments[segments.count - 1]
        endBytes = end
        self.isTorn = isTorn
        size = next
    }

    /// Reads frames until one is not whole.
    ///
    /// - Returns: where the whole frames end, and the index after their last entry.
    private static func read(
        _ bytes: [UInt8], path: String, first: UInt64, from start: UInt64,
        visit: (UInt64, [UInt8], TreeHash) throws(LogError) -> Void
    ) throws(LogError) -> (end: Int, next: UInt64) {
        var position = 0
        var next = first
        while let (frame, end) = JournalFrame.decode(bytes, at: position) {
            guard frame.firstIndex == next else {
                throw LogError(
                    .journalDamaged, "`\(path)` holds entry \(frame.firstIndex) where entry \(next) belongs")
            }
            for (entry, leaf) in zip(frame.entries, frame.leaves) {
                if next >= start { try visit(next, entry, leaf) }
                next += 1
            }
            position = end
        }
        try refuseWholeFrames(in: bytes, after: position, path: path)
        return (position, next)
    }

    /// A whole frame behind a damaged one was acknowledged: cutting it off would lose it.
    private static func refuseWholeFrames(
        in bytes: [UInt8], after position: Int, path: String
    ) throws(LogError) {
        guard position < bytes.count else { return }
        var candidate = position + 1
        while candidate + JournalFrame.headerBytes + JournalFrame.digestBytes <= bytes.count {
            if bytes[candidate] == JournalFrame.magic[0], JournalFrame.decode(bytes, at: candidate) != nil {
                throw LogError(
                    .journalDamaged,
                    "`\(path)` is damaged at byte \(position), and whole entries follow at byte \(candidate)")
            }
            candidate += 1
        }
    }
}

extension AuditLog {
    /// Hands each entry that the journal of a log at rest keeps to `visit`, oldest first.
    ///
    /// - Parameter directory: that `journal/` lies in.
    /// - Throws: `LogError` if a file cannot be read, or holds what no crash leaves behind.
    public static func forEachEntry(inDataDirectory directory: String, _ visit: ([UInt8]) -> Void)
        throws(LogError)
    {
        let system = SystemFiles()
        let start = try Recovery.readBase(directory, in: system)?.size ?? 0
        _ = try JournalReplay(folder: directory + "/journal", from: start, in: system) { _, entry, _ in
            visit(entry)
        }
    }
}
