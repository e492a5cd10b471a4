public import Model

extension RegistryWriter {
    /// Adds a grant, in whatever state.
    /// - Throws: `ClientFault` `grant_exists` when the identifier is taken or the owner has a requested or
    ///   given grant under the agreement; `unknown_agreement`, `unknown_owner`, `unknown_field`.
    public func insert(_ grant: Grant) throws {
        try whole {
            try execute(
                """
                INSERT INTO grants
                    (id, agreement, owner, state, fields, owner_keys, valid_until, reason, changed_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [SQLValue(grant.id), SQLValue(grant.agreement), SQLValue(grant.owner)] + answer(of: grant),
                exists: .exists("grant", grant.id.description),
                missing: .unknown("owner", grant.owner.description))
        }
    }

    /// Stores the state, fields, owner keys, validity, reason and time of a grant; agreement and owner are
    /// fixed.
    /// - Throws: `ClientFault` `unknown_grant` when this owner has no such grant under this agreement;
    ///   `grant_exists` when it would be his second requested or given one; `unknown_field`.
    public func update(_ grant: Grant) throws {
        try whole {
            let changed = try execute(
                """
                UPDATE grants
                SET state = ?, fields = ?, owner_keys = ?, valid_until = ?, reason = ?, changed_at = ?
                WHERE id = ? AND agreement = ? AND owner = ?
                """,
                answer(of: grant) + [SQLValue(grant.id), SQLValue(grant.agreement), SQLValue(grant.owner)],
                exists: .exists("grant", grant.id.description))
            guard changed == 1 else { throw ClientFault.unknown("grant", grant.id.description) }
        }
    }

    /// The columns that an answer changes, in the order of the schema.
    private func answer(of grant: Grant) throws -> [SQLValue] {
        [
            .text(grant.state.rawValue), try fieldNames(of: grant.agreement).stored(grant.fields),
            grant.ownerKeys.map { SQLValue(JSON($0)) } ?? .null, SQLValue(grant.validUntil),
            SQLValue(grant.reason), SQLValue(grant.changedAt),
        ]
    }
}
