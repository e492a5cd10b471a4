import ArgumentParser
import DataPlane
import Model

struct DatasetPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish a CSV or NDJSON file as a dataset or its next version, as a provider.",
        discussion: """
            The end of the file's name says what it holds: .ndjson or .jsonl one JSON object a line, \
            any other CSV; with .gz or .zst behind that it is packed, and sent as it is. The whole file is \
            checked here before anything is sent. Without --schema the types of its columns are inferred \
            (string when in doubt); the fields of NDJSON are then those of its first object.
            """)

    @Argument(help: "The dataset, new or yours: \(Slug.expectation).", transform: ArgumentReader.slug) var id:
        Slug

    @Option(help: ArgumentHelp("The rows, CSV or NDJSON in UTF-8.", valueName: "file")) var file: String

    @Option(help: "The dataset's title.", transform: ArgumentReader.text) var title: String

    @Option(
        help: ArgumentHelp("The column with the owner key of each row.", valueName: "column"),
        transform: ArgumentReader.text)
    var ownerColumn: String?

    @Option(
        help: ArgumentHelp(
            "The column with the time of each row, a date or datetime: agreements may be on a span of it.",
            valueName: "column"),
        transform: ArgumentReader.text)
    var timeColumn: String?

    @Option(help: "The one owner of all rows.", transform: ArgumentReader.owner) var owner: Owner?

    @Flag(
        help: "The rows have no owner and anyone may read them: you confirm that they hold no personal data.")
    var open = false

    @Option(
        name: .customLong("null"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Texts of CSV cells that mean no value, besides the empty cell.", valueName: "text"))
    var nulls: [String] = []

    @Option(help: ArgumentHelp("The fields: [{\"name\",\"type\",\"id\"?,\"required\"?}].", valueName: "json"))
    var schema: String?

    @Option(help: ArgumentHelp("The terms, an ODRL Offer (default: by agreement).", valueName: "json"))
    var offer: String?

    @Option(help: "What to do with bad lines: refuse the file, or quarantine them.") var badLines = BadLines
        .refuse

    @OptionGroup var hub: HubOptions

    enum BadLines: String, ExpressibleByArgument, CaseIterable { case refuse, quarantine }

    func validate() throws {
        guard [ownerColumn != nil, owner != nil, open].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --owner-column, --owner and --open")
        }
        guard nulls.count <= 99, nulls.allSatisfy({ $0.utf8.count <= 100 }) else {
            throw ValidationError("--null takes at most 99 texts of at most 100 bytes")
        }
    }

    func run() async throws {
        let client = try hub.client()
        let publication = try publication()
        if open {
            StandardError.write("You confirm that `\(file)` holds no personal data: anyone may read it.\n")
        }
        let answer = try await publication.send(by: client)
        try hub.output.answer(answer, Self.text(answer))
    }

    /// Read and checked, nothing sent.
    func publication() throws -> Publication {
        let rule = ownerRule
        let markers = [""] + nulls.filter { !$0.isEmpty }
        let fields = try schema.map { try FieldList.read(InputFile.json($0, option: "--schema"), file: $0) }
        let offer = try offer.map { path in
            let json = try InputFile.json(path, option: "--offer")
            guard json.object != nil else {
                throw ClientFault(.badInput, "bad_offer", "`\(path)` is not a JSON object", field: "--offer")
            }
            return json
        }
        let policy = badLines.policy
        let kind = FileKind(path: file)
        let shape = IngestShape(
            ownerRule: OwnerRuleShape(rule), nullValues: markers, fields: fields, badLines: policy,
            format: kind.format, coding: kind.coding)
        let checked = try FileCheck.run(file, shape: shape)
        return Publication(
            id: id, title: title, file: file, kind: kind, ownerRule: rule, timeColumn: timeColumn,
            nullValues: markers, fields: checked.fields, offer: offer, badLines: policy)
    }

    private var ownerRule: OwnerRule {
        if let ownerColumn { return .column(ownerColumn) }
        return owner.map { .single($0) } ?? .open
    }

    static func text(_ answer: JSON) -> String {
        func number(_ name: String) -> Int64 { answer[name]?.integer ?? 0 }
        let fields = answer["fields"]?.array ?? []
        let table = TextTable(
            columns: ["field", "type"],
            rows: fields.map { [$0["name"]?.string ?? "", $0["type"]?.string ?? ""] })
        let bad = answer["bad_line_count"]?.integer.map { Int($0) } ?? answer["bad_lines"]?.array?.count ?? 0
        let lines = BadLineText.lines(
            answer["bad_lines"]?.array ?? [], count: bad, atMost: HubProblem.shownBadLines)
        return """
            published version \(number("version")) of \(answer["dataset"]?.string ?? "") (\(answer.entryText))
            \(number("rows")) rows of \(number("owners")) owners; \(number("ownerless_rows")) rows of nobody
            \(table.text)
            """ + lines.map { "\n" + $0 }.joined()
    }
}
