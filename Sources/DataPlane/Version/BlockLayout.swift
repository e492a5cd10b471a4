/// How one block of rows lies in the file `rows`:
///
///     text        the rows as CSV lines, fields in stored order
///     row ends    4 bytes a row, in the text
///     sequence    4 bytes a row: its place in the published file, from 0
///     cell ends   2 bytes a cell, from the start of its row
///     nulls       a bit a cell, whole bytes a row, least significant bit first
///
/// The text is contiguous, so that whole rows leave with one copy; integers are little-endian.
struct BlockLayout: Hashable, Sendable {
    static let maximumTextBytes = 65_536

    let fieldCount: Int
    let textBytes: Int
    let rows: Int

    private var rowEnds: Int { textBytes }
    private var sequence: Int { rowEnds + 4 * rows }
    private var cellEnds: Int { sequence + 4 * rows }
    private var nulls: Int { cellEnds + 2 * rows * fieldCount }
    private var nullBytes: Int { (fieldCount + 7) / 8 }

    var sizeBytes: Int { nulls + rows * nullBytes }

    @inline(__always)
    func rowStart(_ block: Span<UInt8>, _ row: Int) -> Int {
        row == 0 ? 0 : block.load32(rowEnds + 4 * (row - 1))
    }

    @inline(__always)
    func rowEnd(_ block: Span<UInt8>, _ row: Int) -> Int { block.load32(rowEnds + 4 * row) }

    /// The row's place in the published file, from 0.
    func sequenceNumber(_ block: Span<UInt8>, _ row: Int) -> Int { block.load32(sequence + 4 * row) }

    /// From the start of the row.
    @inline(__always)
    func cellStart(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Int {
        field == 0 ? 0 : cellEnd(block, row, field - 1) + 1
    }

    @inline(__always)
    func cellEnd(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Int {
        block.load16(cellEnds + 2 * (row * fieldCount + field))
    }

    @inline(__always)
    func isNull(_ block: Span<UInt8>, _ row: Int, _ field: Int) -> Bool {
        block[nulls + row * nullBytes + field / 8] >> (field % 8) & 1 == 1
    }

    /// Whether every row and cell ends where it can: behind the one before it, at a comma or the line end.
    /// Readers then need not look again.
    func isWellFormed(_ block: Span<UInt8>) -> Bool {
        var start = 0
        for row in 0..<rows {
            let end = rowEnd(block, row)
            guard start < end, end <= textBytes, block[end - 1] == UInt8(ascii: "\n") else { return false }
            var cellStart = 0
            for field in 0..<fieldCount {
                let cellEnd = cellEnd(block, row, field)
                let delimiter = UInt8(ascii: field < fieldCount - 1 ? "," : "\n")
                guard cellStart <= cellEnd, cellEnd < end - start, block[start + cellEnd] == delimiter else {
                    return false
                }
                cellStart = cellEnd + 1
            }
            guard cellStart == end - start else { return false }
            start = end
        }
        return start == textBytes
    }
}
