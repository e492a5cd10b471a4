import Model

/// Checks one scanned row and writes it as it will be stored and sent.
///
/// The record is `cell ends (2 bytes each) | null bits | CSV line`. The line has the fields in stored order,
/// cells as published and quoted only where needed; that is also where a text must not turn into "no value":
/// an empty text becomes `""`, and one that reads like a null marker keeps its quotes.
struct RowEncoder {
    /// Of a row with its line end, as CSV and as NDJSON with all fields: what one block can hold.
    static let maximumRowBytes = 65_536

    private(set) var columns: Columns
    let nullMarkers: NullMarkers
    let headBytes: Int
    let nullsStart: Int
    /// Of an NDJSON line without its values.
    private let jsonFrameBytes: Int
    let plainFields: [PlainField]
    /// A row of at most so many bytes, its line end not counted, surely fits, with quotes that it may get.
    let plainBytes: Int
    var inferences: [TypeInference]
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
        plainFields = Self.plainFields(columns)
        plainBytes = (Self.maximumRowBytes - jsonFrameBytes) / 6 - 3 * columns.fields.count - 1
        inferences = columns.fields.map { _ in TypeInference() }
    }

    /// Of a row of the file.
    var cellCount: Int { columns.cells.count }

    /// Turns to rows of which these cells are read, by field. One that is not is neither looked at nor
    /// checked, and empty in the record.
    mutating func turn(to cells: [Int]) { columns.cells = cells }

    /// The fields, with the types found in all rows encoded so far where they are inferred.
    var fields: [Field] {
        guard columns.infersTypes else { return columns.fields }
        return zip(columns.fields, inferences).map { Field(id: $0.id, name: $0.name, type: $1.type) }
    }

    /// Encodes the row that stands in the scanner into `record`, or tells what is wrong with it.
    mutating func encode<Row: ScannedRow>(_ row: Row) -> BadLine? {
        row.structuralFault(columns) ?? encodeFields(row)
    }

    /// The same for a row of which each field is known to have its cell.
    mutating func encodeFields<Row: ScannedRow>(_ row: Row) -> BadLine? {
        let bytes = row.bytes
        record.removeAll(keepingCapacity: true)
        record.append(contentsOf: repeatElement(0, count: headBytes))
        ownerKey = nil
        for field in columns.fields.indices {
            if let reason = encodeCell(row, bytes.span, field) { return badCell(row, field, reason) }
        }
        record[record.count - 1] = UInt8(ascii: "\n")
        guard fits(row, bytes.span) else {
            return BadLine(
                .rowTooLong, line: row.line, column: 1, value: row.text(columns.firstRead),
                detail: "the row would be longer than 65,536 bytes as CSV or as NDJSON")
        }
        if columns.infersTypes { observe(row, bytes.span) }
        return nil
    }

    // MARK: Cells

    /// Writes one cell and the comma behind it.
    private mutating func encodeCell<Row: ScannedRow>(
        _ row: Row, _ bytes: Span<UInt8>, _ field: Int
    ) -> BadLine.Reason? {
        let cell = columns.cells[field]
        guard cell != Columns.unread else {
            endCell(field)
            return nil
        }
        let range = row.range(ofCell: cell)
        let text = bytes.extracting(range)
        let isMarker = nullMarkers.contains(text)
        if row.isNull(cell: cell, isMarker: isMarker) {
            guard !columns.fields[field].isRequired else { return .requiredNull }
            record[nullsStart + field / 8] |= 1 << (field % 8)
            record.append(text, 0..<text.count)
        } else {
            let type = columns.fields[field].type
            guard columns.infersTypes || row.kind(ofCell: cell).suits(type), type.accepts(text) else {
                return .wrongType
            }
            if field == columns.ownerField, !range.isEmpty { ownerKey = range }
            if range.isEmpty || isMarker || row.mayHaveDelimiters(cell: cell) && CSVText.hasDelimiters(text) {
                CSVText.appendQuoted(text, to: &record)
            } else {
                record.append(text, 0..<text.count)
            }
        }
        endCell(field)
        return nil
    }

    @inline(__always)
    private mutating func endCell(_ field: Int) {
        let end = record.count - headBytes
        record[2 * field] = UInt8(truncatingIfNeeded: end)
        record[2 * field + 1] = UInt8(truncatingIfNeeded: end >> 8)
        record.append(UInt8(ascii: ","))
    }

    private func isNull(_ field: Int) -> Bool { record[nullsStart + field / 8] >> (field % 8) & 1 == 1 }

    private mutating func observe<Row: ScannedRow>(_ row: Row, _ bytes: Span<UInt8>) {
        for field in columns.fields.indices where !isNull(field) {
            let cell = columns.cells[field]
            inferences[field].observe(
                bytes.extracting(row.range(ofCell: cell)), as: row.kind(ofCell: cell))
        }
    }

    // MARK: Limits

    private func fits<Row: ScannedRow>(_ row: Row, _ bytes: Span<UInt8>) -> Bool {
        let lineBytes = record.count - headBytes
        guard lineBytes <= Self.maximumRowBytes else { return false }
        // No text grows more than sixfold when it is escaped.
        if jsonFrameBytes + 6 * (lineBytes + columns.fields.count) <= Self.maximumRowBytes { return true }
        return worstJSONLength(row, bytes) <= Self.maximumRowBytes
    }

    /// As if every cell with a value were a string: neither a reader's choice of fields nor a later change of
    /// a type makes a row that no block can hold.
    private func worstJSONLength<Row: ScannedRow>(_ row: Row, _ bytes: Span<UInt8>) -> Int {
        var length = jsonFrameBytes
        for field in columns.fields.indices where columns.cells[field] != Columns.unread {
            let text = bytes.extracting(row.range(ofCell: columns.cells[field]))
            length += isNull(field) ? 4 : 2 + JSONText.escapedLength(text)
        }
        return length
    }

    // MARK: What is wrong

    private func badCell<Row: ScannedRow>(
        _ row: Row, _ field: Int, _ reason: BadLine.Reason
    ) -> BadLine {
        let cell = columns.cells[field]
        let (line, column) = row.place(ofCell: cell)
        let misfit = row.kind(ofCell: cell).misfit(columns.fields[field].type)
        let isWrongType = reason == .wrongType
        return BadLine(
            reason, line: line, column: column, field: columns.fields[field].name, value: row.text(cell),
            detail: isWrongType ? misfit.detail : nil, remedy: isWrongType ? misfit.remedy : nil)
    }
}
