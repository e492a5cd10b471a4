internal import Consent
internal import HTTPTypes
internal import Model

extension Gateway {
    /// Entries of the log by what they tell, each with its proof.
    func searchLog(_ call: Call) async throws -> Answer {
        let query = try call.query(
            "organisation", "dataset", "owner", "purpose", "decision", "grant", "type", "from", "to", "limit",
            "cursor")
        let wanted = EntryQuery(
            organisation: try query.slug("organisation"), dataset: try query.slug("dataset"),
            purpose: query["purpose"].map { Purpose($0) }, decision: try query.decision("decision"),
            grant: try query.identifier("grant"), type: try query.entryType("type"),
            from: try query.instant("from"), to: try query.instant("to"))
        let list = try await exchange.entries(
            wanted, of: try query.owner("owner"), limit: try query.integer("limit", in: 1...1000) ?? 100,
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
            "consumer": entry["actor"]?["org"] ?? .null, "dataset": .string(item.dataset.text),
            "purpose": entry["purpose"] ?? .null, "epochs": entry["epochs"] ?? .null, "proof": .string(proof),
        ]
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

extension Query {
    fileprivate func slug(_ name: String) throws(ClientFault) -> Slug? {
        try parsed(name, expected: Slug.expectation) { Slug($0) }
    }

    fileprivate func instant(_ name: String) throws(ClientFault) -> Instant? {
        try parsed(name, expected: "a time such as 2026-11-22T06:48:23.123Z") { Instant($0) }
    }

    fileprivate func identifier<Subject>(_ name: String) throws(ClientFault) -> Identifier<Subject>? {
        try parsed(name, expected: "a lower-case UUIDv7") { Identifier<Subject>($0) }
    }

    fileprivate func decision(_ name: String) throws(ClientFault) -> Decision.Outcome? {
        try parsed(name, expected: "permit or deny") { Decision.Outcome(rawValue: $0) }
    }

    fileprivate func entryType(_ name: String) throws(ClientFault) -> String? {
        try parsed(name, expected: EntryType.allCases.map(\.rawValue).joined(separator: ", ")) {
            EntryType(rawValue: $0)?.rawValue
        }
    }

    fileprivate func owner(_ name: String) throws(ClientFault) -> Owner? {
        try parsed(name, expected: "the slug of an organisation or the identifier of a person") { text in
            PersonID(text).map { .person($0) } ?? Slug(text).map { .organisation($0) }
        }
    }

    private func parsed<Value>(
        _ name: String, expected: String, _ parse: (String) -> Value?
    ) throws(ClientFault) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = parse(text) else {
            throw ClientFault(
                .badInput, "wrong_value", "`\(name)` is not what it can be", field: name, found: text,
                expected: expected)
        }
        return value
    }
}
