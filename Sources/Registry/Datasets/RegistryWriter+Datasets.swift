public import Model

extension RegistryWriter {
    /// Adds a dataset without data; `dataset.version` must be nil.
    /// - Throws: `ClientFault` `dataset_exists`, `duplicate_field`, `unknown_organisation` for the provider,
    ///   `unknown_owner`.
    public func insert(_ dataset: Dataset) throws {
        precondition(dataset.version == nil, "versions come from publish(_:)")
        precondition(dataset.upstream == nil, "upstreams come from setUpstream(_:of:)")
        try whole {
            try checkDistinct(dataset.fields)
            let rule = dataset.ownerRule.stored
            try execute(
                """
                INSERT INTO datasets
                    (id, provider, title, owner_rule, owner_column, owner, null_values, offer, time_column)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    SQLValue(dataset.id), SQLValue(dataset.provider), .text(dataset.title), .text(rule.word),
                    SQLValue(rule.column), SQLValue(rule.owner?.description),
                    SQLValue(JSON(dataset.nullValues)), SQLValue(dataset.offer),
                    SQLValue(dataset.timeColumn),
                ], exists: .exists("dataset", dataset.id.text), missing: missingParty(of: dataset))
            for (position, field) in dataset.fields.enumerated() {
                try insert(field, at: position, in: dataset.id)
            }
        }
    }

    /// Makes a version the one that readers get.
    /// - Throws: `ClientFault` `unknown_dataset`; `version_exists` when another publication came between
    ///   `nextVersion(of:)` and this.
    public func publish(_ version: DatasetVersion) throws {
        try whole {
            guard try version.version == nextVersion(of: version.dataset) else {
                throw ClientFault(
                    .conflict, "version_exists", "dataset `\(version.dataset)` was published meanwhile",
                    remedy: "publish again")
            }
            try execute(
                """
                INSERT INTO dataset_versions (\(DatasetVersion.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    SQLValue(version.dataset), SQLValue(version.version), SQLValue(version.rows),
                    SQLValue(version.owners), SQLValue(version.ownerlessRows), SQLValue(version.sizeBytes),
                    SQLValue(version.publishedAt),
                ], missing: .unknown("dataset", version.dataset.text))
        }
    }

    /// Says where the rows of a dataset are.
    /// - Throws: `ClientFault` `unknown_dataset`.
    public func setUpstream(_ upstream: Upstream, of dataset: Slug) throws {
        guard try self.dataset(dataset) != nil else { throw ClientFault.unknown("dataset", dataset.text) }
        try execute(
            "UPDATE datasets SET upstream_url = ?, upstream_format = ?, upstream_bearer = ? WHERE id = ?",
            [
                .text(upstream.url), .text(upstream.format.rawValue), SQLValue(upstream.bearer),
                SQLValue(dataset),
            ])
    }

    func insert(_ field: Field, at position: Int, in dataset: Slug) throws {
        try execute(
            """
            INSERT INTO dataset_fields (dataset, position, id, name, type, required)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                SQLValue(dataset), SQLValue(position), .text(field.id), .text(field.name),
                .text(field.type.rawValue), SQLValue(field.isRequired),
            ])
    }

    /// SQLite compares bytes, Swift characters; two names must differ for both.
    func checkDistinct(_ fields: [Field]) throws {
        for text in [\Field.id, \Field.name] {
            var seen: Set<String> = []
            for field in fields where !seen.insert(field[keyPath: text]).inserted {
                throw ClientFault(
                    .badInput, "duplicate_field", "two fields have the same id or name", field: "fields",
                    found: field[keyPath: text], expected: "ids and names that differ")
            }
        }
    }

    private func missingParty(of dataset: Dataset) -> ClientFault {
        if case .single(let owner) = dataset.ownerRule, let known = try? exists(owner), !known {
            return .unknown("owner", owner.description)
        }
        return .unknown("organisation", dataset.provider.text)
    }
}

extension OwnerRule {
    /// The columns that hold it.
    fileprivate var stored: (word: String, column: String?, owner: Owner?) {
        switch self {
        case .column(let name): ("column", name, nil)
        case .single(let owner): ("single", nil, owner)
        case .open: ("open", nil, nil)
        }
    }
}
