import Model

/// Several segments made one: sorted by owner, and inside an owner as they arrived. Owners may be left out.
///
/// It reads each segment once from front to back, so memory does not grow with them.
struct SegmentMerge {
    let segments: [StoredSegment]
    /// Ordinals whose rows are left out.
    let excluded: Set<UInt32>

    private var firstSequence: Int { segments.map(\.manifest.firstSequence).min() ?? 0 }

    private var sequenceCount: Int {
        segments.map { $0.manifest.firstSequence - firstSequence + $0.manifest.sequenceCount }.max() ?? 0
    }

    /// Whether the sequence numbers of all fit in one segment.
    var isPossible: Bool { sequenceCount <= Int(UInt32.max) }

    /// - Returns: the segment, both files durable.
    func write(
        _ number: Int, of version: Manifest, in directory: String, disk: Disk
    ) throws -> Manifest.Segment {
        var writer = try SegmentWriter(
            version: version.version, number: number, firstSequence: firstSequence,
            fieldCount: version.fields.count,
            hasOwners: version.ownerRule != .open, in: directory, disk: disk)
        try copy(to: &writer)
        return try writer.finish(sequenceCount: sequenceCount)
    }

    private func copy(to writer: inout SegmentWriter) throws {
        var cursors = segments.map { Cursor($0, shift: $0.manifest.firstSequence - firstSequence) }
        for index in cursors.indices { try cursors[index].load() }
        while let owner = cursors.compactMap(\.owner).min() {
            for index in cursors.indices {
                while cursors[index].owner == owner {
                    if !excluded.contains(owner) { try cursors[index].copy(to: &writer) }
                    try cursors[index].next()
                }
            }
        }
    }

    /// Stands at a run of one segment.
    private struct Cursor {
        let segment: StoredSegment
        let shift: Int
        private var block = 0
        private var run = 0
        private var rows = 0..<0
        /// Whose the run is; nil at the end. In an open dataset a whole block is a run of owner 0.
        private(set) var owner: UInt32?

        init(_ segment: StoredSegment, shift: Int) {
            self.segment = segment
            self.shift = shift
        }

        mutating func load() throws {
            guard block < segment.blocks.count else {
                owner = nil
                return
            }
            let layout = segment.blocks.layout(block)
            if layout.runs == 0 {
                (owner, rows) = (0, 0..<layout.rows)
                return
            }
            let start = rows.upperBound
            let (end, next) = try segment.withBlock(block) { bytes in
                (layout.runEnd(bytes, run), layout.runOwner(bytes, run))
            }
            (owner, rows) = (next, start..<end)
        }

        mutating func next() throws {
            run += 1
            if run >= segment.blocks.entries[block].runs {
                block += 1
                run = 0
                rows = 0..<0
            }
            try load()
        }

        func copy(to writer: inout SegmentWriter) throws {
            guard let owner else { return }
            let layout = segment.blocks.layout(block)
            try segment.withBlock(block) { bytes in
                try writer.append(bytes, layout, rows: rows, shift: shift, owner: owner)
            }
        }
    }
}
