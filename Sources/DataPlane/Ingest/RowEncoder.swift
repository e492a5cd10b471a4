import Model

/// Checks one scanned row and writes it as it will be stored and sent.
///
/// The record is `cell ends (2 bytes each) | null bits | CSV line`. The line has the fields in stored order,
/// cells as published and quoted only where needed; that is also where a text must not turn into "no value":
/// an empty text becomes `""`, and one that reads like a null marker keeps its quotes.
struct RowEncoder {
    /// Of a row with its line end, as CSV and as NDJSON with all fields: what one block can hold.
    static let maximumRowBytes = 65_536

    private let columns: Columns
    private let nullMarkers: NullMarkers
    private let headBytes: Int
    private let nullsStart: Int
    /// Of an NDJSON line without its values.
    private let jsonFrameBytes: Int
    private var inferences: [TypeInference]
    private(set) var record: [UInt8] = []
    /// Where the owner key lies in the bytes of the scanner; nil if the row belongs to nobody.
    private(set) var ownerKey: Range<Int>?

    init(columns: Columns, nullMarkers: NullMarkers) {
        self.columns = columns
        self.nullMarkers = nullMarkers
        nullsStart = 2 * columns.fields.count
        headBytes = nullsStart + (columns.fields.count + 7) / 8
        jsonFrameBytes = columns.fields.reduce(2) { sum, field in
            sum + JSONText.escapedLength(Array(field.name.utf8).span) + 4
        }
        inferences = columns.fields.map { _ in TypeInference() }
    }

    /// The fields, with the types found in all rows encoded so far where they are inferred.
    var fields: [Field] {
        guard columns.infersTypes else { return columns.fields }
        return zip(columns.fields, inferences).map { Field(id: $0.id, name: $0.name, type: $1.type) }
    }

    /// Encodes the row that stands in the scanner into `record`, or tells what is wrong with it.
    mutating func encode(_ row: CSVScanner) -> BadLine? {
        if let bad = structuralFault(row) { return bad }
        record.removeAll(keepingCapacity: true)
        record.append(contentsOf: repeatElement(0, count: headBytes))
        ownerKey = nil
        for field in columns.fields.indices {
            if let reason = encodeCell(row, field) { return badCell(row, field, reason) }
        }
        record[record.count - 1] = UInt8(ascii: "\n")
        guard fits(row) else {
            return BadLine(
                .rowTooLong, line: row.line, column: 1, value: row.text(ofCell: 0),
                detail: "the row would be longer than 65,536 bytes as CSV or as NDJSON")
        }
        if columns.infersTypes { observe(row) }
        return nil
    }

    // MARK: Cells

    private func range(_ row: CSVScanner, _ field: Int) -> Range<Int> {
        let cell = columns.cells[field]
        return (cell > 0 ? Int(row.cells[cell - 1].end) : 0)..<Int(row.cells[cell].end)
    }

    /// Writes one cell and the comma behind it.
    private mutating func encodeCell(_ row: CSVScanner, _ field: Int) -> BadLine.Reason? {
        let range = range(row, field)
        let text = row.bytes.span.extracting(range)
        let isMarker = nullMarkers.contains(text)
        let isQuoted = row.cells[columns.cells[field]].isQuoted
        if isMarker, !isQuoted {
            guard !columns.fields[field].isRequired else { return .requiredNull }
            record[nullsStart + field / 8] |= 1 << (field % 8)
            record.append(text, 0..<text.count)
        } else {
            guard columns.fields[field].type.accepts(text) else { return .wrongType }
            if field == columns.ownerField, !range.isEmpty { ownerKey = range }
            if range.isEmpty || isMarker || isQuoted && CSVText.hasDelimiters(text) {
                CSVText.appendQuoted(text, to: &record)
            } else {
                record.append(text, 0..<text.count)
            }
        }
        let end = record.count - headBytes
        record[2 * field] = UInt8(truncatingIfNeeded: end)
        record[2 * field + 1] = UInt8(truncatingIfNeeded: end >> 8)
        record.append(UInt8(ascii: ","))
        return nil
    }

    private func isNull(_ field: Int) -> Bool { record[nullsStart + field / 8] >> (field % 8) & 1 == 1 }

    private mutating func observe(_ row: CSVScanner) {
        for field in columns.fields.indices where !isNull(field) {
            inferences[field].observe(row.bytes.span.extracting(range(row, field)))
        }
    }

    // MARK: Limits

    private func fits(_ row: CSVScanner) -> Bool {
        let lineBytes = record.count - headBytes
        guard lineBytes <= Self.maximumRowBytes else { return false }
        // No text grows more than sixfold when it is escaped.
        if jsonFrameBytes + 6 * (lineBytes + columns.fields.count) <= Self.maximumRowBytes { return true }
        return worstJSONLength(row) <= Self.maximumRowBytes
    }

    /// As if every cell with a value were a string: neither a reader's choice of fields nor a later change of
    /// a type makes a row that no block can hold.
    private func worstJSONLength(_ row: CSVScanner) -> Int {
        columns.fields.indices.reduce(jsonFrameBytes) { sum, field in
            let text = row.bytes.span.extracting(range(row, field))
            return sum + (isNull(field) ? 4 : 2 + JSONText.escapedLength(text))
        }
    }

    // MARK: What is wrong

    private func structuralFault(_ row: CSVScanner) -> BadLine? {
        if let fault = row.fault {
            let field = fault.reason == .rowTooLong ? nil : fieldName(ofCell: fault.cell)
            return BadLine(
                fault.reason, line: fault.line, column: fault.column, field: field,
                value: row.text(ofCell: fault.cell))
        }
        let expected = columns.cells.count
        guard row.cells.count != expected else { return nil }
        let index = min(row.cells.count - 1, expected)
        let cell = row.cells[index]
        return BadLine(
            .raggedRow, line: row.line + Int(cell.lineOffset), column: Int(cell.column),
            value: row.text(ofCell: index),
            detail: "the row has \(row.cells.count) cells, the header \(expected)")
    }

    private func badCell(_ row: CSVScanner, _ field: Int, _ reason: BadLine.Reason) -> BadLine {
        let index = columns.cells[field]
        let cell = row.cells[index]
        let type = columns.fields[field].type
        let detail = "the value is not \(type.expectation)"
        return BadLine(
            reason, line: row.line + Int(cell.lineOffset), column: Int(cell.column),
            field: columns.fields[field].name, value: row.text(ofCell: index),
            detail: reason == .wrongType ? detail : nil)
    }

    private func fieldName(ofCell cell: Int) -> String? {
        columns.cells.firstIndex(of: cell).map { columns.fields[$0].name }
    }
}
