import Model

@testable import DataPlane

/// What a read must give, in the most obvious way: everything in memory, cell by cell. It shares no code with
/// the module but JSON strings (Model) and the names of types. Rows are a multiset: their order is free.
struct NaiveReference {
    struct Cell {
        var text: String
        var isNull: Bool
    }

    var header: [String]
    var rows: [[Cell]]
    var types: [FieldType]
    var nullValues: [String]

    init(csv: String, nullValues: [String]) {
        var records: [[(text: String.UnicodeScalarView, isQuoted: Bool)]] = [[(.init(), false)]]
        var isInside = false
        for scalar in csv.unicodeScalars.drop(while: { $0 == "\u{FEFF}" }) {
            let cell = records[records.count - 1].count - 1
            switch scalar {
            case "\"":
                isInside.toggle()
                // A second quote after a closing one stands for a quote.
                if isInside, records[records.count - 1][cell].isQuoted {
                    records[records.count - 1][cell].text.append("\"")
                }
                records[records.count - 1][cell].isQuoted = true
            case "," where !isInside: records[records.count - 1].append((.init(), false))
            case "\r" where !isInside: continue
            case "\n" where !isInside: records.append([(.init(), false)])
            default: records[records.count - 1][cell].text.append(scalar)
            }
        }
        // The generator ends every line.
        records.removeLast()
        header = records[0].map { String($0.text) }
        rows = records.dropFirst().map { record in
            record.map { cell in
                Cell(
                    text: String(cell.text), isNull: !cell.isQuoted && nullValues.contains(String(cell.text)))
            }
        }
        self.nullValues = nullValues
        types = header.indices.map { _ in .string }
        types = header.indices.map(inferredType)
    }

    private func inferredType(_ column: Int) -> FieldType {
        let texts = rows.map { $0[column] }.filter { !$0.isNull }.map(\.text)
        func all(_ isOfType: (String) -> Bool) -> Bool { !texts.isEmpty && texts.allSatisfy(isOfType) }
        func isNumber(_ text: String) -> Bool {
            switch try? JSON.parse(text) {
            case .integer, .number:
                text.unicodeScalars.allSatisfy { "0123456789+-.eE".unicodeScalars.contains($0) }
            default: false
            }
        }
        if all({ $0 == "true" || $0 == "false" }) { return .boolean }
        if all({ text in isNumber(text) && !text.contains { ".eE".contains($0) } && text.utf8.count < 30 }) {
            return .integer
        }
        if all(isNumber) { return .decimal }
        if all({ Instant($0) != nil && $0.utf8.count == 10 }) { return .date }
        if all({ Instant($0) != nil && $0.utf8.count > 10 }) { return .datetime }
        return .string
    }

    /// Owner keys and how many rows each has; nil for those of nobody.
    func owners(column: Int) -> [String?: Int] {
        rows.reduce(into: [:]) { counts, row in
            counts[row[column].isNull || row[column].text.isEmpty ? nil : row[column].text, default: 0] += 1
        }
    }

    /// The rows that `granted` (the granted columns of a row; nil: it belongs to nobody) releases, and for
    /// which the condition is true.
    func read(
        _ fields: [Int], _ format: OutputFormat, where condition: NaiveCondition? = nil,
        granted: ([Cell]) -> Set<Int>?
    ) -> [[UInt8]] {
        rows.compactMap { row in
            guard let granted = granted(row), fields.contains(where: granted.contains),
                condition?.value(row, types, granted: granted) ?? (condition == nil)
            else { return nil }
            return Array((format == .csv ? csv(row, fields, granted) : json(row, fields, granted)).utf8)
        }
    }

    private func csv(_ row: [Cell], _ fields: [Int], _ granted: Set<Int>) -> String {
        fields.map { field in
            guard granted.contains(field) else { return "" }
            let cell = row[field]
            let mustQuote =
                cell.text.isEmpty || nullValues.contains(cell.text)
                || cell.text.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
            guard !cell.isNull, mustQuote else { return cell.text }
            let doubled = cell.text.unicodeScalars.reduce(into: "") { text, scalar in
                text.unicodeScalars.append(contentsOf: scalar == "\"" ? ["\"", "\""] : [scalar])
            }
            return "\"" + doubled + "\""
        }.joined(separator: ",") + "\n"
    }

    private func json(_ row: [Cell], _ fields: [Int], _ granted: Set<Int>) -> String {
        let members = fields.filter(granted.contains).map { field in
            let isLiteral = [.integer, .decimal, .boolean].contains(types[field])
            let text = isLiteral ? row[field].text : JSON.string(row[field].text).canonicalText
            return JSON.string(header[field]).canonicalText + ":" + (row[field].isNull ? "null" : text)
        }
        return "{" + members.joined(separator: ",") + "}\n"
    }
}
