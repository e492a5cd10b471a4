import Synchronization

/// The rows of a version in some of its fields, so that whoever reads those passes no other byte.
///
/// They are the same rows in the same order, of the same owners, with the same places in the order of
/// arrival: what is read is byte for byte what the version gives. They lie in files without a name, under
/// checksums like those of the version: nothing of them is left when the last reader is gone, or in a crash.
public final class StoredProjection: Sendable {
    /// What a file counts for at least: it is a mapping, of which a process can have so many.
    static let minimumFileBytes = 64 << 10

    /// Positions in the version's fields, in the order in which they lie here.
    public let fields: [Int]
    /// On the disk.
    public let sizeBytes: Int
    let version: StoredVersion
    /// As if the version had those fields alone.
    let narrowed: StoredVersion
    private let damage = Atomic(false)

    /// - Parameter segments: those of the version, in these fields.
    init(of version: StoredVersion, fields: [Int], segments: [StoredSegment]) {
        self.version = version
        self.fields = fields
        narrowed = StoredVersion(version, fields: fields, segments: segments)
        sizeBytes = segments.reduce(0) { $0 + Self.countedBytes($1.blocks.sizeBytes) }
    }

    /// What a file of so many bytes counts for.
    static func countedBytes(_ sizeBytes: Int) -> Int { max(sizeBytes, minimumFileBytes) }

    /// Whether a block of it was not what was written: from then on reads take the version itself.
    var isDamaged: Bool { damage.load(ordering: .relaxed) }

    func noteDamage() { damage.store(true, ordering: .relaxed) }

    /// Whether rows may be read from it under this filter, as they would be from the version.
    ///
    /// Asked at every block: what a filter looks at besides its bits, it must find here too.
    func serves(_ snapshot: OwnerFilterSnapshot?) -> Bool {
        // Whose the rows of a divided key are, the time column of the version tells.
        !isDamaged && snapshot?.dividesKeys != true
    }

    /// Whether it has all of these fields of the version.
    func holds(_ wanted: some Collection<Int>) -> Bool { wanted.allSatisfy(fields.contains) }
}

extension StoredProjection {
    /// A place in the version's stored order as one in this.
    func place(_ position: ReadPosition) -> ReadPosition {
        Self.move(position, from: version, to: narrowed)
    }

    /// A place in this as one in the version's stored order.
    func placeInVersion(_ position: ReadPosition) -> ReadPosition {
        Self.move(position, from: narrowed, to: version)
    }

    /// Rows are counted the same way in both; blocks are not.
    private static func move(
        _ position: ReadPosition, from old: StoredVersion, to new: StoredVersion
    ) -> ReadPosition {
        guard position.segment < old.segments.count else { return position }
        let blocks = new.segments[position.segment].blocks
        let row = old.segments[position.segment].blocks.firstRows[position.block] + position.row
        var moved = position
        moved.block = row < blocks.rows ? blocks.block(of: row) : blocks.count
        moved.row = row - blocks.firstRows[moved.block]
        return moved
    }
}
