import Model

/// How the cells of the file become the fields of the dataset.
struct Columns: Sendable {
    static let maximumCount = 1_024

    var fields: [Field]
    /// Per field, the index of its cell in the file.
    var cells: [Int]
    /// The field that holds the owner key; nil where rows find their owner otherwise.
    var ownerField: Int?
    /// Whether the types are still to be inferred.
    var infersTypes: Bool
}

extension Columns {
    /// Reads the header row that stands in the scanner.
    /// - Throws: `ClientFault` of kind unprocessable.
    init(header: CSVScanner, shape: IngestShape) throws(ClientFault) {
        let names = try Self.names(header)
        var positions: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            guard positions.updateValue(index, forKey: name) == nil else {
                throw Self.fault(
                    "duplicate_field", "two columns are named `\(name)`", field: name,
                    remedy: "rename one of them")
            }
        }
        if case .column(let name) = shape.ownerRule, positions[name] == nil {
            throw Self.fault(
                "missing_owner_column", "the header has no owner column `\(name)`", field: name,
                found: names.prefix(20).joined(separator: ","), remedy: "name a column of the file")
        }
        if let fields = shape.fields {
            try Self.checkSame(names: names, fields: fields)
            self.fields = fields
            cells = fields.map { positions[$0.name] ?? 0 }
        } else {
            fields = try names.map(Self.inferredField)
            cells = Array(names.indices)
        }
        infersTypes = shape.fields == nil
        if case .column(let name) = shape.ownerRule {
            ownerField = fields.firstIndex { $0.name == name }
        }
    }

    private static func names(_ header: CSVScanner) throws(ClientFault) -> [String] {
        if let fault = header.fault {
            let line = BadLine(
                fault.reason, line: fault.line, column: fault.column, value: header.text(ofCell: fault.cell))
            throw Self.fault(
                "malformed_header", "the header cannot be read: \(line.message) at column \(line.column)",
                found: line.value, remedy: line.remedy)
        }
        guard header.cells.count <= maximumCount else {
            throw fault(
                "too_many_fields", "the header has \(header.cells.count) columns",
                expected: "at most 1,024", remedy: "split the file")
        }
        let names = header.cells.indices.map { String(decoding: header.text(ofCell: $0), as: UTF8.self) }
        // Names become keys, and comparing such text could take minutes.
        if let index = names.firstIndex(where: { !$0.isStreamSafe }) {
            throw fault(
                "bad_field_name", "the name of column \(index + 1) has too many combining marks in a row",
                remedy: "rename it in the header")
        }
        if let index = names.firstIndex(of: "") {
            throw fault(
                "empty_field_name", "column \(index + 1) has no name", remedy: "name it in the header")
        }
        return names
    }

    private static func checkSame(names: [String], fields: [Field]) throws(ClientFault) {
        let known = Set(fields.map(\.name))
        let missing = fields.map(\.name).filter { !names.contains($0) }
        let foreign = names.filter { !known.contains($0) }
        guard let name = missing.first ?? foreign.first else { return }
        let what =
            missing.isEmpty ? "has a column `\(name)` that the dataset lacks" : "lacks the field `\(name)`"
        throw fault(
            "header_mismatch", "the header \(what)", field: name,
            found: names.prefix(20).joined(separator: ","),
            expected: "the columns " + fields.prefix(20).map(\.name).joined(separator: ","),
            remedy: "give the file the dataset's columns, in any order")
    }

    /// The name becomes the id, by which grants know the field.
    private static func inferredField(_ name: String) throws(ClientFault) -> Field {
        guard name.utf8.count <= 64 else {
            throw fault(
                "field_name_too_long", "a column name is longer than 64 bytes", field: name, found: name,
                remedy: "shorten it, or give a schema with a shorter id for it")
        }
        return Field(name: name, type: .string)
    }

    private static func fault(
        _ code: String, _ message: String, field: String? = nil, found: String? = nil,
        expected: String? = nil, remedy: String
    ) -> ClientFault {
        ClientFault(
            .unprocessable, code, message, field: field, found: found, expected: expected, remedy: remedy)
    }
}
