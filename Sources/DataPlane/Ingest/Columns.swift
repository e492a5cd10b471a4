import Model

/// How the cells of the file become the fields of the dataset.
struct Columns: Sendable {
    static let maximumCount = 1_024
    /// In place of the index of a cell: the field is not read.
    static let unread = -1
    static let none = Columns(fields: [], cells: [], ownerField: nil, infersTypes: true)

    var fields: [Field]
    /// Per field, the index of its cell in the file.
    var cells: [Int]
    /// The field that holds the owner key; nil where rows find their owner otherwise.
    var ownerField: Int?
    /// Whether the types are still to be inferred.
    var infersTypes: Bool

    /// Where the names of the fields stand.
    enum Source { case header, firstObject, schema }

    /// Of the first field that is read.
    var firstRead: Int { cells.first { $0 != Self.unread } ?? 0 }

    func name(ofCell cell: Int) -> String? { cells.firstIndex(of: cell).map { fields[$0].name } }
}

extension Columns {
    /// By the names that stand in the file.
    /// - Throws: `ClientFault` of kind unprocessable.
    init(named names: [String], by source: Source, shape: IngestShape) throws(ClientFault) {
        try Self.check(names, source)
        var positions: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            guard positions.updateValue(index, forKey: name) == nil else {
                throw Self.fault(
                    "duplicate_field", "two \(source.column)s are named `\(name)`", field: name,
                    remedy: "rename one of them")
            }
        }
        try Self.checkOwner(shape, in: names, source)
        if let fields = shape.fields {
            try Self.checkSame(names: names, fields: fields)
            self.fields = fields
            cells = fields.map { positions[$0.name] ?? 0 }
        } else {
            fields = try names.map(Self.inferredField)
            cells = Array(names.indices)
        }
        infersTypes = shape.fields == nil
        ownerField = Self.ownerField(shape, fields)
    }

    /// By a schema, for a file whose rows name their fields themselves.
    init(given fields: [Field], shape: IngestShape) throws(ClientFault) {
        guard fields.count <= Self.maximumCount else { throw Self.tooMany(fields.count, .schema) }
        try Self.checkOwner(shape, in: fields.map(\.name), .schema)
        self.fields = fields
        cells = Array(fields.indices)
        infersTypes = false
        ownerField = Self.ownerField(shape, fields)
    }

    private static func ownerField(_ shape: IngestShape, _ fields: [Field]) -> Int? {
        guard case .column(let name) = shape.ownerRule else { return nil }
        return fields.firstIndex { $0.name == name }
    }
}
