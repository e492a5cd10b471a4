public import Model

extension RegistryWriter {
    /// Moves an organisation to another state.
    /// - Throws: `ClientFault` `unknown_organisation`.
    public func set(_ state: Organisation.State, of organisation: Slug, reason: String?) throws {
        try whole {
            let count = try execute(
                "UPDATE organisations SET state = ?, state_reason = ? WHERE id = ?",
                [.text(state.rawValue), SQLValue(reason), SQLValue(organisation)])
            guard count == 1 else { throw ClientFault.unknown("organisation", organisation.text) }
        }
    }

    /// Keeps what a pending organisation brings.
    public func insert(_ registration: Registration) throws {
        try whole {
            var certificate = SQLValue.null
            var keys = SQLValue.null
            switch registration.proof {
            case .certificate(let pem): certificate = .text(pem)
            case .keys(let jwks): keys = SQLValue(jwks)
            }
            try execute(
                "INSERT INTO registrations (organisation, certificate, jwks, made_at) VALUES (?, ?, ?, ?)",
                [SQLValue(registration.organisation), certificate, keys, SQLValue(registration.madeAt)])
        }
    }

    /// A pending organisation is pending no more.
    public func deleteRegistration(of organisation: Slug) throws {
        try whole {
            try execute("DELETE FROM registrations WHERE organisation = ?", [SQLValue(organisation)])
        }
    }

    /// Forgets an organisation that nothing refers to, as one that never took part: its name is free again.
    public func delete(_ organisation: Slug) throws {
        try whole {
            try execute("DELETE FROM organisations WHERE id = ?", [SQLValue(organisation)])
            try execute("DELETE FROM principals WHERE id = ?", [SQLValue(organisation)])
        }
    }

    /// Lets an organisation sign who it is with a key.
    /// - Throws: `ClientFault` `credential_exists` for a key that it has, `unknown_organisation`.
    public func insert(_ key: ClientKey) throws {
        try whole {
            try execute(
                "INSERT INTO client_keys (organisation, thumbprint, jwk, added_at) VALUES (?, ?, ?, ?)",
                [
                    SQLValue(key.organisation), .blob(key.thumbprint.bytes), SQLValue(key.jwk), SQLValue(now),
                ],
                exists: .exists(
                    "credential", key.thumbprint.description, remedy: "it works already; leave it out"),
                missing: .unknown("organisation", key.organisation.text))
        }
    }

    /// Takes a certificate or a key from an organisation.
    /// - Returns: false if it had none with this thumbprint.
    public func deleteCredential(_ thumbprint: Thumbprint, of organisation: Slug) throws -> Bool {
        try whole {
            let certificates = try execute(
                "DELETE FROM credentials WHERE thumbprint = ? AND principal = ?",
                [.blob(thumbprint.bytes), SQLValue(organisation)])
            let keys = try execute(
                "DELETE FROM client_keys WHERE thumbprint = ? AND organisation = ?",
                [.blob(thumbprint.bytes), SQLValue(organisation)])
            return certificates + keys > 0
        }
    }

    /// Remembers that a token was taken back, until it would have run out; those that have are forgotten.
    public func revokeToken(_ id: String, expiresAt: Instant) throws {
        try whole {
            try execute("DELETE FROM revoked_tokens WHERE expires_at <= ?", [SQLValue(now)])
            try execute(
                "INSERT OR IGNORE INTO revoked_tokens (id, expires_at) VALUES (?, ?)",
                [.text(id), SQLValue(expiresAt)])
        }
    }

    /// What former keys signed is over.
    public func revokeFormerKeys() throws {
        try whole { try execute("UPDATE former_keys SET is_revoked = 1", []) }
    }

    /// Keeps the public half of a key that signs no more.
    public func insert(_ key: FormerKey) throws {
        try whole {
            try execute(
                "INSERT OR REPLACE INTO former_keys (\(FormerKey.columns)) VALUES (?, ?, ?, ?, ?)",
                [
                    .text(key.id), SQLValue(key.jwk), SQLValue(key.retiredAt), .text(key.successor),
                    SQLValue(key.isRevoked),
                ])
        }
    }
}
