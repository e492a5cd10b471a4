public import Model

/// The fields that a dataset has from its next version on.
public struct FieldChange: Hashable, Sendable {
    public var fields: [Field]
    /// The agreements that may lose fields by it, as the provider has said.
    public var breaks: [AgreementID]

    public init(fields: [Field], breaks: [AgreementID]) {
        self.fields = fields
        self.breaks = breaks
    }
}

/// What a field of a dataset was called.
public struct FormerField: Hashable, Sendable {
    public var id: String
    public var name: String

    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

extension RegistryReader {
    /// The change that waits for the next version of `dataset`; nil if there is none.
    public func fieldChange(of dataset: Slug) throws -> FieldChange? {
        try first(
            "SELECT field_change FROM datasets WHERE id = ? AND field_change IS NOT NULL",
            [SQLValue(dataset)]
        ) { try $0.decoded(0, FieldChange(stored: $0.json(0))) }
    }

    /// The fields that `dataset` no longer has, and the names that others of it no longer have.
    public func formerFields(of dataset: Slug) throws -> Set<FormerField> {
        Set(
            try all("SELECT id, name FROM former_fields WHERE dataset = ?", [SQLValue(dataset)]) {
                FormerField(id: try $0.text(0), name: try $0.text(1))
            })
    }
}

extension RegistryWriter {
    /// Says what fields the next version has; nil for those of this one.
    /// - Throws: `ClientFault` `unknown_dataset`, `duplicate_field`.
    public func setFieldChange(_ change: FieldChange?, of dataset: Slug) throws {
        try whole {
            if let change { try checkDistinct(change.fields) }
            let changed = try execute(
                "UPDATE datasets SET field_change = ? WHERE id = ?",
                [change.map { SQLValue($0.stored) } ?? .null, SQLValue(dataset)])
            guard changed == 1 else { throw ClientFault.unknown("dataset", dataset.text) }
        }
    }

    /// Puts the change that waits into effect. What is asked for, agreed and granted keeps its fields by
    /// their ids; those that are gone are gone from it, too.
    /// - Throws: `ClientFault` `unknown_dataset`.
    public func applyFieldChange(of dataset: Slug) throws {
        try whole {
            guard let change = try fieldChange(of: dataset) else { return }
            for field in try fields(of: dataset)
            where !change.fields.contains(where: { $0.id == field.id && $0.name == field.name }) {
                // It may have been called so before.
                try execute(
                    "INSERT OR IGNORE INTO former_fields (dataset, id, name) VALUES (?, ?, ?)",
                    [SQLValue(dataset), .text(field.id), .text(field.name)])
            }
            try execute("DELETE FROM dataset_fields WHERE dataset = ?", [SQLValue(dataset)])
            for (position, field) in change.fields.enumerated() {
                try insert(field, at: position, in: dataset)
            }
            fieldNames[dataset] = nil
            try setFieldChange(nil, of: dataset)
        }
    }
}

extension FieldChange {
    fileprivate var stored: JSON {
        [
            "breaks": JSON(breaks.map(\.description)),
            "fields": .array(
                fields.map {
                    [
                        "id": .string($0.id), "name": .string($0.name), "type": .string($0.type.rawValue),
                        "required": .bool($0.isRequired),
                    ]
                }),
        ]
    }

    fileprivate init?(stored: JSON) {
        guard let names = stored["breaks"]?.texts, let elements = stored["fields"]?.array else { return nil }
        let breaks = names.compactMap { AgreementID($0) }
        let fields = elements.compactMap { element -> Field? in
            guard let id = element["id"]?.string, let name = element["name"]?.string,
                let type = element["type"]?.string.flatMap({ FieldType(rawValue: $0) }),
                let isRequired = element["required"]?.bool
            else { return nil }
            return Field(id: id, name: name, type: type, isRequired: isRequired)
        }
        guard breaks.count == names.count, fields.count == elements.count else { return nil }
        self.init(fields: fields, breaks: breaks)
    }
}
