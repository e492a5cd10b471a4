/// The file of rows that were left out, for the publisher to mend: CSV with the line and column of the first
/// fault, its reason, and the row (as far as it was kept: 65,536 bytes) in one quoted cell.
///
/// The row's bytes are as received, so the file may hold invalid UTF-8 and NUL.
final class Quarantine {
    let writer: FileWriter

    init(_ path: String, disk: Disk) throws {
        writer = try FileWriter(path, disk: disk)
        try writer.append(Array("line,column,reason,row\n".utf8))
    }

    func add<Row: ScannedRow>(_ line: BadLine, _ row: Row) throws {
        var output = Array("\(line.line),\(line.column),\(line.reason.rawValue),".utf8)
        CSVText.appendQuoted(row.quarantineText.span, to: &output)
        output.append(UInt8(ascii: "\n"))
        try writer.append(output)
    }
}
