public import Model

extension RegistryWriter {
    /// Forgets a person: name, certificates, links, grants, salts, and what others were answered about him.
    ///
    /// With his links it forgets which keys were his. So in their datasets a key of which no link is known
    /// counts as one that may have been his: its next link covers only versions that come later.
    ///
    /// A dataset that is his as a whole passes to nobody: to `heir`, an identifier that is no person's, so
    /// that nobody can give a grant for it.
    /// - Parameter later: of a dataset, the first version that surely has no row of before now; nil for the
    ///   next one.
    /// - Throws: `ClientFault` `unknown_person`.
    public func erase(
        _ person: PersonID, heir: PersonID, covering later: (Slug) -> Int? = { _ in nil }
    ) throws {
        try whole {
            let id = SQLValue.text(person.description)
            guard try self.person(person) != nil else {
                throw ClientFault.unknown("person", person.description)
            }
            if try !datasetsOwned(by: .person(person)).isEmpty {
                try execute("INSERT INTO principals (id) VALUES (?)", [.text(heir.description)])
                try execute(
                    "UPDATE datasets SET owner = ? WHERE owner = ?", [.text(heir.description), id])
            }
            for dataset in try Set(spans(of: .person(person)).map(\.ownerKey.dataset)) {
                try execute(
                    "UPDATE datasets SET links_since = max(links_since, ?) WHERE id = ?",
                    [SQLValue(max(nextVersion(of: dataset), later(dataset) ?? 1)), SQLValue(dataset)])
            }
            for table in ["owner_links", "grants"] {
                try execute("DELETE FROM \(table) WHERE owner = ?", [id])
            }
            try execute("DELETE FROM credentials WHERE principal = ?", [id])
            try execute("DELETE FROM persons WHERE id = ?", [id])
            try execute("DELETE FROM principals WHERE id = ?", [id])
            try execute("DELETE FROM salts WHERE person = ?", [id])
            try execute(
                "DELETE FROM idempotency_keys WHERE principal = ? OR instr(body, ?) > 0", [id, id])
        }
    }

    /// Forgets with which salts persons stand in entries, which are known by their nonces.
    public func forgetSalts(ofEntries nonces: [[UInt8]]) throws {
        try whole {
            for nonce in nonces { try execute("DELETE FROM salts WHERE nonce = ?", [.blob(nonce)]) }
        }
    }

    /// Keeps what a provider must be able to prove, until he takes it.
    public func insert(_ evidence: Evidence) throws {
        try whole {
            try execute(
                """
                INSERT INTO evidence (grant_id, agreement, dataset, provider, made_at, kept_until, file)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    SQLValue(evidence.grant), SQLValue(evidence.agreement), SQLValue(evidence.dataset),
                    SQLValue(evidence.provider), SQLValue(evidence.madeAt), SQLValue(evidence.keptUntil),
                    .blob(evidence.file),
                ])
        }
    }

    /// Forgets what lay ready of a grant. Returns whether there was something.
    public func removeEvidence(of grant: GrantID) throws -> Bool {
        try whole { try execute("DELETE FROM evidence WHERE grant_id = ?", [SQLValue(grant)]) == 1 }
    }

    /// Forgets what nobody took in its time. Returns how many files.
    @discardableResult
    public func purgeEvidence() throws -> Int {
        try whole { try execute("DELETE FROM evidence WHERE kept_until <= ?", [SQLValue(now)]) }
    }

    /// Goes on counting after `number`, which the log has and this database, an older copy, had not yet.
    public func continueNumbers(after number: Int64) throws {
        try whole {
            try execute(
                "UPDATE outbox_counter SET newest = ? WHERE newest < ?", [.integer(number), .integer(number)])
            try execute("DELETE FROM outbox WHERE number <= ?", [.integer(number)])
        }
    }
}
