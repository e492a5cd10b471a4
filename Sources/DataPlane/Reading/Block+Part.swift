extension Block {
    /// The rows of which bytes lie in a part of the block, by number in it.
    ///
    /// - Parameters:
    ///   - part: of the bytes; not empty.
    ///   - format: in which the rows are written.
    public func rows(in part: Range<Int>, _ format: OutputFormat) -> Range<Int> {
        var (first, ended) = (0, 0)
        var (isQuoted, isAtEnd) = (false, false)
        let span = bytes.span
        for index in 0..<part.upperBound {
            if index == part.lowerBound { first = ended }
            // In a cell in quotes a line end is text, and a quote is doubled. JSON escapes both.
            if format == .csv, span[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            isAtEnd = span[index] == UInt8(ascii: "\n") && !isQuoted
            if isAtEnd { ended += 1 }
        }
        return first..<ended + (isAtEnd ? 0 : 1)
    }

    /// `delivered` of those rows alone.
    public func delivered(in part: Range<Int>, _ format: OutputFormat) -> [DeliveredRun] {
        let wanted = rows(in: part, format)
        var row = 0
        return delivered.compactMap { run in
            let own = (row..<row + run.rows).clamped(to: wanted)
            row += run.rows
            guard !own.isEmpty else { return nil }
            var part = run
            part.rows = own.count
            return part
        }
    }
}
