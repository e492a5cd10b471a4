internal import Model

/// Which deliveries of an owner key were in a span: those of its versions, or where nobody knows these, those
/// of its time.
struct SpanCondition {
    let sql: String
    let values: [SQLValue]
    private let time: TimeWindow
    private let versions: Range<Int>?

    init(_ span: OwnerSpan) {
        let time = TimeWindow(from: span.from, to: span.to)
        (self.time, self.versions) = (time, span.versions)
        let byTime = "(at IS NULL OR at BETWEEN ? AND ?)"
        let times: [SQLValue] = [.integer(time.first), .integer(time.last)]
        guard let versions = span.versions else {
            (sql, values) = (byTime, times)
            return
        }
        sql = "CASE WHEN version IS NULL THEN \(byTime) ELSE version >= ? AND version < ? END"
        values = times + [SQLValue(versions.lowerBound), SQLValue(versions.upperBound)]
    }

    /// The same of one delivery.
    func covers(_ crowd: SearchReader.Crowd) -> Bool {
        if let versions, let version = crowd.version { return versions.contains(version) }
        return crowd.at.map { time.first <= $0 && $0 <= time.last } ?? true
    }
}
