internal import Model

/// Which deliveries of an owner key were in a span: those of its versions, or where nobody knows these, those
/// of its time.
struct SpanCondition {
    let sql: String
    let values: [SQLValue]

    init(_ span: OwnerSpan) {
        let time = TimeWindow(from: span.from, to: span.to)
        let byTime = "(at IS NULL OR at BETWEEN ? AND ?)"
        let times: [SQLValue] = [.integer(time.first), .integer(time.last)]
        guard let versions = span.versions else {
            (sql, values) = (byTime, times)
            return
        }
        sql = "CASE WHEN version IS NULL THEN \(byTime) ELSE version >= ? AND version < ? END"
        values = times + [SQLValue(versions.lowerBound), SQLValue(versions.upperBound)]
    }
}
