import Model

/// How the rows leave of an owner who granted one set of fields.
struct ReleasePlan: Sendable {
    /// What he granted; nil for all fields.
    let granted: FieldSet?
    /// Whether he granted a field that is sent.
    let isReleased: Bool
    /// By relevant field, the cell that holds it; `Columns.unread` where it was not granted.
    let cells: [Int]
    let plainFields: [RowEncoder.PlainField]
    let projection: Projection
    let program: ConditionProgram?
}

/// What one read asks for, made ready for the rows of its upstream.
///
/// Relevant are the fields that are sent or that the condition asks about; nothing else of a row is ever
/// looked at but the owner key. Positions in projection and program count in them.
struct ReleaseQuestion: Sendable {
    let relevant: [Field]
    /// By relevant field, its position in the dataset.
    private let positions: [Int]
    private let projection: Projection
    private let program: ConditionProgram?
    let format: OutputFormat
    /// Of the condition.
    var stepCount: Int { program?.count ?? 0 }
    /// Whether CSV rows leave as copies of their cells, without being asked anything.
    let isCopied: Bool

    /// - Throws: `ClientFault` if the condition names a field that is none or a value of another type.
    init(
        fields: [Int], of all: [Field], format: OutputFormat, where condition: Condition?
    ) throws(ClientFault) {
        if let condition { _ = try ConditionProgram(condition, fields: all) }
        let asked = Set(condition?.fieldNames ?? [])
        positions = all.indices.filter { fields.contains($0) || asked.contains(all[$0].name) }
        let positions = positions
        relevant = positions.map { all[$0] }
        self.format = format
        isCopied = condition == nil && format == .csv
        projection = Projection(
            fields: fields.compactMap { positions.firstIndex(of: $0) }, of: relevant, format: format)
        program = if let condition { try ConditionProgram(condition, fields: relevant) } else { nil }
    }

    /// How many cells of each row are sent.
    var width: Int { projection.fields.count }

    func encoder(_ nullMarkers: NullMarkers) -> RowEncoder {
        let columns = Columns(
            fields: relevant, cells: relevant.map { _ in Columns.unread }, ownerField: nil,
            infersTypes: false)
        return RowEncoder(columns: columns, nullMarkers: nullMarkers)
    }

    func plan(_ granted: FieldSet?, _ columns: UpstreamColumns) -> ReleasePlan {
        let isGranted = positions.map { granted?.contains($0) ?? true }
        let own = FieldSet(relevant.indices.filter { isGranted[$0] })
        var (projection, program) = (projection, program)
        let hasField = projection.select(own)
        program?.select(own)
        let cells = positions.indices.map {
            isGranted[$0] ? columns.cells[positions[$0]] : Columns.unread
        }
        let plainFields = zip(relevant, cells).map { field, cell in
            RowEncoder.PlainField(cell: cell, type: field.type, isRequired: field.isRequired)
        }
        return ReleasePlan(
            granted: granted, isReleased: hasField, cells: cells,
            plainFields: plainFields, projection: projection, program: program)
    }

    /// The cells of a plan's rows that are sent, in their order.
    func sent(_ plan: ReleasePlan) -> [RowEncoder.PlainField] {
        projection.fields.map { plan.plainFields[$0] }
    }
}
