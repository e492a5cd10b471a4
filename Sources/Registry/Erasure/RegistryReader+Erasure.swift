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

    /// Every owner key that was ever linked to an owner, with the time in which it was.
    public func spans(of owner: Owner) throws -> [OwnerSpan] {
        try all(
            """
            SELECT dataset, owner_key, made_at, ended_at, period_from, period_to FROM owner_links
            WHERE owner = ? ORDER BY number
            """,
            [SQLValue(owner)]
        ) {
            let period = DataSpan(from: try $0.optionalInstant(4), to: try $0.optionalInstant(5))
            return OwnerSpan(
                LinkedKey(dataset: try $0.slug(0), key: try $0.text(1), period: period),
                from: try $0.instant(2), to: try $0.optionalInstant(3))
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
