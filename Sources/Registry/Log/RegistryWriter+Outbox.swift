public import Model

extension RegistryWriter {
    /// The bytes that one entry of the log may have (C2SP tlog-tiles bundles: a 16-bit length).
    private static var largestEntryBytes: Int { 65_535 }

    /// Adds an entry to the outbox, to be logged if and only if this transaction is committed, and keeps the
    /// salts that open its commitments.
    ///
    /// Numbers begin at 1 and have no gaps, however many rows were dropped and transactions undone.
    /// - Returns: the entry's number.
    /// - Throws: `ClientFault` `entry_too_large` for more than 65,535 bytes.
    @discardableResult
    public func record(_ event: AuditEvent) throws -> Int64 {
        try whole {
            let number = try nextNumber()
            let sealed = sealer.seal(event, at: now, number: number)
            guard sealed.bytes.count <= Self.largestEntryBytes else {
                throw ClientFault(
                    .tooLarge, "entry_too_large", "the audit log's entry of this change would be too large",
                    found: "\(sealed.bytes.count) bytes", expected: "at most \(Self.largestEntryBytes) bytes",
                    remedy: "shorten the texts")
            }
            try execute(
                "INSERT INTO outbox (number, entry) VALUES (?, ?)", [.integer(number), .blob(sealed.bytes)])
            try keepSalts(of: sealed)
            recorded.append(OutboxRow(number: number, entry: sealed.bytes))
            return number
        }
    }

    private func nextNumber() throws -> Int64 {
        try execute("UPDATE outbox_counter SET newest = newest + 1", [])
        guard let number = try first("SELECT newest FROM outbox_counter", [], { try $0.integer(0) }) else {
            throw RegistryError(.corrupt, "the database is damaged: the outbox has lost its counter")
        }
        return number
    }

    private func keepSalts(of sealed: SealedEntry) throws {
        for (person, salt) in sealed.salts {
            try execute(
                "INSERT INTO salts (nonce, person, salt) VALUES (?, ?, ?)",
                [.blob(sealed.nonce), .text(person.description), .blob(salt)])
        }
    }
}
