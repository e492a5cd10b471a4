public import Model

extension RegistryWriter {
    /// Makes each key the owner's that the provider names, from this transaction's time on. Keys that are
    /// not named stay as they are; a key that is this owner's already is no change.
    ///
    /// The first link a key ever has covers all versions. Any later one, be it of the same owner after an
    /// interval, covers only versions that are published from now on: rows from before may be another's.
    /// - Throws: `ClientFault` `unknown_dataset`, `unknown_owner`, `duplicate_owner_key` for a key that is
    ///   named twice.
    public func assertLinks(_ assertions: [LinkAssertion], in dataset: Slug) throws -> LinkChanges {
        try whole {
            guard try first("SELECT 1 FROM datasets WHERE id = ?", [SQLValue(dataset)], { _ in true }) != nil
            else { throw ClientFault.unknown("dataset", dataset.text) }
            let later = try nextVersion(of: dataset)
            var changes = LinkChanges()
            var seen: Set<[UInt8]> = []
            for assertion in assertions {
                guard seen.insert(Array(assertion.ownerKey.utf8)).inserted else {
                    throw twice(assertion.ownerKey)
                }
                try apply(assertion, in: dataset, nextVersion: later, to: &changes)
            }
            return changes
        }
    }

    private func apply(
        _ assertion: LinkAssertion, in dataset: Slug, nextVersion: Int, to changes: inout LinkChanges
    ) throws {
        let newest = try newestLink(of: dataset, ownerKey: assertion.ownerKey)
        if let newest, newest.isLive {
            guard newest.link.owner != assertion.owner else { return }
            try execute(
                "UPDATE owner_links SET ended_at = ? WHERE number = ?",
                [SQLValue(now), .integer(newest.number)])
            changes.ended.append(newest.link)
        }
        guard let owner = assertion.owner else { return }
        let link = OwnerLink(
            ownerKey: assertion.ownerKey, owner: owner, sinceVersion: newest == nil ? 1 : nextVersion)
        try insert(link, in: dataset)
        changes.made.append(link)
    }

    private func newestLink(of dataset: Slug, ownerKey: String) throws
        -> (link: OwnerLink, number: Int64, isLive: Bool)?
    {
        try first(
            """
            SELECT \(OwnerLink.columns), number, ended_at FROM owner_links
            WHERE dataset = ? AND owner_key = ? ORDER BY number DESC LIMIT 1
            """, [SQLValue(dataset), .text(ownerKey)]
        ) { (try OwnerLink($0), try $0.integer(3), $0.isNull(4)) }
    }

    private func insert(_ link: OwnerLink, in dataset: Slug) throws {
        try execute(
            """
            INSERT INTO owner_links (dataset, owner_key, owner, since_version, made_at)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                SQLValue(dataset), .text(link.ownerKey), SQLValue(link.owner), SQLValue(link.sinceVersion),
                SQLValue(now),
            ], missing: .unknown("owner", link.owner.description))
    }

    private func twice(_ ownerKey: String) -> ClientFault {
        ClientFault(
            .badInput, "duplicate_owner_key", "an owner key is named twice", field: "owner_key",
            found: ownerKey, expected: "each owner key once")
    }
}
