public import Model

extension RegistryReader {
    /// The live links of one owner, by ascending owner key, those of a key by their periods.
    public func links(of dataset: Slug, owner: Owner) throws -> [OwnerLink] {
        try all(
            """
            SELECT \(OwnerLink.columns) FROM owner_links
            WHERE owner = ? AND dataset = ? AND ended_at IS NULL ORDER BY owner_key, period_from
            """, [SQLValue(owner), SQLValue(dataset)]
        ) { try OwnerLink($0) }
    }

    /// The live links of one owner key, several only if each has a period; keys are compared byte by byte.
    public func links(of dataset: Slug, ownerKey: String) throws -> [OwnerLink] {
        try all(
            """
            SELECT \(OwnerLink.columns) FROM owner_links
            WHERE dataset = ? AND owner_key = ? AND ended_at IS NULL ORDER BY period_from
            """, [SQLValue(dataset), .text(ownerKey)]
        ) { try OwnerLink($0) }
    }

    /// Calls `body` for each live link, by ascending owner key, those of a key by their periods.
    public func forEachLink(of dataset: Slug, _ body: (OwnerLink) throws -> Void) throws {
        try forEach(
            """
            SELECT \(OwnerLink.columns) FROM owner_links
            WHERE dataset = ? AND ended_at IS NULL ORDER BY owner_key, period_from
            """, [SQLValue(dataset)]
        ) { try body(OwnerLink($0)) }
    }

    /// Datasets in which this owner has a live link, by ascending slug. Datasets that are his as a whole are
    /// `datasetsOwned(by:)`.
    public func datasetsLinked(to owner: Owner) throws -> [Slug] {
        try all(
            """
            SELECT DISTINCT dataset FROM owner_links WHERE owner = ? AND ended_at IS NULL ORDER BY dataset
            """, [SQLValue(owner)]
        ) { try $0.slug(0) }
    }

    /// Every link that an owner key ever had, oldest first.
    public func linkHistory(of dataset: Slug, ownerKey: String) throws -> [LinkRecord] {
        try all(
            """
            SELECT \(OwnerLink.columns), made_at, ended_at FROM owner_links
            WHERE dataset = ? AND owner_key = ? ORDER BY number
            """, [SQLValue(dataset), .text(ownerKey)]
        ) {
            LinkRecord(link: try OwnerLink($0), madeAt: try $0.instant(5), endedAt: try $0.optionalInstant(6))
        }
    }
}

extension OwnerLink {
    static let columns = "owner_key, owner, since_version, period_from, period_to"

    init(_ record: Record) throws {
        self.init(
            ownerKey: try record.text(0), owner: try record.owner(1), sinceVersion: try record.int(2),
            period: DataSpan(from: try record.optionalInstant(3), to: try record.optionalInstant(4)))
    }
}
