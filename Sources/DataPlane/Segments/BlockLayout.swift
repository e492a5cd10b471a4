/// How one block of rows lies in a segment's file of rows:
///
///     text          the rows as CSV lines, fields in stored order
///     row ends      2 bytes a row: its end in the text, less 1
///     sequence      4 bytes a row: its place in the order of arrival, from the segment's first
///     cell ends     2 bytes a cell but the last of each row, from the start of its row
///     nulls         a bit a cell, whole bytes a row, least significant bit first
///     run ends      2 bytes a run of rows of one owner: the row behind it, less 1
///     run owners    4 bytes a run: the ordinal, all bits set for rows that belong to nobody
///
/// The text is contiguous, so that whole rows leave with one copy, and rows are sorted by ordinal, so that
/// whole runs do. Integers are little-endian. A block of an open dataset has no runs.
struct BlockLayout: Hashable, Sendable {
    static let maximumTextBytes = 65_536
    /// What a run takes.
    static let runBytes = 6

    let fieldCount: Int
    let textBytes: Int
    let rows: Int
    let runs: Int
    let rowEnds: Int
    let sequence: Int
    let cellEnds: Int
    let nulls: Int
    let runEnds: Int
    let runOwners: Int
    let sizeBytes: Int

    init(fieldCount: Int, textBytes: Int, rows: Int, runs: Int) {
        self.fieldCount = fieldCount
        self.textBytes = textBytes
        self.rows = rows
        self.runs = runs
        rowEnds = textBytes
        sequence = rowEnds + 2 * rows
        cellEnds = sequence + 4 * rows
        nulls = cellEnds + 2 * rows * (fieldCount - 1)
        runEnds = nulls + rows * Self.nullBytes(fieldCount)
        runOwners = runEnds + 2 * runs
        sizeBytes = runEnds + Self.runBytes * runs
    }

    /// Of a row.
    static func nullBytes(_ fieldCount: Int) -> Int { (fieldCount + 7) / 8 }

    @inline(__always)
    func rowStart(_ block: Span<UInt8>, _ row: Int) -> Int { row == 0 ? 0 : rowEnd(block, row - 1) }

    @inline(__always)
    func rowEnd(_ block: Span<UInt8>, _ row: Int) -> Int { block.load16(rowEnds + 2 * row) + 1 }

    /// The row's place in the order of arrival, from the segment's first.
    @inline(__always)
    func sequenceNumber(_ block: Span<UInt8>, _ row: Int) -> Int { block.load32(sequence + 4 * row) }

    /// From the start of the row.
    @inline(__always)
    func cellStart(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Int {
        field == 0 ? 0 : block.load16(cellEnds + 2 * (row * (fieldCount - 1) + field - 1)) + 1
    }

    /// From the start of the row.
    @inline(__always)
    func cellEnd(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Int {
        field < fieldCount - 1
            ? block.load16(cellEnds + 2 * (row * (fieldCount - 1) + field))
            : rowEnd(block, row) - 1 - rowStart(block, row)
    }

    @inline(__always)
    func isNull(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Bool {
        block[nulls + row * Self.nullBytes(fieldCount) + field / 8] >> (field % 8) & 1 == 1
    }

    /// The row behind the run.
    @inline(__always)
    func runEnd(_ block: Span<UInt8>, _ run: Int) -> Int { block.load16(runEnds + 2 * run) + 1 }

    /// The owner's ordinal.
    @inline(__always)
    func runOwner(_ block: Span<UInt8>, _ run: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: block.load32(runOwners + 4 * run))
    }

    /// The run that holds a row.
    func run(_ block: Span<UInt8>, of row: Int) -> Int {
        var range = 0..<runs
        while range.count > 1 {
            let middle = (range.lowerBound + range.upperBound) / 2
            range =
                runEnd(block, middle - 1) <= row
                ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}

extension BlockLayout {
    /// Whether every row, cell and run ends where it can: behind the one before it, rows and cells at a comma
    /// or the line end. Readers then need not look again.
    func isWellFormed(_ block: Span<UInt8>) -> Bool {
        var start = 0
        for row in 0..<rows {
            let end = rowEnd(block, row)
            guard start < end, end <= textBytes, block[end - 1] == UInt8(ascii: "\n"),
                hasWellFormedCells(block, row, bytes: start..<end - 1)
            else { return false }
            start = end
        }
        return start == textBytes && hasWellFormedRuns(block)
    }

    private func hasWellFormedCells(_ block: Span<UInt8>, _ row: Int, bytes: Range<Int>) -> Bool {
        var cellStart = 0
        var offset = cellEnds + 2 * row * (fieldCount - 1)
        for _ in 0..<fieldCount - 1 {
            let cellEnd = block.load16(offset)
            guard cellStart <= cellEnd, cellEnd < bytes.count,
                block[bytes.lowerBound + cellEnd] == UInt8(ascii: ",")
            else { return false }
            cellStart = cellEnd + 1
            offset += 2
        }
        return cellStart <= bytes.count
    }

    /// Owners ascend, and nobody comes last.
    private func hasWellFormedRuns(_ block: Span<UInt8>) -> Bool {
        var end = 0
        for run in 0..<runs {
            let next = runEnd(block, run)
            guard next > end, run == 0 || runOwner(block, run - 1) < runOwner(block, run) else {
                return false
            }
            end = next
        }
        return runs == 0 || end == rows
    }
}
