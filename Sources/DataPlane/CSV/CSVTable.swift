public import Model

/// A small CSV text as a whole, for lists such as owner links: a header and rows as wide as it.
public struct CSVTable: Hashable, Sendable {
    public let header: [String]
    public let rows: [[String]]

    /// - Throws: `ClientFault` `bad_csv` with the line and what is wrong with it.
    public init(_ bytes: [UInt8]) throws(ClientFault) {
        var scanner = CSVScanner()
        var rows: [[String]] = []
        var position = 0
        while scanner.next(bytes, &position) { rows.append(try Self.row(scanner, width: rows.first?.count)) }
        if scanner.finish() { rows.append(try Self.row(scanner, width: rows.first?.count)) }
        guard let header = rows.first else {
            throw ClientFault(.badInput, "bad_csv", "the text is empty", expected: "a header line")
        }
        self.header = header
        self.rows = Array(rows.dropFirst())
    }

    private static func row(_ scanner: CSVScanner, width: Int?) throws(ClientFault) -> [String] {
        if let fault = scanner.fault {
            throw ClientFault(
                .badInput, "bad_csv", "line \(fault.line), column \(fault.column): \(fault.reason.rawValue)")
        }
        let cells = scanner.cells.indices.map { String(decoding: scanner.text(ofCell: $0), as: UTF8.self) }
        guard cells.allSatisfy(\.isStreamSafe) else {
            throw ClientFault(
                .badInput, "bad_csv",
                "line \(scanner.line) has a cell with too many combining marks in a row",
                remedy: "remove them")
        }
        guard width == nil || cells.count == width else {
            throw ClientFault(
                .badInput, "bad_csv", "line \(scanner.line) has \(cells.count) cells",
                found: String(cells.count),
                expected: width.map { "\($0) cells, as the header has" })
        }
        return cells
    }
}
