public import Model

extension RegistryReader {
    /// The nonce of every entry that names a person, with the salt that opens the commitment; oldest person
    /// entries and others in no order.
    public func salts(of person: PersonID) throws -> [(nonce: [UInt8], salt: [UInt8])] {
        try all("SELECT nonce, salt FROM salts WHERE person = ?", [.text(person.description)]) {
            (try $0.bytes(0), try $0.bytes(1))
        }
    }

    /// The persons of whom there are salts.
    public func saltedPersons() throws -> [PersonID] {
        try all("SELECT DISTINCT person FROM salts", []) { try $0.decoded(0, PersonID($0.text(0))) }
    }

    /// Every owner key that was ever linked to an owner, with the time in which it was, and the versions of
    /// which its rows were his: up to the first that a later link for the same time covers, be it another
    /// owner's or his own after an interval.
    public func spans(of owner: Owner) throws -> [OwnerSpan] {
        try all(
            """
            SELECT dataset, owner_key, made_at, ended_at, period_from, period_to, since_version,
                (SELECT min(next.since_version) FROM owner_links AS next
                WHERE next.dataset = own.dataset AND next.owner_key = own.owner_key
                    AND next.number > own.number AND next.since_version >= own.since_version
                    AND NOT (next.owner = own.owner AND next.since_version = own.since_version)
                    AND ifnull(own.period_from < next.period_to, TRUE)
                    AND ifnull(next.period_from < own.period_to, TRUE))
            FROM owner_links AS own WHERE owner = ? ORDER BY number
            """,
            [SQLValue(owner)]
        ) {
            let period = DataSpan(from: try $0.optionalInstant(4), to: try $0.optionalInstant(5))
            let first = try $0.int(6)
            return OwnerSpan(
                LinkedKey(dataset: try $0.slug(0), key: try $0.text(1), period: period),
                from: try $0.instant(2), to: try $0.optionalInstant(3),
                versions: first..<($0.isNull(7) ? .max : try $0.int(7)))
        }
    }

    /// What lies ready for a provider, by grant. The files stay where they are: they are empty here.
    public func evidence(for provider: Slug) throws -> [Evidence] {
        try all(
            """
            SELECT grant_id, agreement, dataset, provider, made_at, kept_until, x'' FROM evidence
            WHERE provider = ? ORDER BY grant_id
            """, [SQLValue(provider)]
        ) { try Evidence($0) }
    }

    /// What lies ready of one grant, with its file.
    public func evidence(of grant: GrantID) throws -> Evidence? {
        try first(
            """
            SELECT grant_id, agreement, dataset, provider, made_at, kept_until, file FROM evidence
            WHERE grant_id = ?
            """, [SQLValue(grant)]
        ) { try Evidence($0) }
    }
}

extension Evidence {
    fileprivate init(_ record: Record) throws {
        self.init(
            grant: try record.identifier(0), agreement: try record.identifier(1), dataset: try record.slug(2),
            provider: try record.slug(3), madeAt: try record.instant(4), keptUntil: try record.instant(5),
            file: try record.bytes(6))
    }
}
