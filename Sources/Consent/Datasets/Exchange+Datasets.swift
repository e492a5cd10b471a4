public import Model
internal import PolicyEngine
internal import Registry

extension Exchange {
    /// A dataset as its provider describes it; checked here.
    public struct DatasetDescription: Sendable {
        public var id: Slug
        public var title: String
        public var ownerRule: OwnerRule
        public var timeColumn: String?
        public var nullValues: [String]
        public var fields: [Field]
        /// An ODRL Offer; nil for the shipped template `by-agreement`.
        public var offer: JSON?

        public init(
            id: Slug, title: String, ownerRule: OwnerRule, timeColumn: String? = nil, nullValues: [String],
            fields: [Field], offer: JSON?
        ) {
            self.id = id
            self.title = title
            self.ownerRule = ownerRule
            self.timeColumn = timeColumn
            self.nullValues = nullValues
            self.fields = fields
            self.offer = offer
        }
    }

    /// Adds a dataset without data: nobody can read it before its first version is there.
    public func addDataset(_ description: DatasetDescription, by caller: Caller) async throws -> Recorded<
        Dataset
    > {
        guard let provider = caller.organisation, caller.capacities.contains(.provider) else {
            throw ClientFault(.forbidden, "not_a_provider", "only a provider publishes datasets")
        }
        try description.check()
        let dataset = Dataset(
            id: description.id, provider: provider.id, title: description.title,
            ownerRule: description.ownerRule, timeColumn: description.timeColumn,
            nullValues: description.nullValues, fields: description.fields,
            offer: try checkedOffer(description, of: provider.id))
        return try await widen(by: caller) { writer, _ in
            if case .single(let owner) = dataset.ownerRule, try !writer.exists(owner) {
                throw ClientFault(
                    .notFound, "owner_unknown", "there is no such owner", field: "owner_rule.single",
                    found: owner.description, remedy: "add the organisation or person first")
            }
            try ClientFault.told(of: "id") { try writer.insert(dataset) }
            let event = AuditEvent(
                .datasetPublished, by: caller.actor,
                [
                    "dataset": .string(dataset.id.text), "provider": .string(provider.id.text),
                    "owner_rule": .string(dataset.ownerRule.kind), "fields": JSON(dataset.fields.map(\.name)),
                ])
            return (dataset, try writer.record(event))
        }
    }

    /// A dataset that the caller publishes. One of another provider is as unknown as one that is not there.
    func ownDataset(_ id: Slug, of caller: Caller, _ reader: RegistryReader) throws -> Dataset {
        guard let dataset = try reader.dataset(id), caller.acts(as: .provider, for: dataset.provider) else {
            throw ClientFault(
                .notFound, "dataset_unknown", "there is no dataset `\(id)` of yours", field: "dataset",
                found: id.text)
        }
        return dataset
    }

    private func checkedOffer(_ description: DatasetDescription, of provider: Slug) throws -> JSON {
        let iris = IRIs(host: parts.host)
        let target = iris.dataset(description.id)
        guard let offer = description.offer else {
            return parts.policies.byAgreement.offer(
                uid: iris.offer(description.id), target: target, assigner: iris.organisation(provider))
        }
        do {
            let admitted = try OfferCheck.admit(
                offer, target: target, assigner: iris.organisation(provider),
                purposes: parts.policies.purposes)
            try Self.requireKnown(admitted.fieldsNamed, description.fields)
            return admitted.json
        } catch {
            // The engine knows the policy alone, and calls it `$`.
            throw error.field.map { error.told(of: $0.replacing("$", with: "offer", maxReplacements: 1)) }
                ?? error
        }
    }
}

extension Exchange {
    /// What an offer says of a field it must say of one that is there: of another it would say nothing.
    private static func requireKnown(_ named: Set<String>, _ fields: [Field]) throws(ClientFault) {
        guard let stranger = named.sorted().first(where: { id in !fields.contains { $0.id == id } }) else {
            return
        }
        let meant = fields.first { $0.name == stranger }
        throw ClientFault(
            .badInput, "offer_field_unknown", "the offer names a field that the dataset does not have",
            field: "$", found: stranger, expected: "ids of fields of the dataset",
            remedy: meant.map { "name it by its id, `\($0.id)`" } ?? "correct it, or leave it out")
    }
}

extension Exchange.DatasetDescription {
    static let maximumFields = 1024

    func check() throws(ClientFault) {
        guard (1...500).contains(title.unicodeScalars.count) else {
            throw ClientFault(
                .badInput, "bad_title", "a title is too short or too long", field: "title", found: title,
                expected: "1 to 500 characters")
        }
        guard (1...Self.maximumFields).contains(fields.count) else {
            throw ClientFault(
                .badInput, "bad_field_count", "a dataset has too few or too many fields", field: "fields",
                found: String(fields.count), expected: "1 to \(Self.maximumFields)")
        }
        try checkUnique(fields.map(\.name), "name")
        try checkUnique(fields.map(\.id), "id")
        guard nullValues.count <= 100, nullValues.allSatisfy({ $0.utf8.count <= 100 }) else {
            throw ClientFault(
                .badInput, "bad_null_values", "too many null markers, or one too long", field: "null_values",
                expected: "at most 100 of at most 100 bytes")
        }
        if case .column(let name) = ownerRule, !fields.contains(where: { $0.name == name }) {
            throw ClientFault(
                .badInput, "owner_column_unknown", "the owner column is not a field",
                field: "owner_rule.column",
                found: name, expected: "the name of one of the fields")
        }
        try checkTimeColumn()
    }

    private func checkTimeColumn() throws(ClientFault) {
        guard let timeColumn else { return }
        guard let field = fields.first(where: { $0.name == timeColumn }),
            [.date, .datetime].contains(field.type)
        else {
            throw ClientFault(
                .badInput, "bad_time_column", "the time column is no field that holds a time",
                field: "time_column", found: timeColumn,
                expected: "the name of a field of type date or datetime")
        }
        guard ownerRule != .open else {
            throw ClientFault(
                .badInput, "bad_time_column", "an open dataset is read without agreements, whole",
                field: "time_column", found: timeColumn, remedy: "leave it out")
        }
    }

    private func checkUnique(_ texts: [String], _ member: String) throws(ClientFault) {
        var seen: Set<String> = []
        for (index, text) in texts.enumerated() {
            guard (1...256).contains(text.utf8.count), !text.unicodeScalars.contains(where: { $0.value < 32 })
            else {
                throw ClientFault(
                    .badInput, "bad_field_\(member)", "a field has a bad \(member)",
                    field: "fields[\(index)].\(member)", found: text,
                    expected: "1 to 256 bytes without control characters")
            }
            guard seen.insert(text).inserted else {
                throw ClientFault(
                    .badInput, "field_twice", "two fields have one \(member)",
                    field: "fields[\(index)].\(member)",
                    found: text)
            }
        }
    }
}

extension OwnerRule {
    /// How entries and messages name the rule: `column`, `single`, `open`.
    public var kind: String {
        switch self {
        case .column: "column"
        case .single: "single"
        case .open: "open"
        }
    }
}
