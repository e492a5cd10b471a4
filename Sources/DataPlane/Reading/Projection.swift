import Model

/// What leaves of each row: the requested fields that one field set grants.
struct Projection: Sendable {
    /// A run of neighbouring fields that is copied in one piece; empty for a field that is not granted.
    struct Piece: Hashable, Sendable {
        var first: Int
        var last: Int

        var isGap: Bool { first > last }
    }

    let format: OutputFormat
    /// Positions of the requested fields, in output order, none twice.
    let fields: [Int]
    private let fieldCount: Int
    /// By stored position: the position by which grants name the field; nil if it is the same.
    private let granted: [Int]?
    /// Whether a field's values stand in JSON as they are, by position.
    let isLiteral: [Bool]
    /// `"name":` per requested field.
    private let keys: [[UInt8]]

    /// For CSV: what to copy, with commas between.
    private(set) var pieces: [Piece] = []
    /// For CSV: whether rows leave as they are stored.
    private(set) var isWholeRow = false
    /// For NDJSON: the granted fields, and `"name":` with the comma or brace before it.
    private(set) var members: [(field: Int, key: [UInt8])] = []

    /// - Parameters:
    ///   - allFields: as they are stored.
    ///   - granted: by position among those, the one by which grants name the field; nil if it is the same.
    init(fields: [Int], of allFields: [Field], grantedAs granted: [Int]? = nil, format: OutputFormat) {
        self.format = format
        self.granted = granted
        self.fields = fields
        fieldCount = allFields.count
        isLiteral = allFields.map { [.integer, .decimal, .boolean].contains($0.type) }
        keys = fields.map { position in
            var key = Array("\"".utf8)
            JSONText.appendEscaped(Array(allFields[position].name.utf8), to: &key)
            return key + Array("\":".utf8)
        }
    }

    /// Turns to the rows of an owner who granted these fields; nil for all fields.
    /// - Returns: false if none is requested: his rows are withheld.
    mutating func select(_ set: FieldSet?) -> Bool {
        let names = granted
        func isGranted(_ field: Int) -> Bool { set?.contains(names?[field] ?? field) ?? true }
        guard fields.contains(where: isGranted) else { return false }
        switch format {
        case .csv: selectPieces(isGranted)
        case .ndjson: selectMembers(isGranted)
        }
        return true
    }

    private mutating func selectPieces(_ isGranted: (Int) -> Bool) {
        pieces.removeAll(keepingCapacity: true)
        for field in fields {
            if !isGranted(field) {
                pieces.append(Piece(first: 1, last: 0))
            } else if let last = pieces.last, !last.isGap, last.last + 1 == field {
                pieces[pieces.count - 1].last = field
            } else {
                pieces.append(Piece(first: field, last: field))
            }
        }
        isWholeRow = pieces == [Piece(first: 0, last: fieldCount - 1)]
    }

    private mutating func selectMembers(_ isGranted: (Int) -> Bool) {
        members.removeAll(keepingCapacity: true)
        for (index, field) in fields.enumerated() where isGranted(field) {
            members.append((field, [UInt8(ascii: members.isEmpty ? "{" : ",")] + keys[index]))
        }
    }
}
