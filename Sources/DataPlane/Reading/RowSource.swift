import Model

/// What a read takes its rows from, and what is made ready for how they lie there.
struct RowSource: Sendable {
    let version: StoredVersion
    let projection: Projection
    let program: ConditionProgram?
    let bounds: ConditionProgram?

    /// All fields of the version.
    /// - Parameter fields: positions in it, in output order.
    /// - Throws: `ClientFault` if a condition names a field that is none or a value of another type.
    init(
        _ version: StoredVersion, fields: [Int], _ format: OutputFormat, where condition: Condition?,
        within bounds: Condition?
    ) throws {
        self.version = version
        projection = Projection(fields: fields, of: version.fields, format: format)
        program = if let condition { try ConditionProgram(condition, fields: version.fields) } else { nil }
        self.bounds = if let bounds { try ConditionProgram(bounds, fields: version.fields) } else { nil }
    }

    /// Those that a projection holds; nil if the read looks at others.
    /// - Parameter fields: positions in the version.
    init?(
        _ stored: StoredProjection, fields: [Int], _ format: OutputFormat, where condition: Condition?,
        within bounds: Condition?
    ) throws {
        let all = stored.narrowed.fields
        let asked = (condition?.fieldNames ?? []) + (bounds?.fieldNames ?? [])
        guard stored.holds(fields), asked.allSatisfy({ name in all.contains { $0.name == name } }) else {
            return nil
        }
        version = stored.narrowed
        projection = Projection(
            fields: fields.compactMap(stored.fields.firstIndex), of: all, grantedAs: stored.fields,
            format: format)
        func compiled(_ condition: Condition?) throws -> ConditionProgram? {
            try condition.map { try ConditionProgram($0, fields: all, grantedAs: stored.fields) }
        }
        program = try compiled(condition)
        self.bounds = try compiled(bounds)
    }
}
