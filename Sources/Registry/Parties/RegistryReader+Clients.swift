public import Model

extension RegistryReader {
    /// Calls `body` with every organisation, by ascending slug.
    public func forEachOrganisation(_ body: (Organisation) throws -> Void) throws {
        try forEach("SELECT \(Organisation.columns) FROM organisations ORDER BY id", []) { record in
            try body(Organisation(record))
        }
    }

    /// Calls `body` with every certificate that stands for an organisation.
    public func forEachOrganisationCredential(_ body: (Credential) throws -> Void) throws {
        try forEach(
            """
            SELECT \(Credential.columns) FROM credentials
            WHERE principal IN (SELECT id FROM organisations) ORDER BY thumbprint
            """, []
        ) { record in try body(Credential(record)) }
    }

    /// Calls `body` with every key of every organisation, by organisation.
    public func forEachClientKey(_ body: (ClientKey) throws -> Void) throws {
        try forEach("SELECT \(ClientKey.columns) FROM client_keys ORDER BY organisation, thumbprint", []) {
            record in try body(ClientKey(record))
        }
    }

    /// The keys of one organisation, by thumbprint.
    public func clientKeys(of organisation: Slug) throws -> [ClientKey] {
        try all(
            "SELECT \(ClientKey.columns) FROM client_keys WHERE organisation = ? ORDER BY thumbprint",
            [SQLValue(organisation)]
        ) { try ClientKey($0) }
    }

    /// What a pending organisation brings; nil for any other.
    public func registration(of organisation: Slug) throws -> Registration? {
        try first(
            "SELECT organisation, certificate, jwks, made_at FROM registrations WHERE organisation = ?",
            [SQLValue(organisation)]
        ) { try Registration($0) }
    }

    /// How many organisations wait for the operator.
    public func registrationCount() throws -> Int {
        try first("SELECT count(*) FROM registrations") { try $0.int(0) } ?? 0
    }

    /// How many of them asked since then.
    public func registrationCount(since time: Instant) throws -> Int {
        try first("SELECT count(*) FROM registrations WHERE made_at > ?", [SQLValue(time)]) {
            try $0.int(0)
        } ?? 0
    }

    /// Those that asked before that time.
    public func registrations(before time: Instant) throws -> [Slug] {
        try all("SELECT organisation FROM registrations WHERE made_at < ?", [SQLValue(time)]) {
            try $0.slug(0)
        }
    }

    /// Organisations in one state, by ascending slug.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func organisations(in state: Organisation.State, after cursor: String? = nil, limit: Int) throws
        -> Page<Organisation>
    {
        try page(
            "organisations-\(state.rawValue)", after: cursor, limit: limit, parse: { Slug($0) }, key: \.id
        ) { start, limit in
            try all(
                """
                SELECT \(Organisation.columns) FROM organisations WHERE state = ? AND id > ?
                ORDER BY id LIMIT ?
                """, [.text(state.rawValue), SQLValue(after: start), limit]
            ) { try Organisation($0) }
        }
    }

    /// Tokens that were taken back and would still be good at `now`: their `jti`, and when they run out.
    public func revokedTokens(at now: Instant) throws -> [(id: String, expiresAt: Instant)] {
        try all("SELECT id, expires_at FROM revoked_tokens WHERE expires_at > ?", [SQLValue(now)]) {
            (try $0.text(0), try $0.instant(1))
        }
    }

    /// Keys that signed tokens before the one of now, the latest first.
    public func formerKeys() throws -> [FormerKey] {
        try all("SELECT \(FormerKey.columns) FROM former_keys ORDER BY retired_at DESC, kid") {
            try FormerKey($0)
        }
    }
}

extension ClientKey {
    static let columns = "organisation, thumbprint, jwk"

    init(_ record: Record) throws {
        self.init(
            organisation: try record.slug(0),
            thumbprint: try record.decoded(1, Thumbprint(record.bytes(1))), jwk: try record.json(2))
    }
}

extension Registration {
    init(_ record: Record) throws {
        let proof: Proof =
            record.isNull(1) ? .keys(try record.json(2)) : .certificate(try record.text(1))
        self.init(organisation: try record.slug(0), proof: proof, madeAt: try record.instant(3))
    }
}

extension FormerKey {
    static let columns = "kid, jwk, retired_at, successor, is_revoked"

    init(_ record: Record) throws {
        self.init(
            id: try record.text(0), jwk: try record.json(1), retiredAt: try record.instant(2),
            successor: try record.text(3), isRevoked: try record.integer(4) == 1)
    }
}
