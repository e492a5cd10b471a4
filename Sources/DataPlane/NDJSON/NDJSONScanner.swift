import Model

/// Splits NDJSON into rows, fed with pieces of any size: one JSON object (RFC 8259) a line.
///
/// UTF-8 with or without a byte order mark at the start; lines end with LF or CRLF; blank lines are skipped.
/// Objects are flat, with the members in any order; a member that is missing is null. The fields are given,
/// or else the members of the first object in its order: rows are stored as they come, so a member that
/// first appears later has no place, and its line is a bad one.
struct NDJSONScanner: Sendable {
    /// Of a line as it stands in the file, its line end not counted.
    static let maximumRowBytes = 65_536

    private var lines = LineSplitter(maximumBytes: Self.maximumRowBytes)
    private var object: ObjectReader

    /// With the names of the fields; nil to take those of the first object.
    /// - Parameter ignoringOthers: whether members with other names are passed by; else they are a fault.
    init(names: [String]?, ignoringOthers: Bool = false) {
        object = ObjectReader(
            members: MemberTable(
                names: names?.map { Array($0.utf8) }, ignoringOthers: ignoringOthers))
    }

    /// Reads on to the end of the next object. True: the row stands in `bytes` and `cells`, and the caller
    /// calls again with the same piece and position. False: the piece is used up; call with the next, from 0.
    mutating func next(_ piece: [UInt8], _ position: inout Int) -> Bool {
        while lines.next(piece, &position, into: &object.text) {
            if object.read(isTooLong: lines.isTooLong, quotes: lines.quotes) { return true }
        }
        return false
    }

    /// Tells that the file has ended. True: a last row, without a line end, stands in `bytes` and `cells`.
    mutating func finish() -> Bool {
        lines.finish(into: &object.text) && object.read(isTooLong: lines.isTooLong, quotes: lines.quotes)
    }

    /// The line, and behind it the texts of strings that had escapes.
    var bytes: [UInt8] { object.text }
    /// By field.
    var cells: [NDJSONCell] { object.cells }
    /// The first thing wrong with the line; its cells mean nothing then.
    var fault: NDJSONFault? { object.fault }
    /// Whether the line, read to its end or not, is longer than may be.
    var isTooLong: Bool { lines.isTooLong }
    /// The physical line, from 1.
    var line: Int { lines.number }
    /// The names of the fields, as bytes.
    var names: [[UInt8]] { object.members.names }
    /// The line as it stands in the file, as much as was kept.
    var lineText: ArraySlice<UInt8> { object.text[..<object.lineEnd] }
}
