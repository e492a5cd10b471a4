public import Model

extension RegistryReader {
    /// What `principal` was answered under `key` within the day before `now`.
    public func idempotentAnswer(to principal: Principal, key: String, at now: Instant) throws
        -> IdempotentAnswer?
    {
        try first(
            """
            SELECT request_digest, status, headers, body FROM idempotency_keys
            WHERE principal = ? AND key = ? AND created_at > ?
            """,
            [
                .text(principal.text), .text(key),
                SQLValue(now.adding(seconds: -IdempotentAnswer.keptSeconds)),
            ]
        ) { record in
            let headers = try record.decoded(2, record.json(2).object).mapValues {
                try record.decoded(2, $0.string)
            }
            return IdempotentAnswer(
                requestDigest: try record.bytes(0), status: try record.int(1), headers: headers,
                body: try record.text(3))
        }
    }
}
