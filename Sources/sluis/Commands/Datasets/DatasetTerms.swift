import ArgumentParser
import Model

/// What a provider says of a dataset, wherever its rows are.
struct DatasetTerms: ParsableArguments {
    @Option(help: "The dataset's title.", transform: ArgumentReader.text) var title: String

    @Option(
        help: ArgumentHelp("The column with the owner key of each row.", valueName: "column"),
        transform: ArgumentReader.text)
    var ownerColumn: String?

    @Option(help: "The one owner of all rows.", transform: ArgumentReader.owner) var owner: Owner?

    @Flag(
        help: "The rows have no owner and anyone may read them: you confirm that they hold no personal data.")
    var open = false

    @Option(
        name: .customLong("null"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Texts of CSV cells that mean no value, besides the empty cell.", valueName: "text"))
    var nulls: [String] = []

    @Option(
        help: ArgumentHelp(
            "The fields: [{\"name\",\"type\",\"id\"?,\"required\"?}]; a dataset that is there gets these.",
            valueName: "json"))
    var schema: String?

    @OptionGroup var breaking: BreakingOptions

    @Option(help: ArgumentHelp("The terms, an ODRL Offer (default: by agreement).", valueName: "json"))
    var offer: String?

    func validate() throws {
        guard [ownerColumn != nil, owner != nil, open].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --owner-column, --owner and --open")
        }
        guard schema != nil || breaking.agreements.isEmpty else {
            throw ValidationError("--break is for fields that change: give --schema")
        }
        guard nulls.count <= 99, nulls.allSatisfy({ $0.utf8.count <= 100 }) else {
            throw ValidationError("--null takes at most 99 texts of at most 100 bytes")
        }
    }

    var ownerRule: OwnerRule {
        if let ownerColumn { return .column(ownerColumn) }
        return owner.map { .single($0) } ?? .open
    }

    var nullValues: [String] { [""] + nulls.filter { !$0.isEmpty } }

    /// Nil without a schema.
    func fields() throws -> [Field]? {
        try schema.map { try FieldList.read(InputFile.json($0, option: "--schema"), file: $0) }
    }

    /// Nil for the shipped template.
    func offerJSON() throws -> JSON? {
        try offer.map { path in
            let json = try InputFile.json(path, option: "--offer")
            guard json.object != nil else {
                throw ClientFault(.badInput, "bad_offer", "`\(path)` is not a JSON object", field: "--offer")
            }
            return json
        }
    }

    func draft(
        _ id: Slug, fields: [Field], timeColumn: String? = nil, offer: JSON?
    ) throws -> DatasetDraft {
        DatasetDraft(
            id: id, title: title, ownerRule: ownerRule, timeColumn: timeColumn, nullValues: nullValues,
            fields: fields, offer: offer, change: try schema.map { try FieldRequest($0, breaking: breaking) })
    }
}
