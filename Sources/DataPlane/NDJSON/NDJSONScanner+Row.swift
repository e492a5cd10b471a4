import Model

extension NDJSONScanner: ScannedRow {
    static var isHeaded: Bool { false }

    var quarantineText: [UInt8] { Array(lineText) }

    @inline(__always)
    func range(ofCell cell: Int) -> Range<Int> { cells[cell].range }

    @inline(__always)
    func kind(ofCell cell: Int) -> ValueKind { cells[cell].kind ?? .untyped }

    /// Null is what JSON calls so; no text means it.
    @inline(__always)
    func isNull(cell: Int, isMarker: Bool) -> Bool { cells[cell].kind == nil }

    @inline(__always)
    func mayHaveDelimiters(cell: Int) -> Bool { cells[cell].kind == .string }

    /// A member that is missing is told at the start of its line.
    func place(ofCell cell: Int) -> (line: Int, column: Int) { (line, max(1, Int(cells[cell].column))) }

    func structuralFault(_ columns: Columns) -> BadLine? {
        guard let fault else { return nil }
        let field = fault.member.map { String(decoding: names[$0], as: UTF8.self) }
        return BadLine(
            fault.reason, line: line, column: fault.offset + 1, field: field, value: bytes[fault.value],
            detail: fault.detail, remedy: fault.reason == .unknownMember ? unknownRemedy(columns) : nil)
    }

    private func unknownRemedy(_ columns: Columns) -> String? {
        columns.infersTypes
            ? "give the fields in a schema, or give the first object the member too, with null as its value"
            : nil
    }

    func columns(_ shape: IngestShape) throws(ClientFault) -> Columns {
        if let fields = shape.fields { return try Columns(given: fields, shape: shape) }
        if let bad = structuralFault(Columns.none) {
            throw ClientFault(
                .unprocessable, "malformed_first_object",
                "the first object names the fields, and it cannot be read: line \(bad.line), column "
                    + "\(bad.column): \(bad.message)", found: bad.value, remedy: bad.remedy)
        }
        let names = names.map { String(decoding: $0, as: UTF8.self) }
        return try Columns(named: names, by: .firstObject, shape: shape)
    }
}
