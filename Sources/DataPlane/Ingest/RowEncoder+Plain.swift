import Model

/// Rows that are taken as they stand, with the same checks and records as those of the scanner.
extension RowEncoder {
    /// What is asked of a cell of a field.
    struct PlainField: Sendable {
        var cell: Int
        var type: FieldType
        var isRequired: Bool

        /// Whether there are cells that it does not take.
        @inline(__always)
        var isChecked: Bool { isRequired || type != .string }
    }

    /// In stored order; none if the file has cells that are no field or fields that share one.
    static func plainFields(_ columns: Columns) -> [PlainField] {
        guard columns.cells.sorted() == Array(columns.cells.indices) else { return [] }
        return zip(columns.fields, columns.cells).map { field, cell in
            PlainField(cell: cell, type: field.type, isRequired: field.isRequired)
        }
    }

    /// As `PlainRows.take`.
    mutating func encodePlain(
        _ piece: [UInt8], _ position: inout Int, _ scanner: inout CSVScanner, into rows: inout PlainRows,
        _ buffer: inout SegmentBuffer
    ) -> Bool {
        rows.take(piece, &position, &scanner, &self, into: &buffer)
    }

    /// Writes the record of the row to `output` from `offset` on; tells where it ends and where the owner key
    /// lies in the text (empty: the row belongs to nobody).
    ///
    /// Nil, and what was written means nothing: something is wrong with the row, it may be too long, or there
    /// is no room.
    mutating func encodePlain(
        _ row: PlainRow, _ text: Span<UInt8>, _ marks: Span<UInt32>, _ fields: Span<PlainField>,
        into output: inout MutableSpan<UInt8>, at offset: Int
    ) -> (end: Int, ownerKey: Range<Int>)? {
        let rowBytes = row.lineEnd - row.start
        guard rowBytes <= plainBytes, headBytes + rowBytes + 2 * marks.count + 1 <= output.count - offset
        else { return nil }
        let nulls = offset + nullsStart
        for index in nulls..<offset + headBytes { output[index] = 0 }
        var line = PlainLine(at: offset + headBytes)
        for field in fields.indices {
            let asked = fields[field]
            if asked.cell == Columns.unread {
                line.appendNothing(text, to: &output)
                output.store16(UInt16(truncatingIfNeeded: line.count), at: offset &+ 2 &* field)
                continue
            }
            let (start, end) = row.bounds(ofCell: asked.cell, marks)
            let cell = PlainCell(text, start, end, nullMarkers)
            if cell.isNull {
                guard !asked.isRequired else { return nil }
                output[nulls &+ field / 8] |= 1 << UInt8(field % 8)
                line.append(text, start, end, to: &output)
            } else {
                guard takesValue(text.extracting(cell.value), asked.type, field) else { return nil }
                if cell.isEmptyText {
                    line.appendQuotes(text, to: &output)
                } else {
                    let margin = cell.isWrittenBare(text) ? 1 : 0
                    line.append(text, start &+ margin, end &- margin, to: &output)
                }
            }
            output.store16(UInt16(truncatingIfNeeded: line.count), at: offset &+ 2 &* field)
        }
        var ownerKey = 0..<0
        if let owner = columns.ownerField, output[nulls + owner / 8] >> UInt8(owner % 8) & 1 == 0 {
            ownerKey = row.range(ofCell: fields[owner].cell, marks, text)
            // Doubled there, so that it is not the key.
            for index in ownerKey where text[index] == UInt8(ascii: "\"") { return nil }
        }
        return (line.finish(text, to: &output), ownerKey)
    }

    @inline(__always)
    private mutating func takesValue(_ value: Span<UInt8>, _ type: FieldType, _ field: Int) -> Bool {
        guard columns.infersTypes else { return type == .string || type.accepts(value) }
        inferences[field].observe(value)
        return true
    }
}
