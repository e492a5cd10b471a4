import Model

/// Where the fields of the dataset stand in the rows of its upstream.
struct UpstreamColumns: Sendable {
    /// All cells of a row, each as a field: what raggedness and faults are told by. Columns that are no field
    /// have no name.
    let all: Columns
    /// By position of a field of the dataset, the index of its cell.
    let cells: [Int]

    /// Of a row.
    var width: Int { all.cells.count }

    /// From the header that stands in the scanner. Columns may come in any order, and others between them.
    init(header: CSVScanner, fields: [Field]) throws(UpstreamFault) {
        if let fault = header.fault {
            throw UpstreamFault(
                "malformed_header", line: fault.line, column: fault.column,
                "the header cannot be read: \(fault.reason.message)", remedy: fault.reason.remedy)
        }
        guard header.cells.count <= Columns.maximumCount else {
            throw UpstreamFault(
                "too_many_columns", line: 1, "the header has \(header.cells.count) columns",
                remedy: "send at most 1,024")
        }
        var positions: [[UInt8]: Int] = [:]
        for index in header.cells.indices {
            let name = Array(header.text(ofCell: index))
            guard positions.updateValue(index, forKey: name) == nil else {
                throw UpstreamFault(
                    "duplicate_column", line: 1, field: fields.first { Array($0.name.utf8) == name }?.name,
                    "two columns have the same name", remedy: "rename one of them, or leave it out")
            }
        }
        var cells: [Int] = []
        for field in fields {
            guard let cell = positions[Array(field.name.utf8)] else {
                throw UpstreamFault(
                    "missing_column", line: 1, field: field.name,
                    "the header lacks the column `\(field.name)`",
                    remedy: "send it, or publish the dataset without the field")
            }
            cells.append(cell)
        }
        self.cells = cells
        let names = header.cells.indices.map { cell in
            cells.firstIndex(of: cell).map { fields[$0].name } ?? ""
        }
        all = Columns(
            fields: names.map { Field(name: $0, type: .string) }, cells: Array(names.indices),
            ownerField: nil, infersTypes: false)
    }

    /// Of objects, whose members name their fields.
    init(members fields: [Field]) {
        cells = Array(fields.indices)
        all = Columns(fields: fields, cells: cells, ownerField: nil, infersTypes: false)
    }
}
