import Model

/// How a command says what it did: one line of canonical JSON for programs, or a few plain words for people.
struct Output {
    var isJSON: Bool
    var write: @Sendable (String) throws -> Void = { try StandardOutput.write($0) }

    /// - Parameter text: without a line end at its end.
    func answer(_ json: JSON, _ text: @autoclosure () -> String) throws {
        try write((isJSON ? json.canonicalText : text()) + "\n")
    }
}

extension JSON {
    /// The entry of an answer to a state change, in words.
    var entryText: String {
        self["entry"]?.integer.map { "entry \($0)" }
            ?? "in effect; the log will have it when it can be written"
    }

    /// A table cell or value in words: texts bare, lists joined, null as nothing.
    var plainText: String {
        switch self {
        case .null: ""
        case .string(let text): text
        case .array(let elements): elements.map(\.plainText).joined(separator: ",")
        default: canonicalText
        }
    }
}

/// Rows for people: columns as wide as their longest cell.
struct TextTable {
    var columns: [String]
    var rows: [[String]]

    /// Empty columns are left out.
    var text: String {
        let used = columns.indices.filter { index in rows.contains { !$0[index].isEmpty } }
        let lines = [columns] + rows
        let widths = used.map { index in lines.map { $0[index].count }.max() ?? 0 }
        return lines.map { line in
            let cells = zip(used, widths).map { index, width in
                line[index] + String(repeating: " ", count: width - line[index].count)
            }
            let text = cells.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}
