/// Gathers rows of other blocks into blocks, as `BlockLayout` lays them out. Rows must come sorted by owner.
struct BlockBuilder {
    private let fieldCount: Int
    private let hasOwners: Bool
    private var text: [UInt8] = []
    private var rowEnds: [UInt8] = []
    private var sequence: [UInt8] = []
    private var cellEnds: [UInt8] = []
    private var nulls: [UInt8] = []
    private var runEnds: [UInt8] = []
    private var runOwners: [UInt8] = []
    private var rows = 0
    private var runs = 0
    private var firstOwner: UInt32 = 0
    private var owner: UInt32 = 0

    /// - Parameter hasOwners: false for an open dataset, whose blocks have no runs.
    init(fieldCount: Int, hasOwners: Bool) {
        self.fieldCount = fieldCount
        self.hasOwners = hasOwners
    }

    /// Whether the block must be taken before a row of so many bytes can be added.
    @inline(__always)
    private func isFull(for bytes: Int) -> Bool {
        rows > 0 && text.count + bytes > BlockLayout.maximumTextBytes
    }

    /// Adds rows of a stored block, all of one owner, as many as fit.
    /// - Parameter shift: what is added to their sequence numbers.
    /// - Returns: how many were added; at least one if the block was empty.
    mutating func append(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows range: Range<Int>, shift: Int, owner: UInt32
    ) -> Int {
        let start = layout.rowStart(block, range.lowerBound)
        let base = text.count - start
        var end = range.lowerBound
        while end < range.upperBound {
            let rowEnd = layout.rowEnd(block, end)
            guard rows == 0 && end == range.lowerBound || rowEnd + base <= BlockLayout.maximumTextBytes else {
                break
            }
            rowEnds.append16(rowEnd + base - 1)
            sequence.append32(layout.sequenceNumber(block, end) + shift)
            end += 1
        }
        guard end > range.lowerBound else { return 0 }
        text.append(block, start..<layout.rowEnd(block, end - 1))
        let cells = 2 * (fieldCount - 1)
        cellEnds.append(
            block, layout.cellEnds + cells * range.lowerBound..<layout.cellEnds + cells * end)
        let bits = BlockLayout.nullBytes(fieldCount)
        nulls.append(block, layout.nulls + bits * range.lowerBound..<layout.nulls + bits * end)
        rows += end - range.lowerBound
        extendRun(of: owner)
        return end - range.lowerBound
    }

    /// Adds a row of a stored block in some of its fields.
    /// - Parameter fields: their positions in the block, in the order in which they come.
    /// - Returns: false, and nothing is added, if the block must be taken first.
    mutating func append(
        _ block: Span<UInt8>, _ layout: BlockLayout, row: Int, fields: [Int], owner: UInt32
    ) -> Bool {
        var bytes = fields.count
        for field in fields {
            bytes += layout.cellEnd(block, row, field) - layout.cellStart(block, row, field)
        }
        guard !isFull(for: bytes) else { return false }
        let (from, start) = (layout.rowStart(block, row), text.count)
        var bits = 0
        for (place, field) in fields.enumerated() {
            if place > 0 {
                cellEnds.append16(text.count - start)
                text.append(UInt8(ascii: ","))
            }
            let cell = layout.cellStart(block, row, field)..<layout.cellEnd(block, row, field)
            text.append(block, from + cell.lowerBound..<from + cell.upperBound)
            if layout.isNull(block, row, field) { bits |= 1 << (place % 8) }
            if place % 8 == 7 || place == fields.count - 1 {
                nulls.append(UInt8(bits))
                bits = 0
            }
        }
        text.append(UInt8(ascii: "\n"))
        rowEnds.append16(text.count - 1)
        sequence.append32(layout.sequenceNumber(block, row))
        rows += 1
        extendRun(of: owner)
        return true
    }

    /// The rows up to here, from the end of the run before, are the owner's.
    private mutating func extendRun(of next: UInt32) {
        guard hasOwners else { return }
        if runs > 0, next == owner {
            runEnds.removeLast(2)
        } else {
            if runs == 0 { firstOwner = next }
            runOwners.append32(Int(next))
            runs += 1
            owner = next
        }
        runEnds.append16(rows - 1)
    }

    /// The block and its entry in the block table; empty again afterwards. Nil if there are no rows.
    mutating func take() -> (bytes: [UInt8], entry: BlockTable.Entry)? {
        guard rows > 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + rows * (6 + 2 * fieldCount + fieldCount / 8) + 6 * runs)
        for part in [text, rowEnds, sequence, cellEnds, nulls, runEnds, runOwners] { bytes += part }
        let entry = BlockTable.Entry(
            textBytes: text.count, rows: rows, runs: runs, owners: firstOwner...owner,
            checksum: Checksum.of(bytes))
        clear()
        return (bytes, entry)
    }

    private mutating func clear() {
        text.removeAll(keepingCapacity: true)
        rowEnds.removeAll(keepingCapacity: true)
        sequence.removeAll(keepingCapacity: true)
        cellEnds.removeAll(keepingCapacity: true)
        nulls.removeAll(keepingCapacity: true)
        runEnds.removeAll(keepingCapacity: true)
        runOwners.removeAll(keepingCapacity: true)
        (rows, runs, firstOwner, owner) = (0, 0, 0, 0)
    }
}
