extension Projection {
    /// Writes rows of a block as CSV, as many as fit.
    /// - Returns: how many were written.
    func writeCSV(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows: Range<Int>, to output: inout OutputSpan<UInt8>
    ) -> Int {
        if isWholeRow { return copyRows(block, layout, rows: rows, to: &output) }
        for row in rows {
            let start = output.count
            guard writeCSVRow(block, layout, row, to: &output), output.count <= Block.maximumBytes else {
                output.removeLast(output.count - start)
                return row - rows.lowerBound
            }
        }
        return rows.count
    }

    /// Rows leave as they are stored: one copy for all that fit.
    private func copyRows(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows: Range<Int>, to output: inout OutputSpan<UInt8>
    ) -> Int {
        let start = layout.rowStart(block, rows.lowerBound)
        let limit = start + Block.maximumBytes - output.count
        // The number of rows that end within the limit, by halving.
        var (fitting, beyond) = (0, rows.count + 1)
        while beyond - fitting > 1 {
            let middle = (fitting + beyond) / 2
            if layout.rowEnd(block, rows.lowerBound + middle - 1) <= limit {
                fitting = middle
            } else {
                beyond = middle
            }
        }
        guard fitting > 0 else { return 0 }
        let end = layout.rowEnd(block, rows.lowerBound + fitting - 1)
        return output.append(block, start..<end) ? fitting : 0
    }

    /// False if there is no room.
    @inline(__always)
    private func writeCSVRow(
        _ block: Span<UInt8>, _ layout: BlockLayout, _ row: Int, to output: inout OutputSpan<UInt8>
    ) -> Bool {
        let rowStart = layout.rowStart(block, row)
        let pieces = pieces.span
        for index in pieces.indices {
            guard output.freeCapacity > 1 else { return false }
            if index > 0 { output.append(UInt8(ascii: ",")) }
            let piece = pieces[index]
            if piece.isGap { continue }
            let start = rowStart + layout.cellStart(block, row, piece.first)
            let end = rowStart + layout.cellEnd(block, row, piece.last)
            guard output.append(block, start..<end) else { return false }
        }
        guard output.freeCapacity > 0 else { return false }
        output.append(UInt8(ascii: "\n"))
        return true
    }
}
