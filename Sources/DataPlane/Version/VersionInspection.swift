public import Model

/// What a published version is made of: its rows, segments and files, and what each takes on the disk.
public struct VersionInspection: Hashable, Sendable {
    /// Bytes on the disk, by what they are for.
    public struct Sizes: Hashable, Sendable {
        /// The rows as they are sent.
        public var text = 0
        /// Where rows and cells end, what is null, in which order rows came, where blocks lie.
        public var structure = 0
        /// Whose rows are whose: the owner table, and the runs of owners in the blocks.
        public var owners = 0
        /// The manifest, and the lines that were set aside.
        public var other = 0

        public var total: Int { text + structure + owners + other }
    }

    public struct File: Hashable, Sendable {
        public var name: String
        public var sizeBytes: Int
        /// CRC-32C in hex; nil for a file of rows, each block of which has its own in the file of blocks.
        public var checksum: String?
    }

    public struct Segment: Hashable, Sendable {
        /// The version with which it was written; later ones share its files.
        public var version: Int
        public var rows: Int
        public var blocks: Int
        public var sizes: Sizes
        public var files: [File]
    }

    /// What a merge puts together.
    public struct Merge: Hashable, Sendable {
        /// Positions in `segments`.
        public var segments: Range<Int>
        public var rows: Int
        /// What it would write before the files that it replaces go.
        public var sizeBytes: Int
    }

    public var version: Int
    /// The version with which all rows before were replaced; those since only added and deleted.
    public var base: Int
    public var fields: [Field]
    public var rows: Int
    /// Distinct owner keys that have rows; 1 for a single owner, 0 for an open dataset.
    public var owners: Int
    public var ownerlessRows: Int
    public var badLines: Int
    public var segments: [Segment]
    /// Those of no segment.
    public var files: [File]
    /// Nil if there is nothing to put together.
    public var merge: Merge?

    /// Of all files.
    public var sizes: Sizes {
        var sum = Sizes(owners: files.reduce(0) { $0 + ($1.name == Manifest.ownersFile ? $1.sizeBytes : 0) })
        sum.other = files.reduce(-sum.owners) { $0 + $1.sizeBytes }
        for segment in segments {
            sum.text += segment.sizes.text
            sum.structure += segment.sizes.structure
            sum.owners += segment.sizes.owners
        }
        return sum
    }
}

extension StoredVersion {
    /// What the version is made of; reads no rows.
    public var inspection: VersionInspection {
        let content = manifest.encoded
        let own: [(String, Manifest.File?)] = [
            (Manifest.fileName, Manifest.File(sizeBytes: content.count, checksum: Checksum.of(content))),
            (Manifest.ownersFile, manifest.ownerTable), (Manifest.quarantineFile, manifest.quarantine),
        ]
        return VersionInspection(
            version: manifest.version, base: manifest.base, fields: manifest.fields, rows: manifest.rows,
            owners: manifest.owners, ownerlessRows: manifest.ownerlessRows, badLines: manifest.badLineCount,
            segments: segments.map(\.inspection),
            files: own.compactMap { name, file in file.map { VersionInspection.File(name, $0) } },
            merge: pendingMerge)
    }

    /// What the next merge puts together; nil if there is nothing to.
    public var pendingMerge: VersionInspection.Merge? {
        guard let range = MergePlan.range(rows: segments.map(\.manifest.rows)) else { return nil }
        let merged = segments[range]
        return VersionInspection.Merge(
            segments: range, rows: merged.reduce(0) { $0 + $1.manifest.rows },
            sizeBytes: merged.reduce(0) { $0 + $1.manifest.sizeBytes })
    }
}

extension StoredSegment {
    fileprivate var inspection: VersionInspection.Segment {
        var sizes = VersionInspection.Sizes()
        for entry in blocks.entries {
            sizes.text += entry.textBytes
            sizes.owners += entry.runs * BlockLayout.runBytes
        }
        sizes.structure = manifest.sizeBytes - sizes.text - sizes.owners
        return VersionInspection.Segment(
            version: manifest.version, rows: manifest.rows, blocks: blocks.count, sizes: sizes,
            files: [
                VersionInspection.File(name: manifest.rowsFile, sizeBytes: manifest.rowsBytes, checksum: nil),
                VersionInspection.File(manifest.blocksFile, manifest.blocks),
            ])
    }
}

extension VersionInspection.File {
    fileprivate init(_ name: String, _ file: Manifest.File) {
        self.init(name: name, sizeBytes: file.sizeBytes, checksum: Manifest.hex(file.checksum))
    }
}
