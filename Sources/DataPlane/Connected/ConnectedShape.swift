public import Model

/// What the provider of a connected dataset said about it when he published it.
public struct ConnectedShape: Hashable, Sendable {
    /// What a read may ask for. The upstream may have other columns: they are passed by.
    public var fields: [Field]
    public var ownerRule: OwnerRuleShape
    /// Texts of unquoted CSV cells that mean "no value"; in NDJSON null alone does.
    public var nullValues: [String]
    /// Of the upstream.
    public var format: FileFormat

    public init(
        fields: [Field], ownerRule: OwnerRuleShape, nullValues: [String] = [""], format: FileFormat = .csv
    ) {
        self.fields = fields
        self.ownerRule = ownerRule
        self.nullValues = nullValues
        self.format = format
    }

    /// The position of the field that holds the owner key.
    /// - Throws: `ClientFault` if there is no such field.
    func ownerField() throws(ClientFault) -> Int? {
        guard case .column(let name) = ownerRule else { return nil }
        guard let position = fields.firstIndex(where: { $0.name == name }) else {
            throw ClientFault(
                .unprocessable, "missing_owner_column", "the dataset has no owner column `\(name)`",
                field: name, remedy: "name a field of the dataset")
        }
        return position
    }
}
