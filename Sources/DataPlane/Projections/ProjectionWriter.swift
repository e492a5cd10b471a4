/// Makes a projection of a version: once through all rows to know its size, and once more to write it.
///
/// It asks now and then whether it is still wanted.
struct ProjectionWriter {
    /// How many blocks are read between two questions.
    private static let blocksPerQuestion = 64

    let version: StoredVersion
    /// Positions in the version's fields, each once.
    let fields: [Int]
    /// Throws if it is not.
    let checkWanted: () throws -> Void

    /// What the projection will take, or a little more.
    func sizeBytes() throws -> Int {
        try version.segments.reduce(0) { try $0 + StoredProjection.countedBytes(sizeBytes(of: $1)) }
    }

    private func sizeBytes(of segment: StoredSegment) throws -> Int {
        var (text, runs) = (0, 0)
        for block in 0..<segment.blocks.count {
            try pass(block)
            let layout = segment.blocks.layout(block)
            runs += layout.runs
            // Cells end at a comma or the line end.
            text += layout.rows * fields.count
            try segment.withBlock(block) { bytes in
                for row in 0..<layout.rows {
                    for field in fields {
                        text += layout.cellEnd(bytes, row, field) - layout.cellStart(bytes, row, field)
                    }
                }
            }
        }
        // A new block can cut a run in two. Of two neighbours the second began because the first was full.
        let cuts = segment.rowsHaveOwners ? 2 * text / BlockLayout.maximumTextBytes + 1 : 0
        return BlockLayout(
            fieldCount: fields.count, textBytes: text, rows: segment.blocks.rows, runs: runs + cuts
        ).sizeBytes
    }

    /// - Throws: `DataPlaneError`; `RetryableFault` for a full disk; what `checkWanted` throws.
    func write() throws -> StoredProjection {
        StoredProjection(of: version, fields: fields, segments: try version.segments.map(write))
    }

    private func write(_ segment: StoredSegment) throws -> StoredSegment {
        let file = try FileWriter(unnamedIn: segment.scratch, disk: version.disk)
        var table = BlockTable(fieldCount: fields.count)
        var builder = BlockBuilder(fieldCount: fields.count, hasOwners: segment.rowsHaveOwners)
        func writeBlock() throws {
            guard let block = builder.take() else { return }
            try file.appendUnchecked(block.bytes)
            table.append(block.entry)
        }
        for block in 0..<segment.blocks.count {
            try pass(block)
            let layout = segment.blocks.layout(block)
            try segment.withBlock(block) { bytes in
                var (run, end, owner) = (-1, 0, UInt32(0))
                for row in 0..<layout.rows {
                    if row == end {
                        run += 1
                        end = layout.runs == 0 ? layout.rows : layout.runEnd(bytes, run)
                        owner = layout.runs == 0 ? 0 : layout.runOwner(bytes, run)
                    }
                    if builder.append(bytes, layout, row: row, fields: fields, owner: owner) { continue }
                    try writeBlock()
                    _ = builder.append(bytes, layout, row: row, fields: fields, owner: owner)
                }
            }
        }
        try writeBlock()
        return StoredSegment(segment, blocks: table, rows: try file.map())
    }

    private func pass(_ block: Int) throws {
        if block % Self.blocksPerQuestion == 0 { try checkWanted() }
    }
}
