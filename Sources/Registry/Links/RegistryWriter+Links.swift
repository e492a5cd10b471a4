public import Model

extension RegistryWriter {
    /// Makes each key the owner's that the provider names, from this transaction's time on. Keys that are
    /// not named stay as they are; what a key has already is no change.
    ///
    /// A key that is divided by time is named once for each of its periods, which must not overlap: those are
    /// then all that it has.
    ///
    /// The first link that a key ever has for a time covers all versions, and what goes on as the same
    /// owner's covers what it covered. Any later one, be it of the same owner after an interval, covers only
    /// versions that are published from now on: rows from before may be another's, an erased person's too.
    ///
    /// - Parameter later: the first version that surely has no row of before now; nil for the next one.
    /// - Throws: `ClientFault` `unknown_dataset`, `unknown_owner`, `duplicate_owner_key` for a key that is
    ///   named twice for the same time.
    public func assertLinks(
        _ assertions: [LinkAssertion], in dataset: Slug, covering later: Int? = nil
    ) throws -> LinkChanges {
        try whole {
            let since = try first("SELECT links_since FROM datasets WHERE id = ?", [SQLValue(dataset)]) {
                try $0.int(0)
            }
            guard let since else { throw ClientFault.unknown("dataset", dataset.text) }
            let versions = (first: since, later: max(try nextVersion(of: dataset), later ?? 1))
            var changes = LinkChanges()
            for key in try keys(of: assertions) { try apply(key, in: dataset, versions, to: &changes) }
            return changes
        }
    }

    /// What is said of each key, in the order in which they are named first.
    private func keys(of assertions: [LinkAssertion]) throws(ClientFault) -> [[LinkAssertion]] {
        var places: [[UInt8]: Int] = [:]
        var keys: [[LinkAssertion]] = []
        for assertion in assertions {
            let key = Array(assertion.ownerKey.utf8)
            guard let place = places[key] else {
                places[key] = keys.count
                keys.append([assertion])
                continue
            }
            keys[place].append(assertion)
        }
        for key in keys where key.count > 1 {
            guard key.allSatisfy({ $0.owner != nil && $0.period != nil }),
                DataSpan.areApart(key.compactMap(\.period))
            else { throw twice(key[0].ownerKey) }
        }
        return keys
    }

    /// - Parameters:
    ///   - key: all that is said of one.
    ///   - versions: from which on a link covers them, if it is the key's first and if it is not.
    private func apply(
        _ key: [LinkAssertion], in dataset: Slug, _ versions: (first: Int, later: Int),
        to changes: inout LinkChanges
    ) throws {
        let known = try knownLinks(of: dataset, ownerKey: key[0].ownerKey)
        var wanted = Set(key.filter { $0.owner != nil })
        for (link, number, isLive) in known where isLive {
            let same = LinkAssertion(ownerKey: key[0].ownerKey, owner: link.owner, period: link.period)
            if wanted.remove(same) != nil { continue }
            try execute(
                "UPDATE owner_links SET ended_at = ? WHERE number = ?", [SQLValue(now), .integer(number)])
            changes.ended.append(link)
        }
        for assertion in key where wanted.contains(assertion) {
            guard let owner = assertion.owner else { continue }
            var link = OwnerLink(ownerKey: assertion.ownerKey, owner: owner, period: assertion.period)
            link.sinceVersion = Self.firstVersion(of: link, after: known, versions)
            try insert(link, in: dataset)
            changes.made.append(link)
        }
    }

    private static func firstVersion(
        of link: OwnerLink, after known: [(link: OwnerLink, number: Int64, isLive: Bool)],
        _ versions: (first: Int, later: Int)
    ) -> Int {
        // What is his already stays his, whoever was there before.
        let own = known.first { other, _, isLive in
            isLive && other.owner == link.owner && covers(other.period, link.period)
        }
        if let own { return own.link.sinceVersion }
        var first = versions.first
        for (other, _, isLive) in known where overlap(other.period, link.period) {
            let goesOn = isLive && other.owner == link.owner
            first = max(first, goesOn ? other.sinceVersion : versions.later)
        }
        return first
    }

    private static func covers(_ a: DataSpan?, _ b: DataSpan?) -> Bool {
        guard let a else { return true }
        guard let b else { return false }
        return (a.from?.milliseconds ?? .min) <= (b.from?.milliseconds ?? .min)
            && (a.to?.milliseconds ?? .max) >= (b.to?.milliseconds ?? .max)
    }

    private static func overlap(_ a: DataSpan?, _ b: DataSpan?) -> Bool {
        guard let a, let b else { return true }
        return a.overlaps(b)
    }

    private func knownLinks(of dataset: Slug, ownerKey: String) throws
        -> [(link: OwnerLink, number: Int64, isLive: Bool)]
    {
        try all(
            """
            SELECT \(OwnerLink.columns), number, ended_at FROM owner_links
            WHERE dataset = ? AND owner_key = ? ORDER BY number
            """, [SQLValue(dataset), .text(ownerKey)]
        ) { (try OwnerLink($0), try $0.integer(5), $0.isNull(6)) }
    }

    private func insert(_ link: OwnerLink, in dataset: Slug) throws {
        try execute(
            """
            INSERT INTO owner_links
                (dataset, owner_key, owner, since_version, made_at, period_from, period_to)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                SQLValue(dataset), .text(link.ownerKey), SQLValue(link.owner), SQLValue(link.sinceVersion),
                SQLValue(now), SQLValue(link.period?.from), SQLValue(link.period?.to),
            ], missing: .unknown("owner", link.owner.description))
    }

    private func twice(_ ownerKey: String) -> ClientFault {
        ClientFault(
            .badInput, "duplicate_owner_key", "an owner key is named twice for the same time",
            field: "owner_key",
            found: ownerKey, expected: "each owner key once, or for periods that do not overlap")
    }
}
