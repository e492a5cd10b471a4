public import Model

extension RegistryReader {
    /// The agreement with this identifier, ended or not; nil if there is none.
    public func agreement(_ id: AgreementID) throws -> Agreement? {
        try agreements("id = ?", [SQLValue(id)]).first
    }

    /// The agreement that came of a request; nil while there is none.
    public func agreement(forRequest request: RequestID) throws -> Agreement? {
        try agreements("request = ?", [SQLValue(request)]).first
    }

    /// The agreements on a dataset, oldest first, those that ended included.
    public func agreements(ofDataset dataset: Slug) throws -> [Agreement] {
        try agreements("dataset = ? ORDER BY id", [SQLValue(dataset)])
    }

    /// The agreements that run at `now`, oldest first.
    public func liveAgreements(at now: Instant) throws -> [Agreement] {
        try agreements("\(Self.isLive) ORDER BY id", [SQLValue(now)])
    }

    /// When the oldest request was made under which an agreement runs at `now`, or that may still be agreed;
    /// nil if there is none. No grant lets anything flow without such an agreement.
    public func oldestLiveRequest(at now: Instant) throws -> Instant? {
        let request: RequestID? = try first(
            """
            SELECT request FROM agreements WHERE \(Self.isLive)
            UNION ALL SELECT id FROM requests
            WHERE state = 'open' AND (valid_until IS NULL OR valid_until > ?)
            ORDER BY 1 LIMIT 1
            """, [SQLValue(now), SQLValue(now)]
        ) { try $0.identifier(0) }
        return request?.time
    }

    /// Calls `body` for each agreement, with whether it runs at `now`.
    public func forEachAgreement(at now: Instant, _ body: (AgreementID, Bool) throws -> Void) throws {
        try forEach(
            "SELECT id, \(Self.isLive) FROM agreements ORDER BY id", [SQLValue(now)]
        ) { record in try body(record.identifier(0), record.integer(1) == 1) }
    }

    /// Calls `body` for each agreement, with when a party ended it.
    public func forEachAgreementEnd(_ body: (AgreementID, Instant?) throws -> Void) throws {
        try forEach("SELECT id, ended_at FROM agreements ORDER BY id", []) { record in
            try body(record.identifier(0), record.optionalInstant(1))
        }
    }

    /// The agreements of one organisation on one side, by ascending identifier: oldest first.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func agreements(of party: Party, after cursor: String? = nil, limit: Int) throws
        -> Page<Agreement>
    {
        let list = "agreements-\(party.column)"
        return try page(list, after: cursor, limit: limit, parse: { AgreementID($0) }, key: \.id) {
            start, limit in
            try agreements(
                "\(party.column) = ? AND id > ? ORDER BY id LIMIT ?",
                [SQLValue(party.slug), SQLValue(after: start), limit])
        }
    }

    /// The agreements on datasets in which this owner has a live link or that are his as a whole, and those
    /// under which he has a grant, even if his link has ended since; oldest first, those that ended
    /// included.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func agreements(touching owner: Owner, after cursor: String? = nil, limit: Int) throws
        -> Page<Agreement>
    {
        let his = SQLValue(owner)
        return try page(
            "agreements-owner", after: cursor, limit: limit, parse: { AgreementID($0) }, key: \.id
        ) { start, limit in
            try agreements(Self.touchingOwner, [his, his, his, SQLValue(after: start), limit])
        }
    }

    private static let touchingOwner = """
        id IN (
            SELECT theirs.id FROM agreements AS theirs WHERE theirs.dataset IN (
                SELECT dataset FROM owner_links WHERE owner = ? AND ended_at IS NULL
                UNION SELECT datasets.id FROM datasets WHERE owner = ?)
            UNION SELECT agreement FROM grants WHERE owner = ?)
        AND id > ? ORDER BY id LIMIT ?
        """

    /// The agreement's epoch: how often its owner filter changed.
    /// - Throws: `ClientFault` `unknown_agreement`.
    public func epoch(of agreement: AgreementID) throws -> Int64 {
        let epoch = try first("SELECT epoch FROM agreements WHERE id = ?", [SQLValue(agreement)]) {
            try $0.integer(0)
        }
        guard let epoch else { throw ClientFault.unknown("agreement", agreement.description) }
        return epoch
    }

    private func agreements(_ condition: String, _ values: [SQLValue]) throws -> [Agreement] {
        try all("SELECT \(Agreement.columns) FROM agreements WHERE \(condition)", values) { record in
            let dataset = try record.slug(2)
            var agreement = try Agreement(record, dataset: dataset, names: fieldNames(of: dataset))
            agreement.processors = try processors(of: agreement.id)
            return agreement
        }
    }

    private func processors(of agreement: AgreementID) throws -> [Slug] {
        try all(
            "SELECT organisation FROM processors WHERE agreement = ? ORDER BY organisation",
            [SQLValue(agreement)]
        ) { try $0.slug(0) }
    }

    /// What is true of an agreement that runs at a time, which is the condition's one value.
    static let isLive = isLive("")

    /// - Parameter table: with its point, where several are joined.
    static func isLive(_ table: String) -> String {
        "(\(table)ended_at IS NULL AND (\(table)valid_until IS NULL OR \(table)valid_until > ?))"
    }
}

extension Agreement {
    static let columns = """
        id, request, dataset, provider, consumer, purpose, legal_basis, fields, valid_until, policy, jws,
        made_at, epoch, span_from, span_to, ended_at, end_reason
        """

    init(_ record: Record, dataset: Slug, names: FieldNames) throws {
        let fieldIDs = try record.texts(7)
        self.init(
            id: try record.identifier(0), request: try record.identifier(1), dataset: dataset,
            provider: try record.slug(3), consumer: try record.slug(4), purpose: Purpose(try record.text(5)),
            legalBasis: try record.word(6), fields: names.names(of: fieldIDs), fieldIDs: fieldIDs,
            validUntil: try record.optionalInstant(8), dataSpan: try DataSpan(record, at: 13),
            policy: try record.json(9), jws: try record.text(10),
            madeAt: try record.instant(11), epoch: try record.integer(12))
        endedAt = try record.optionalInstant(15)
        endReason = try record.optionalText(16)
    }
}
