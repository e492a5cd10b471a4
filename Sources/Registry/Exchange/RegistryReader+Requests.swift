public import Model

extension RegistryReader {
    /// The request with this identifier; nil if there is none.
    public func request(_ id: RequestID) throws -> AccessRequest? {
        try first("SELECT \(AccessRequest.columns) FROM requests WHERE id = ?", [SQLValue(id)]) {
            try decodedRequest($0)
        }
    }

    /// The requests that a consumer made, or that a provider got, by ascending identifier: oldest first.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func requests(of party: Party, after cursor: String? = nil, limit: Int) throws
        -> Page<AccessRequest>
    {
        let list = "requests-\(party.column)"
        return try page(list, after: cursor, limit: limit, parse: { RequestID($0) }, key: \.id) {
            start, limit in
            try all(Self.requests(of: party), [SQLValue(party.slug), SQLValue(after: start), limit]) {
                try decodedRequest($0)
            }
        }
    }

    private static func requests(of party: Party) -> String {
        let chosen =
            switch party {
            case .consumer: "consumer = ?"
            case .provider: "dataset IN (SELECT id FROM datasets WHERE provider = ?)"
            }
        return "SELECT \(AccessRequest.columns) FROM requests WHERE \(chosen) AND id > ? ORDER BY id LIMIT ?"
    }

    private func decodedRequest(_ record: Record) throws -> AccessRequest {
        let dataset = try record.slug(1)
        let names = try fieldNames(of: dataset)
        let notice = try record.decoded(8, record.json(8).object).mapValues {
            try record.decoded(8, $0.string)
        }
        let fieldIDs = try record.texts(5)
        var request = AccessRequest(
            id: try record.identifier(0), dataset: dataset, consumer: try record.slug(2),
            purpose: Purpose(try record.text(3)), legalBasis: try record.word(4),
            fields: names.names(of: fieldIDs), validUntil: try record.optionalInstant(6),
            dataSpan: try DataSpan(record, at: 12),
            retention: try record.optionalText(7), notice: notice, state: try record.word(9),
            refusalReason: try record.optionalText(10), madeAt: try record.instant(11))
        request.lostFieldIDs = fieldIDs.filter { names.names(of: [$0]).isEmpty }
        return request
    }
}

extension AccessRequest {
    static let columns = """
        id, dataset, consumer, purpose, legal_basis, fields, valid_until, retention, notice, state,
        refusal_reason, made_at, span_from, span_to
        """
}

extension DataSpan {
    /// From two columns; nil if both are null.
    init?(_ record: Record, at column: Int) throws {
        self.init(
            from: try record.optionalInstant(column), to: try record.optionalInstant(column + 1))
    }
}
