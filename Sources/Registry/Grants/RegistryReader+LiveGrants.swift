public import Model

extension RegistryReader {
    /// Calls `body` for each grant under an agreement that is live at `now`, in ascending order of the
    /// owner's text, one at a time: a million need no memory of their own.
    ///
    /// Owners grant few different sets of fields, so each set is decoded once.
    /// - Throws: `ClientFault` `unknown_agreement`.
    public func forEachLiveGrant(
        of agreement: AgreementID, at now: Instant, _ body: (LiveGrant) throws -> Void
    ) throws {
        // An agreement that is not there has no grants: that is told, not taken for none.
        _ = try fieldNames(of: agreement)
        var fieldSets: [String: [String]] = [:]
        try forEach(Self.liveGrants, [SQLValue(agreement), SQLValue(now)]) { record in
            let stored = try record.text(1)
            let fields = try fieldSets[stored] ?? record.texts(1)
            fieldSets[stored] = fields
            try body(
                LiveGrant(
                    id: record.identifier(4), owner: record.owner(0), fieldIDs: fields,
                    ownerKeys: record.isNull(2) ? nil : record.texts(2),
                    validUntil: record.optionalInstant(3)))
        }
    }

    /// `state IN` repeats the condition of the index `grants_open`, without which SQLite does not use it.
    private static let liveGrants = """
        SELECT owner, fields, owner_keys, valid_until, id FROM grants
        WHERE agreement = ? AND state IN ('Requested', 'Given') AND state = 'Given'
            AND (valid_until IS NULL OR valid_until > ?)
        ORDER BY owner
        """
}
