import Model

/// A row as a scanner found it, before it is checked. `RowEncoder` is compiled once for each scanner, so what
/// is asked here for every cell costs no call.
protocol ScannedRow {
    /// Whether the first row holds the names of the fields, and no values.
    static var isHeaded: Bool { get }

    /// The texts of the cells lie in these.
    var bytes: [UInt8] { get }
    /// The physical line on which the row begins, from 1.
    var line: Int { get }
    /// The row for the quarantine file, as much as was kept.
    var quarantineText: [UInt8] { get }

    func range(ofCell cell: Int) -> Range<Int>
    func kind(ofCell cell: Int) -> ValueKind
    /// - Parameter isMarker: whether the cell's text is listed as a null marker.
    func isNull(cell: Int, isMarker: Bool) -> Bool
    /// Whether the text may hold a comma, a quote or a line end.
    func mayHaveDelimiters(cell: Int) -> Bool
    /// Both from 1.
    func place(ofCell cell: Int) -> (line: Int, column: Int)
    /// What is wrong with the row whatever the types of its fields; nil if each field has its cell.
    func structuralFault(_ columns: Columns) -> BadLine?
    /// How the cells become fields, from the first row of the file.
    func columns(_ shape: IngestShape) throws(ClientFault) -> Columns
}

extension ScannedRow {
    func text(_ cell: Int) -> ArraySlice<UInt8> { bytes[range(ofCell: cell)] }
}
