/// Where one cell of a scanned row lies and where it stood in the text.
struct CSVCell: Hashable, Sendable {
    /// End of its text among the row's bytes; it begins where the cell before it ends.
    var end: Int32
    /// Physical lines after the row's first: a quoted cell may hold line ends.
    var lineOffset: Int32
    /// From 1, in bytes of its physical line.
    var column: Int32
    var isQuoted: Bool
}
