import Model

/// What the rules for every entry ask of its members `v`, `at` and `seq`.
struct EntryHead: Equatable {
    enum Number: Equatable {
        /// No member `seq`, or null: the entry came from no outbox row.
        case none
        case integer(Int64)
        case other
    }

    var isVersionOne = false
    /// Whether `at` is a time as Sluis writes it: RFC 3339 in UTC with milliseconds.
    var hasTime = false
    var number = Number.none
    /// Whether `type` is `log.pruned`.
    var statesPruning = false

    init() {}

    init(_ json: JSON) {
        isVersionOne = json["v"] == 1
        if let text = json["at"]?.string { hasTime = WrittenTime.isOne(Array(text.utf8).span) }
        statesPruning = json["type"]?.string == PruningStatement.type
        switch json["seq"] {
        case nil, .null: number = .none
        case .integer(let value): number = .integer(value)
        default: number = .other
        }
    }
}
