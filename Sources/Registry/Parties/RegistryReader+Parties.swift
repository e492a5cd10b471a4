public import Model

extension RegistryReader {
    /// The organisation with this slug; nil if there is none.
    public func organisation(_ id: Slug) throws -> Organisation? {
        try first("SELECT \(Organisation.columns) FROM organisations WHERE id = ?", [SQLValue(id)]) {
            try Organisation($0)
        }
    }

    /// Organisations by ascending slug.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func organisations(after cursor: String? = nil, limit: Int) throws -> Page<Organisation> {
        try page("organisations", after: cursor, limit: limit, parse: { Slug($0) }, key: \.id) {
            start, limit in
            try all(
                "SELECT \(Organisation.columns) FROM organisations WHERE id > ? ORDER BY id LIMIT ?",
                [SQLValue(after: start), limit]
            ) { try Organisation($0) }
        }
    }

    /// The person with this identifier; nil if there is none.
    public func person(_ id: PersonID) throws -> Person? {
        try first(
            "SELECT id, name, organisation, role FROM persons WHERE id = ?", [.text(id.description)]
        ) { try Person($0) }
    }

    /// How many persons have the operator's role.
    public func operators() throws -> Int {
        try first("SELECT count(*) FROM persons WHERE role = 'operator'") { try $0.int(0) } ?? 0
    }

    /// Whether there is such an organisation or person. One that only asks to take part is not.
    public func exists(_ owner: Owner) throws -> Bool {
        try first(
            """
            SELECT 1 FROM principals
            WHERE id = ? AND id NOT IN (SELECT organisation FROM registrations)
            """, [SQLValue(owner)]
        ) { _ in true } ?? false
    }

    /// Whom the certificate with this thumbprint stands for; nil for a foreign one. Whether the certificate
    /// is still valid is for whoever saw it to say.
    public func principal(for thumbprint: Thumbprint) throws -> Principal? {
        try first("SELECT principal FROM credentials WHERE thumbprint = ?", [.blob(thumbprint.bytes)]) {
            try $0.principal(0)
        }
    }

    /// The credential with this thumbprint; nil if there is none.
    public func credential(for thumbprint: Thumbprint) throws -> Credential? {
        try first(
            "SELECT \(Credential.columns) FROM credentials WHERE thumbprint = ?", [.blob(thumbprint.bytes)]
        ) { try Credential($0) }
    }

    /// The credentials of one principal, the longest valid first.
    public func credentials(of principal: Principal) throws -> [Credential] {
        try all(
            """
            SELECT \(Credential.columns) FROM credentials WHERE principal = ?
            ORDER BY not_after DESC, thumbprint
            """, [.text(principal.text)]
        ) { try Credential($0) }
    }
}

extension Organisation {
    static let columns = "id, name, roles, state, state_reason"

    init(_ record: Record) throws {
        let roles = try record.texts(2).map { try record.decoded(2, Role(rawValue: $0)) }
        self.init(
            id: try record.slug(0), name: try record.text(1), roles: Set(roles), state: try record.word(3),
            stateReason: try record.optionalText(4))
    }
}

extension Person {
    init(_ record: Record) throws {
        self.init(
            id: try record.decoded(0, PersonID(record.text(0))), name: try record.text(1),
            organisation: record.isNull(2) ? nil : try record.slug(2),
            role: record.isNull(3) ? nil : try record.word(3))
    }
}

extension Credential {
    static let columns = "thumbprint, principal, certificate, not_after"

    init(_ record: Record) throws {
        self.init(
            thumbprint: try record.decoded(0, Thumbprint(record.bytes(0))),
            principal: try record.principal(1),
            certificate: try record.text(2), notAfter: try record.instant(3))
    }
}

extension Record {
    func principal(_ column: Int) throws(RegistryError) -> Principal {
        switch try owner(column) {
        case .organisation(let slug): .organisation(slug)
        case .person(let id): .person(id)
        }
    }
}
