internal import Consent
internal import HTTPTypes
internal import Model

extension Gateway {
    /// Entries of the log by what they tell, each with its proof.
    func searchLog(_ call: Call) async throws -> Answer {
        let query = try call.query(Query.ofEntries + ["limit", "cursor"])
        let list = try await exchange.entries(
            try query.entries, of: try query.owner, limit: try query.integer("limit", in: 1...1000) ?? 100,
            cursor: query["cursor"], by: try call.requiredCaller)
        let items: [JSON] = try list.items.map { item in
            [
                "index": .integer(Int64(item.index)), "entry": try JSON.parse(item.entry),
                "proof": .string(item.proof),
            ]
        }
        return .json(
            [
                "items": .array(items), "next": JSON(list.next),
                "indexed_to": .integer(Int64(list.indexedTo)),
            ], entry: list.viewed)
    }

    /// The reading history of the caller as an owner.
    func listAccesses(_ call: Call) throws -> Answer {
        let query = try call.query("limit", "cursor")
        let list = try exchange.accesses(
            of: try call.requiredCaller, limit: try query.integer("limit", in: 1...1000) ?? 100,
            cursor: query["cursor"])
        return .json([
            "items": .array(list.items.map(\.json)), "next": JSON(list.next),
            "indexed_to": .integer(Int64(list.indexedTo)),
        ])
    }
}

extension Exchange.Access {
    fileprivate var json: JSON {
        var members: [String: JSON] = [
            "entry": .integer(Int64(item.entry)), "at": entry["at"] ?? .null,
            "consumer": entry["consumer"] ?? entry["actor"]?["org"] ?? .null,
            "dataset": .string(item.dataset.text),
            "purpose": entry["purpose"] ?? .null, "epochs": entry["epochs"] ?? .null, "proof": .string(proof),
        ]
        // Who read for the consumer, where that was another.
        if entry["consumer"] != nil { members["processor"] = entry["actor"]?["org"] ?? .null }
        switch item.rows {
        case .known(let rows, let fields):
            members["rows"] = .integer(Int64(rows))
            members["fields"] = JSON(fields)
        case .unknown(let reason):
            members["rows"] = "unknown"
            members["reason"] = .string(reason.rawValue)
            members["fields"] = entry["fields"] ?? .null
        }
        return .object(members)
    }
}
