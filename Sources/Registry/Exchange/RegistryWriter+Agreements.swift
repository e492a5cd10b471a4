public import Model

extension RegistryWriter {
    /// Adds the agreement to a request.
    /// - Throws: `ClientFault` `agreement_exists` (one for each request), `unknown_request` when the request,
    ///   the dataset or a party is not there, `unknown_field`.
    public func insert(_ agreement: Agreement) throws {
        try whole {
            let fields = try fieldNames(of: agreement.dataset).stored(agreement.fields)
            try execute(
                """
                INSERT INTO agreements (\(Agreement.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    SQLValue(agreement.id), SQLValue(agreement.request), SQLValue(agreement.dataset),
                    SQLValue(agreement.provider), SQLValue(agreement.consumer), .text(agreement.purpose.iri),
                    .text(agreement.legalBasis.rawValue), fields, SQLValue(agreement.validUntil),
                    SQLValue(agreement.policy), .text(agreement.jws), SQLValue(agreement.madeAt),
                    .integer(agreement.epoch), SQLValue(agreement.dataSpan?.from),
                    SQLValue(agreement.dataSpan?.to), SQLValue(agreement.endedAt),
                    SQLValue(agreement.endReason),
                ], exists: .exists("agreement", agreement.id.description),
                missing: .unknown("request", agreement.request.description))
        }
    }

    /// Ends an agreement before its time; one that has ended stays as it is.
    public func end(_ agreement: AgreementID, at instant: Instant, reason: String?) throws {
        try whole {
            try execute(
                "UPDATE agreements SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL",
                [SQLValue(instant), SQLValue(reason), SQLValue(agreement)])
        }
    }

    /// Says who may read under an agreement for its consumer, in the place of those who might before.
    /// - Throws: `ClientFault` `unknown_organisation`.
    public func setProcessors(of agreement: AgreementID, to processors: [Slug]) throws {
        try whole {
            try execute("DELETE FROM processors WHERE agreement = ?", [SQLValue(agreement)])
            for processor in processors {
                try execute(
                    "INSERT INTO processors (agreement, organisation) VALUES (?, ?)",
                    [SQLValue(agreement), SQLValue(processor)],
                    missing: .unknown("organisation", processor.text))
            }
        }
    }

    /// Raises the epochs of all agreements that run now by `gap`.
    public func raiseLiveEpochs(by gap: Int64) throws {
        try whole {
            try execute(
                "UPDATE agreements SET epoch = epoch + ? WHERE \(Self.isLive)",
                [.integer(gap), SQLValue(now)])
        }
    }

    /// Raises the epoch to `epoch`, where a running hub has it already, and returns what is now stored: more
    /// when a later change was committed first. An epoch never falls, else a stream would take a stale
    /// filter for a fresh one.
    /// - Throws: `ClientFault` `unknown_agreement`.
    @discardableResult
    public func raiseEpoch(of agreement: AgreementID, to epoch: Int64) throws -> Int64 {
        try whole {
            try execute(
                "UPDATE agreements SET epoch = max(epoch, ?) WHERE id = ?",
                [.integer(epoch), SQLValue(agreement)])
            return try self.epoch(of: agreement)
        }
    }
}
