public import Model

extension RegistryWriter {
    /// Keeps the answer to `principal` under `key` for a day, and forgets all that are older.
    /// - Throws: `ClientFault` `idempotency_key_used` when there is an answer under the key already.
    public func remember(_ answer: IdempotentAnswer, to principal: Principal, key: String) throws {
        try whole {
            try purgeIdempotentAnswers()
            try execute(
                """
                INSERT INTO idempotency_keys
                    (principal, key, request_digest, status, headers, body, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(principal.text), .text(key), .blob(answer.requestDigest), SQLValue(answer.status),
                    SQLValue(.object(answer.headers.mapValues(JSON.string))), .text(answer.body),
                    SQLValue(now),
                ],
                exists: ClientFault(
                    .conflict, "idempotency_key_used", "the idempotency key was used before",
                    field: "Idempotency-Key", found: key, remedy: "use a new key"))
        }
    }

    /// Forgets answers older than a day and returns how many.
    @discardableResult
    public func purgeIdempotentAnswers() throws -> Int {
        try whole {
            try execute(
                "DELETE FROM idempotency_keys WHERE created_at <= ?",
                [SQLValue(now.adding(seconds: -IdempotentAnswer.keptSeconds))])
        }
    }
}
