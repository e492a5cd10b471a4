/// Where the value of one member lies in a scanned line and where it stood in the file.
struct NDJSONCell: Hashable, Sendable {
    /// A member that the line does not have.
    static let missing = NDJSONCell(start: 0, end: 0, column: 0, kind: nil)

    /// Of its text among the row's bytes, without quotes and escapes; empty for null.
    var start: Int32, end: Int32
    /// From 1, in bytes of the line; 0 for a member that is missing.
    var column: Int32
    /// Nil for null, and for a member that is missing.
    var kind: ValueKind?

    var isMissing: Bool { column == 0 }
    var range: Range<Int> { Int(start)..<Int(end) }
}
