import Model

extension CSVScanner: ScannedRow {
    static var isHeaded: Bool { true }

    @inline(__always)
    func range(ofCell cell: Int) -> Range<Int> {
        (cell > 0 ? Int(cells[cell - 1].end) : 0)..<Int(cells[cell].end)
    }

    @inline(__always)
    func kind(ofCell cell: Int) -> ValueKind { .untyped }

    @inline(__always)
    func isNull(cell: Int, isMarker: Bool) -> Bool { isMarker && !cells[cell].isQuoted }

    @inline(__always)
    func mayHaveDelimiters(cell: Int) -> Bool { cells[cell].isQuoted }

    func place(ofCell cell: Int) -> (line: Int, column: Int) {
        (line + Int(cells[cell].lineOffset), Int(cells[cell].column))
    }

    func structuralFault(_ columns: Columns) -> BadLine? {
        if let fault {
            let field = fault.reason == .rowTooLong ? nil : columns.name(ofCell: fault.cell)
            return BadLine(
                fault.reason, line: fault.line, column: fault.column, field: field,
                value: text(ofCell: fault.cell))
        }
        let expected = columns.cells.count
        guard cells.count != expected else { return nil }
        let index = min(cells.count - 1, expected)
        let (line, column) = place(ofCell: index)
        return BadLine(
            .raggedRow, line: line, column: column, value: text(ofCell: index),
            detail: "the row has \(cells.count) cells, the header \(expected)")
    }

    var quarantineText: [UInt8] {
        guard !cells.isEmpty else { return bytes }
        var result: [UInt8] = []
        for index in cells.indices {
            if index > 0 { result.append(UInt8(ascii: ",")) }
            let cell = Array(text(ofCell: index))
            if cells[index].isQuoted {
                CSVText.appendQuoted(cell.span, to: &result)
            } else {
                result += cell
            }
        }
        return result
    }

    /// The row is the header.
    func columns(_ shape: IngestShape) throws(ClientFault) -> Columns {
        if let fault {
            let line = BadLine(
                fault.reason, line: fault.line, column: fault.column, value: text(ofCell: fault.cell))
            throw ClientFault(
                .unprocessable, "malformed_header",
                "the header cannot be read: \(line.message) at column \(line.column)", found: line.value,
                remedy: line.remedy)
        }
        guard cells.count <= Columns.maximumCount else { throw Columns.tooMany(cells.count, .header) }
        let names = cells.indices.map { String(decoding: text(ofCell: $0), as: UTF8.self) }
        return try Columns(named: names, by: .header, shape: shape)
    }
}
