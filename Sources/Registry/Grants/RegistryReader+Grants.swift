public import Model

extension RegistryReader {
    /// The grant with this identifier, in whatever state; nil if there is none.
    public func grant(_ id: GrantID) throws -> Grant? {
        try grants("WHERE id = ?", [SQLValue(id)]).first
    }

    /// The newest grant of an owner under an agreement, in whatever state.
    public func currentGrant(of agreement: AgreementID, owner: Owner) throws -> Grant? {
        try grants(
            "WHERE owner = ? AND agreement = ? ORDER BY number DESC LIMIT 1",
            [SQLValue(owner), SQLValue(agreement)]
        ).first
    }

    /// The grants of an owner by ascending identifier, oldest first, ended ones included.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func grants(ofOwner owner: Owner, after cursor: String? = nil, limit: Int) throws -> Page<Grant> {
        try page("grants", after: cursor, limit: limit, parse: { GrantID($0) }, key: \.id) { start, limit in
            try grants(
                "WHERE owner = ? AND id > ? ORDER BY id LIMIT ?",
                [SQLValue(owner), SQLValue(after: start), limit])
        }
    }

    /// Given grants whose time is over at `instant`, the longest overdue first.
    public func grantsExpiring(through instant: Instant, limit: Int) throws -> [Grant] {
        try grants(
            "WHERE state = 'Given' AND valid_until <= ? ORDER BY valid_until LIMIT ?",
            [SQLValue(instant), SQLValue(limit)])
    }

    /// When the next given grant runs out, which may be past; nil when none ever does.
    public func nextExpiry() throws -> Instant? {
        try first(
            """
            SELECT valid_until FROM grants WHERE state = 'Given' AND valid_until IS NOT NULL
            ORDER BY valid_until LIMIT 1
            """
        ) { try $0.instant(0) }
    }

    /// By which other grants the consumer still reads the owner's rows of the dataset at `now`.
    public func otherLiveGrants(
        than grant: GrantID, of owner: Owner, consumer: Slug, dataset: Slug, at now: Instant
    ) throws -> [Grant] {
        let columns = Grant.columns.map { "grants." + $0 }.joined(separator: ", ")
        return try all(
            """
            SELECT \(columns) FROM grants JOIN agreements ON agreements.id = grants.agreement
            WHERE grants.owner = ? AND grants.id <> ? AND grants.state = 'Given'
                AND (grants.valid_until IS NULL OR grants.valid_until > ?)
                AND agreements.consumer = ? AND agreements.dataset = ?
                AND \(Self.isLive("agreements."))
            ORDER BY grants.number
            """,
            [
                SQLValue(owner), SQLValue(grant), SQLValue(now), SQLValue(consumer), SQLValue(dataset),
                SQLValue(now),
            ]
        ) { try decodedGrant($0) }
    }

    /// Calls `body` with every grant, its state, and whether its agreement runs at `now`, one at a time.
    public func forEachGrantState(at now: Instant, _ body: (GrantID, Grant.State, Bool) throws -> Void)
        throws
    {
        try forEach(
            """
            SELECT grants.id, state, \(Self.isLive("agreements."))
            FROM grants JOIN agreements ON agreements.id = grants.agreement ORDER BY grants.id
            """, [SQLValue(now)]
        ) { record in
            try body(record.identifier(0), record.word(1), record.integer(2) == 1)
        }
    }

    private func grants(_ condition: String, _ values: [SQLValue]) throws -> [Grant] {
        let columns = Grant.columns.joined(separator: ", ")
        return try all("SELECT \(columns) FROM grants \(condition)", values) { try decodedGrant($0) }
    }

    private func decodedGrant(_ record: Record) throws -> Grant {
        let agreement: AgreementID = try record.identifier(1)
        return Grant(
            id: try record.identifier(0), agreement: agreement, owner: try record.owner(2),
            state: try record.word(3), fields: try fieldNames(of: agreement).names(of: record.texts(4)),
            ownerKeys: record.isNull(5) ? nil : try record.texts(5),
            validUntil: try record.optionalInstant(6), reason: try record.optionalText(7),
            changedAt: try record.instant(8))
    }
}

extension Grant {
    static let columns = [
        "id", "agreement", "owner", "state", "fields", "owner_keys", "valid_until", "reason",
        "changed_at",
    ]
}
