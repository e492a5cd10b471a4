/// Lays out blocks of encoded rows, each in one go: how many rows it takes, then every row in its place.
///
/// Rows come sorted by owner, so their records lie anywhere in memory: those ahead are brought near.
struct EncodedBlock {
    /// How many rows ahead. Their records come from memory in about the time that these rows are copied in.
    private static let prefetchedRows = 12

    private let fieldCount: Int
    private let headBytes: Int
    private let hasOwners: Bool
    /// The block; bytes behind it mean nothing.
    private(set) var bytes: [UInt8] = []
    private(set) var sizeBytes = 0

    /// - Parameter hasOwners: false for an open dataset, whose blocks have no runs.
    init(fieldCount: Int, hasOwners: Bool) {
        self.fieldCount = fieldCount
        headBytes = 2 * fieldCount + BlockLayout.nullBytes(fieldCount)
        self.hasOwners = hasOwners
    }

    /// Lays out as many rows from `first` on as fit, at least one; where the next block begins and what the
    /// block table says of this one.
    mutating func lay(
        _ records: Span<UInt8>, _ rows: Span<EncodedRow>, from first: Int
    ) -> (next: Int, entry: BlockTable.Entry) {
        let hasOwners = hasOwners
        let (next, layout) = layout(rows, from: first)
        sizeBytes = layout.sizeBytes
        if bytes.count < sizeBytes {
            bytes.append(contentsOf: repeatElement(0, count: sizeBytes - bytes.count))
        }
        var output = bytes.mutableSpan
        Self.copy(records, rows, first..<next, layout, to: &output)
        if hasOwners { Self.writeRuns(rows, first..<next, layout, to: &output) }
        let owners = hasOwners ? rows[first].owner...rows[next - 1].owner : 0...0
        let entry = BlockTable.Entry(
            textBytes: layout.textBytes, rows: layout.rows, runs: layout.runs, owners: owners,
            checksum: Checksum.of(bytes.span.extracting(0..<sizeBytes)))
        return (next, entry)
    }

    private func layout(_ rows: Span<EncodedRow>, from first: Int) -> (next: Int, layout: BlockLayout) {
        var (next, textBytes, runs) = (first, 0, 0)
        while next < rows.count {
            let bytes = textBytes + Int(rows[next].length) - headBytes
            guard bytes <= BlockLayout.maximumTextBytes || next == first else { break }
            if next == first || rows[next].owner != rows[next - 1].owner { runs += 1 }
            textBytes = bytes
            next += 1
        }
        return (
            next,
            BlockLayout(
                fieldCount: fieldCount, textBytes: textBytes, rows: next - first, runs: hasOwners ? runs : 0)
        )
    }

    private static func copy(
        _ records: Span<UInt8>, _ rows: Span<EncodedRow>, _ taken: Range<Int>, _ layout: BlockLayout,
        to output: inout MutableSpan<UInt8>
    ) {
        // The end of the last cell is that of the row.
        let cellBytes = 2 * layout.fieldCount - 2
        let nullBytes = BlockLayout.nullBytes(layout.fieldCount)
        let headBytes = cellBytes + 2 + nullBytes
        var (text, cells, nulls) = (0, layout.cellEnds, layout.nulls)
        for index in taken {
            let ahead = index &+ prefetchedRows
            if ahead < rows.count { records.prefetch(Int(rows[ahead].start), Int(rows[ahead].length)) }
            let row = rows[index]
            let start = Int(row.start)
            output.copy(records, start..<start + cellBytes, to: cells)
            let head = start + headBytes
            output.copy(records, head - nullBytes..<head, to: nulls)
            output.copy(records, head..<start + Int(row.length), to: text)
            text += Int(row.length) - headBytes
            cells += cellBytes
            nulls += nullBytes
            let place = index - taken.lowerBound
            output.store16(UInt16(truncatingIfNeeded: text - 1), at: layout.rowEnds + 2 * place)
            output.store32(row.sequence, at: layout.sequence + 4 * place)
        }
    }

    private static func writeRuns(
        _ rows: Span<EncodedRow>, _ taken: Range<Int>, _ layout: BlockLayout,
        to output: inout MutableSpan<UInt8>
    ) {
        var run = 0
        for index in taken {
            let owner = rows[index].owner
            guard index == taken.upperBound - 1 || rows[index + 1].owner != owner else { continue }
            let last = UInt16(truncatingIfNeeded: index - taken.lowerBound)
            output.store16(last, at: layout.runEnds + 2 * run)
            output.store32(owner, at: layout.runOwners + 4 * run)
            run += 1
        }
    }
}
