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

    @OptionGroup var terms: DatasetTerms

    @Option(
        help: ArgumentHelp(
            "The column with the time of each row, a date or datetime: agreements may be on a span of it.",
            valueName: "column"),
        transform: ArgumentReader.text)
    var timeColumn: String?

    @Option(help: "What to do with bad lines: refuse the file, or quarantine them.") var badLines = BadLines
        .refuse

    @Flag(
        help:
            "Go on with the upload of this file that broke off, in 15 minutes and the same run of the hub."
    )
    var resume = false

    @OptionGroup var hub: HubOptions

    enum BadLines: String, ExpressibleByArgument, CaseIterable { case refuse, quarantine }

    func run() async throws {
        let client = try hub.client()
        let publication = try publication()
        if terms.open {
            StandardError.write("You confirm that `\(file)` holds no personal data: anyone may read it.\n")
        }
        let answer = try await publication.send(by: client)
        try hub.output.answer(answer, Self.text(answer))
    }

    /// Read and checked, nothing sent.
    func publication() throws -> Publication {
        let fields = try terms.fields()
        let offer = try terms.offerJSON()
        let kind = FileKind(path: file)
        let shape = IngestShape(
            ownerRule: OwnerRuleShape(terms.ownerRule), nullValues: terms.nullValues, fields: fields,
            badLines: badLines.policy, format: kind.format, coding: kind.coding)
        let checked = try FileCheck.run(file, shape: shape)
        return Publication(
            draft: try terms.draft(id, fields: checked.fields, timeColumn: timeColumn, offer: offer),
            file: file,
            kind: kind, badLines: badLines.policy, resumes: resume)
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
