/// Reads what came, and holds every cell against what was published.
struct StormScan {
    private let table: StormTable
    private let query: StormQuery
    private let columns: [StormFields]
    /// How each member of NDJSON begins.
    private let starts: [[UInt8]]
    private(set) var pieces: [StormPiece] = []
    private(set) var faults: [String] = []
    /// How many bytes come behind the last whole row.
    private(set) var rest = 0

    /// - Parameter body: before content coding; it may break off anywhere.
    init(_ body: [UInt8], of query: StormQuery, in table: StormTable) {
        self.table = table
        self.query = query
        columns = query.fields.map { StormFields([$0]) }
        starts = query.fields.map { Array("\"\($0)\":".utf8) }
        let header = query.header
        guard body.starts(with: header) else {
            if !header.starts(with: body) { faults.append("another header than was asked for") }
            rest = body.count
            return
        }
        var cells = [Range<Int>?](repeating: nil, count: columns.count)
        var start = header.count
        while let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let piece = piece(start..<end, of: body, &cells) {
                pieces.append(piece)
            } else if faults.count < 3 {
                faults.append("no published row: \(String(decoding: body[start..<end], as: UTF8.self))")
            }
            start = end + 1
        }
        rest = body.count - start
    }

    /// - Parameter cells: room for where each cell lies.
    private func piece(_ line: Range<Int>, of body: [UInt8], _ cells: inout [Range<Int>?]) -> StormPiece? {
        guard query.isCSV ? readCells(line, of: body, &cells) : readMembers(line, of: body, &cells) else {
            return nil
        }
        var fields: StormFields = []
        var row: Int?
        for (field, cell) in zip(columns, cells) {
            guard let cell else { continue }
            fields.insert(field)
            if field != .plane, row == nil { row = Self.number(body[cell]) }
        }
        guard !fields.isEmpty else { return nil }
        guard fields != .plane else {
            let cell = cells.first { $0 != nil } ?? nil
            return cell.flatMap { pieceOfKey(body[$0], at: line.lowerBound) }
        }
        guard let row, row < StormTable.rows else { return nil }
        for (field, cell) in zip(columns, cells) {
            guard let cell else { continue }
            guard body[cell].elementsEqual(table.cell(field, ofRow: row)) else { return nil }
        }
        return StormPiece(
            offset: Int32(line.lowerBound), row: Int32(row), key: UInt16(table.keyOfRow[row]), fields: fields)
    }

    private func pieceOfKey(_ name: ArraySlice<UInt8>, at offset: Int) -> StormPiece? {
        guard let key = StormTable.key(named: String(decoding: name, as: UTF8.self)), key < StormTable.keys,
            name.elementsEqual(table.keyText(key))
        else { return nil }
        return StormPiece(offset: Int32(offset), row: -1, key: UInt16(key), fields: .plane)
    }

    /// Finds the cells of the fields that were asked for; nil where one is withheld.
    ///
    /// - Returns: false for a line that has not so many.
    private func readCells(_ line: Range<Int>, of body: [UInt8], _ cells: inout [Range<Int>?]) -> Bool {
        var start = line.lowerBound
        for column in columns.indices {
            guard start <= line.upperBound else { return false }
            let end = body[start..<line.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? line.upperBound
            cells[column] = start < end ? start..<end : nil
            start = end + 1
        }
        return start == line.upperBound + 1
    }

    /// The same of an NDJSON object, whose members come in the order that was asked for.
    private func readMembers(_ line: Range<Int>, of body: [UInt8], _ cells: inout [Range<Int>?]) -> Bool {
        guard line.count > 2, body[line.lowerBound] == UInt8(ascii: "{"),
            body[line.upperBound - 1] == UInt8(ascii: "}")
        else { return false }
        let last = line.upperBound - 1
        var start = line.lowerBound + 1
        for (column, name) in starts.enumerated() {
            cells[column] = nil
            guard start < last, body[start..<last].starts(with: name) else { continue }
            let end = body[start..<last].firstIndex(of: UInt8(ascii: ",")) ?? last
            let quotes = columns[column] == .plane ? 1 : 0
            guard start + name.count + 2 * quotes < end else { return false }
            cells[column] = start + name.count + quotes..<end - quotes
            start = end + 1
        }
        return start == last + 1
    }

    /// What stands before the point; nil if that is no small number.
    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        var number = 0
        for digit in text {
            if digit == UInt8(ascii: ".") { break }
            guard (48...57).contains(digit), number < StormTable.rows else { return nil }
            number = number * 10 + Int(digit - 48)
        }
        return number
    }
}
