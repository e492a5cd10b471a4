import Model

extension Columns {
    static func tooMany(_ count: Int, _ source: Source) -> ClientFault {
        fault(
            "too_many_fields", "\(source.name) has \(count) \(source.column)s", expected: "at most 1,024",
            remedy: "split the file")
    }

    static func check(_ names: [String], _ source: Source) throws(ClientFault) {
        guard names.count <= maximumCount else { throw tooMany(names.count, source) }
        guard !names.isEmpty else {
            throw fault(
                "no_fields", "\(source.name) names no field",
                remedy: "give the first object every member, or give the fields in a schema")
        }
        // Names become keys, and comparing such text could take minutes.
        if let index = names.firstIndex(where: { !$0.isStreamSafe }) {
            throw fault(
                "bad_field_name",
                "the name of \(source.column) \(index + 1) has too many combining marks in a row",
                remedy: "rename it in \(source.name)")
        }
        if let index = names.firstIndex(of: "") {
            throw fault(
                "empty_field_name", "\(source.column) \(index + 1) has no name",
                remedy: "name it in \(source.name)")
        }
    }

    static func checkOwner(
        _ shape: IngestShape, in names: [String], _ source: Source
    ) throws(ClientFault) {
        guard case .column(let name) = shape.ownerRule, !names.contains(name) else { return }
        throw fault(
            "missing_owner_column", "\(source.name) has no owner column `\(name)`", field: name,
            found: names.prefix(20).joined(separator: ","), remedy: "name a column of the file")
    }

    static func checkSame(names: [String], fields: [Field]) throws(ClientFault) {
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
    static func inferredField(_ name: String) throws(ClientFault) -> Field {
        guard name.utf8.count <= 64 else {
            throw fault(
                "field_name_too_long", "a column name is longer than 64 bytes", field: name, found: name,
                remedy: "shorten it, or give a schema with a shorter id for it")
        }
        return Field(name: name, type: .string)
    }

    static func fault(
        _ code: String, _ message: String, field: String? = nil, found: String? = nil,
        expected: String? = nil, remedy: String
    ) -> ClientFault {
        ClientFault(
            .unprocessable, code, message, field: field, found: found, expected: expected, remedy: remedy)
    }
}

extension Columns.Source {
    var name: String {
        switch self {
        case .header: "the header"
        case .firstObject: "the first object"
        case .schema: "the schema"
        }
    }

    var column: String {
        switch self {
        case .header: "column"
        case .firstObject: "member"
        case .schema: "field"
        }
    }
}
