extension Projection {
    /// How many matching rows are written at once: the rows behind them were looked at for nothing if the
    /// block turns out to be full.
    private static let maximumRunRows = 64

    /// Writes the selected ones of the rows of a block, as many as fit.
    ///
    /// - Returns: how many rows it went past, and how many of those it wrote. Fewer than all are passed if
    ///   the output is full, the limit reached, or the selection spent.
    func write(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows: Range<Int>, selection: inout RowSelection,
        to output: inout OutputSpan<UInt8>
    ) -> (passed: Int, written: Int) {
        guard selection.looksAtRows else {
            let allowed = rows.lowerBound..<rows.lowerBound + selection.allowed(rows.count)
            let written = write(block, layout, rows: allowed, to: &output)
            selection.send(written)
            return (written, written)
        }
        var (row, written) = (rows.lowerBound, 0)
        while row < rows.upperBound, !selection.isSpent, !selection.isAtLimit {
            guard selection.matches(block, layout, row) else {
                row += 1
                continue
            }
            let start = row
            let end = start + selection.allowed(min(rows.upperBound - start, Self.maximumRunRows))
            var isMatching = true
            while row < end, isMatching {
                row += 1
                isMatching = row == end || selection.matches(block, layout, row)
            }
            let fitting = write(block, layout, rows: start..<row, to: &output)
            selection.send(fitting)
            written += fitting
            if start + fitting < row { return (start + fitting - rows.lowerBound, written) }
            if !isMatching { row += 1 }
        }
        return (row - rows.lowerBound, written)
    }

    private func write(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows: Range<Int>, to output: inout OutputSpan<UInt8>
    ) -> Int {
        switch format {
        case .csv: writeCSV(block, layout, rows: rows, to: &output)
        case .ndjson: writeNDJSON(block, layout, rows: rows, to: &output)
        }
    }
}
