public import Model

extension RegistryWriter {
    /// Adds a request.
    /// - Throws: `ClientFault` `request_exists`, `unknown_dataset`, `unknown_organisation` for the consumer,
    ///   `unknown_field`.
    public func insert(_ request: AccessRequest) throws {
        try whole {
            guard
                try first("SELECT 1 FROM datasets WHERE id = ?", [SQLValue(request.dataset)], { _ in true })
                    != nil
            else { throw ClientFault.unknown("dataset", request.dataset.text) }
            let fields = try fieldNames(of: request.dataset).stored(request.fields)
            try execute(
                """
                INSERT INTO requests (\(AccessRequest.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    SQLValue(request.id), SQLValue(request.dataset), SQLValue(request.consumer),
                    .text(request.purpose.iri), .text(request.legalBasis.rawValue), fields,
                    SQLValue(request.validUntil), SQLValue(request.retention),
                    SQLValue(.object(request.notice.mapValues(JSON.string))),
                    .text(request.state.rawValue), SQLValue(request.refusalReason), SQLValue(request.madeAt),
                    SQLValue(request.dataSpan?.from), SQLValue(request.dataSpan?.to),
                ], exists: .exists("request", request.id.description),
                missing: .unknown("organisation", request.consumer.text))
        }
    }

    /// Records the provider's answer to an open request.
    /// - Parameters:
    ///   - state: `agreed` or `refused`.
    ///   - reason: what the provider says to a refusal.
    /// - Throws: `ClientFault` `unknown_request`; `request_decided` when it was answered before.
    public func decide(
        _ request: RequestID, as state: AccessRequest.State, reason: String? = nil
    ) throws {
        precondition(state != .open, "a decision is not undone")
        try whole {
            let changed = try execute(
                "UPDATE requests SET state = ?, refusal_reason = ? WHERE id = ? AND state = ?",
                [
                    .text(state.rawValue), SQLValue(reason), SQLValue(request),
                    .text(AccessRequest.State.open.rawValue),
                ])
            guard changed == 0 else { return }
            guard let found = try self.request(request) else {
                throw ClientFault.unknown("request", request.description)
            }
            throw ClientFault(
                .conflict, "request_decided", "request `\(request)` was answered before", field: "request",
                found: found.state.rawValue, expected: "a request that is open")
        }
    }
}
