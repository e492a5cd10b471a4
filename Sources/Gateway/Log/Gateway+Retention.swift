internal import Consent
internal import Model

extension Gateway {
    /// Takes the oldest entries out of the log, or says which ones would go.
    func pruneLog(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let before = try members.required("before", "a time such as 2026-11-22T06:48:23.123Z") { json in
            json.string.flatMap { Instant($0) }
        }
        let isTrial = try members.optional("dry_run", "true or false") { $0.bool } ?? false
        try members.finish()
        if isTrial { return .json(Self.json(try exchange.pruning(before: before), entry: nil)) }
        let recorded = try await exchange.prune(before: before, by: call.requiredCaller)
        return .json(Self.json(recorded.value, entry: recorded.entry), entry: recorded.entry)
    }

    private static func json(_ pruning: Exchange.Pruning, entry: UInt64?) -> JSON {
        [
            "minimum_index": .integer(Int64(clamping: pruning.minimumIndex)),
            "entries": .integer(Int64(clamping: pruning.entries)), "held_by": JSON(pruning.heldBy),
            "entry": entry.map { .integer(Int64(clamping: $0)) } ?? .null,
        ]
    }
}
