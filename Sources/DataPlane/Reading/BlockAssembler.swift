/// Fills one block with the rows that one snapshot releases, from a position on.
struct BlockAssembler: ~Copyable {
    private let version: StoredVersion
    /// Nil for an open dataset: all rows are released.
    private let snapshot: OwnerFilterSnapshot?
    private var projection: Projection
    /// The field set for which the projection is set up.
    private var scope: Int?
    private var storedBlock: Int?
    private(set) var position: ReadPosition
    private(set) var delivered: [DeliveredRun] = []
    private(set) var rows = 0

    init(
        version: StoredVersion, snapshot: OwnerFilterSnapshot?, projection: Projection,
        position: ReadPosition
    ) {
        self.version = version
        self.snapshot = snapshot
        self.projection = projection
        self.position = position
    }

    /// Writes rows until the block is full or the rows are at an end.
    mutating func fill(_ output: inout OutputSpan<UInt8>) throws {
        while let run = nextRun() {
            let written = try write(run, to: &output)
            position.row += written
            rows += written
            if written > 0, let snapshot, let scope {
                delivered.append(
                    DeliveredRun(
                        ordinal: UInt32(position.owner), rows: written,
                        fields: snapshot.fields(ofScope: scope)))
            }
            if written < run.count { break }
        }
    }

    // MARK: Which rows

    /// Moves on to the next released rows, if it does not stand in some: to the next owner by the filter's
    /// bits and the owners' row ends, never row by row.
    private mutating func nextRun() -> Range<Int>? {
        guard let snapshot else { return openRun() }
        while position.owner < version.ownerCount {
            let rows = position.row..<version.owners.rows(position.owner).upperBound
            if !rows.isEmpty, let scope = snapshot.scope(position.owner), select(scope, snapshot) {
                return rows
            }
            position.owner = snapshot.firstGranted(from: position.owner + 1) ?? version.ownerCount
            position.row = version.owners.rowStart(position.owner)
        }
        return nil
    }

    private mutating func openRun() -> Range<Int>? {
        guard position.row < version.rowCount, projection.select(nil) else { return nil }
        return position.row..<version.rowCount
    }

    private mutating func select(_ next: Int, _ snapshot: OwnerFilterSnapshot) -> Bool {
        if next == scope { return true }
        scope = nil
        guard projection.select(snapshot.fields(ofScope: next)) else { return false }
        scope = next
        return true
    }

    // MARK: Copying

    /// - Returns: how many of the rows were written; fewer than all if the block is full.
    private mutating func write(_ run: Range<Int>, to output: inout OutputSpan<UInt8>) throws -> Int {
        var row = run.lowerBound
        while row < run.upperBound {
            let block = findBlock(of: row)
            let range = version.blocks.rowRange(block)
            let first = range.lowerBound
            let rows = row - first..<min(run.upperBound, range.upperBound) - first
            let layout = version.blocks.layout(block)
            let written = try version.withBlock(block) { bytes in
                switch projection.format {
                case .csv: projection.writeCSV(bytes, layout, rows: rows, to: &output)
                case .ndjson: projection.writeNDJSON(bytes, layout, rows: rows, to: &output)
                }
            }
            row += written
            if written < rows.count { break }
        }
        // Ingest takes no row that an empty block could not hold.
        guard row > run.lowerBound || output.count > 0 else {
            throw DataPlaneError.corrupt(file: Manifest.rowsFile, block: storedBlock)
        }
        return row - run.lowerBound
    }

    private mutating func findBlock(of row: Int) -> Int {
        if let storedBlock, version.blocks.rowRange(storedBlock).contains(row) { return storedBlock }
        let block = version.blocks.block(of: row)
        storedBlock = block
        return block
    }
}
