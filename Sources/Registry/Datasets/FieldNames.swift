internal import Model

/// The fields of one dataset by id and by name.
///
/// Requests, agreements and grants say names and store ids. A stored id that the dataset no longer has gives
/// no name: its column is gone, and what took its name since was never granted.
struct FieldNames {
    private let names: [String: String]
    private let ids: [String: String]

    init(_ fields: [Field]) {
        names = Dictionary(fields.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        ids = Dictionary(fields.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    /// The ids of fields by name, as they are stored.
    /// - Throws: `ClientFault` `unknown_field`.
    func stored(_ fields: [String]) throws(ClientFault) -> SQLValue {
        var stored: [String] = []
        for field in fields {
            guard let id = ids[field] else {
                throw ClientFault(
                    .badInput, "unknown_field", "the dataset has no field `\(field)`", field: "fields",
                    found: field)
            }
            stored.append(id)
        }
        return SQLValue(JSON(stored))
    }

    /// The names of fields by stored id, in the stored order.
    func names(of ids: [String]) -> [String] { ids.compactMap { names[$0] } }
}

extension RegistryReader {
    /// Once a transaction sees the fields of a dataset it sees them unchanged, so it looks them up once.
    func fieldNames(of dataset: Slug) throws -> FieldNames {
        if let known = fieldNames[dataset] { return known }
        let fields = try fields(of: dataset)
        let found = FieldNames(fields)
        if !fields.isEmpty { fieldNames[dataset] = found }
        return found
    }

    /// - Throws: `ClientFault` `unknown_agreement`.
    func fieldNames(of agreement: AgreementID) throws -> FieldNames {
        if let dataset = agreementDatasets[agreement] { return try fieldNames(of: dataset) }
        let dataset = try first("SELECT dataset FROM agreements WHERE id = ?", [SQLValue(agreement)]) {
            try $0.slug(0)
        }
        guard let dataset else { throw ClientFault.unknown("agreement", agreement.description) }
        agreementDatasets[agreement] = dataset
        return try fieldNames(of: dataset)
    }
}
