public import Model

extension RegistryReader {
    /// The dataset with this slug, its version the newest; nil if there is none.
    public func dataset(_ id: Slug) throws -> Dataset? {
        try first("SELECT \(Dataset.columns) FROM datasets WHERE id = ?", [SQLValue(id)]) {
            try Dataset($0, fields: fields(of: $0.slug(0)))
        }
    }

    /// Datasets by ascending slug.
    /// - Parameter limit: 1 to 1000.
    /// - Throws: `ClientFault` `bad_cursor`, `bad_limit`.
    public func datasets(after cursor: String? = nil, limit: Int) throws -> Page<Dataset> {
        try page("datasets", after: cursor, limit: limit, parse: { Slug($0) }, key: \.id) { start, limit in
            try all(
                "SELECT \(Dataset.columns) FROM datasets WHERE id > ? ORDER BY id LIMIT ?",
                [SQLValue(after: start), limit]
            ) { try Dataset($0, fields: fields(of: $0.slug(0))) }
        }
    }

    /// Datasets under the owner rule `single` of this owner, by ascending slug.
    public func datasetsOwned(by owner: Owner) throws -> [Slug] {
        try all("SELECT id FROM datasets WHERE owner = ? ORDER BY id", [SQLValue(owner)]) { try $0.slug(0) }
    }

    /// The number that the next publication of `dataset` must have.
    public func nextVersion(of dataset: Slug) throws -> Int {
        try (currentVersion(of: dataset) ?? 0) + 1
    }

    /// The publications of `dataset`, oldest first.
    public func versions(of dataset: Slug) throws -> [DatasetVersion] {
        try all(
            "SELECT \(DatasetVersion.columns) FROM dataset_versions WHERE dataset = ? ORDER BY version",
            [SQLValue(dataset)]
        ) { try DatasetVersion($0) }
    }

    /// The newest publications of `dataset`, newest first, at most so many.
    public func versions(of dataset: Slug, newest limit: Int) throws -> [DatasetVersion] {
        try all(
            """
            SELECT \(DatasetVersion.columns) FROM dataset_versions WHERE dataset = ?
            ORDER BY version DESC LIMIT ?
            """,
            [SQLValue(dataset), SQLValue(limit)]
        ) { try DatasetVersion($0) }
    }

    /// The version that readers get, of every dataset that has data: what else lies on disk may be swept.
    public func currentVersions() throws -> [Slug: Int] {
        let pairs = try all("SELECT dataset, max(version) FROM dataset_versions GROUP BY dataset") {
            (try $0.slug(0), try $0.int(1))
        }
        return Dictionary(pairs, uniquingKeysWith: max)
    }

    func currentVersion(of dataset: Slug) throws -> Int? {
        try first(
            "SELECT version FROM dataset_versions WHERE dataset = ? ORDER BY version DESC LIMIT 1",
            [SQLValue(dataset)]
        ) { try $0.int(0) }
    }

    func fields(of dataset: Slug) throws -> [Field] {
        try all(
            "SELECT id, name, type, required FROM dataset_fields WHERE dataset = ? ORDER BY position",
            [SQLValue(dataset)]
        ) { try Field($0) }
    }
}

extension Dataset {
    static let columns = """
        id, provider, title, owner_rule, owner_column, owner, null_values, offer,
        (SELECT max(version) FROM dataset_versions WHERE dataset = datasets.id), time_column,
        upstream_url, upstream_format, upstream_bearer
        """

    init(_ record: Record, fields: [Field]) throws {
        self.init(
            id: try record.slug(0), provider: try record.slug(1), title: try record.text(2),
            ownerRule: try OwnerRule(record), timeColumn: try record.optionalText(9),
            nullValues: try record.texts(6), fields: fields, offer: try record.json(7),
            version: record.isNull(8) ? nil : try record.int(8), upstream: try Upstream(record))
    }
}

extension Upstream {
    /// Nil for a hosted dataset.
    fileprivate init?(_ record: Record) throws {
        guard !record.isNull(10) else { return nil }
        try self.init(
            url: record.text(10), format: record.word(11), bearer: record.optionalText(12))
    }
}

extension OwnerRule {
    /// `open` must be said: a rule that cannot be read opens nothing.
    fileprivate init(_ record: Record) throws {
        switch try record.text(3) {
        case "column": self = .column(try record.text(4))
        case "single": self = .single(try record.owner(5))
        case "open": self = .open
        default: self = try record.decoded(3, nil)
        }
    }
}

extension Field {
    fileprivate init(_ record: Record) throws {
        self.init(
            id: try record.text(0), name: try record.text(1), type: try record.word(2),
            isRequired: try record.integer(3) != 0)
    }
}

extension DatasetVersion {
    static let columns = "dataset, version, rows, owners, ownerless_rows, size_bytes, published_at"

    init(_ record: Record) throws {
        self.init(
            dataset: try record.slug(0), version: try record.int(1), rows: try record.int(2),
            owners: try record.int(3), ownerlessRows: try record.int(4), sizeBytes: try record.int(5),
            publishedAt: try record.instant(6))
    }
}
