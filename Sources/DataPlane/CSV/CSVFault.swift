/// The first thing wrong with a row, as the scanner found it.
struct CSVFault: Hashable, Sendable {
    var reason: BadLine.Reason
    /// Both from 1; the line is physical, the column counts bytes.
    var line: Int, column: Int
    /// The index of the cell it lies in.
    var cell: Int
}
