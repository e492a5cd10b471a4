import ArgumentParser
import Model

struct DatasetConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Publish a dataset whose rows stay with you, as a provider.",
        discussion: """
            The hub reads the URL anew for each reader and sends on what its owners granted: nothing is \
            kept. The operator must allow the URL's origin. Again with the same id it says where the rows \
            are from now on, or with which token they are read. Owner keys that passed to another owner \
            since are nobody's until you say that the rows there are new ones (--as-new).
            """)

    @Argument(help: "The dataset, new or yours: \(Slug.expectation).", transform: ArgumentReader.slug) var id:
        Slug

    @Option(
        help: ArgumentHelp("Where a GET answers with all rows, CSV or NDJSON in UTF-8.", valueName: "url"),
        transform: ArgumentReader.text)
    var url: String

    @OptionGroup var terms: DatasetTerms

    @Option(help: "How the rows are written there: csv or ndjson.") var format: RowFormat = .csv

    @Option(
        help: ArgumentHelp("A file with the bearer token that the hub shows there.", valueName: "file"))
    var bearer: String?

    @Flag(help: "The rows there are new ones: those of owner keys that passed on are their new owners'.")
    var asNew = false

    @OptionGroup var hub: HubOptions

    enum RowFormat: String, ExpressibleByArgument, CaseIterable { case csv, ndjson }

    func validate() throws {
        guard terms.schema != nil else {
            throw ValidationError("give --schema: nobody has looked at the rows yet")
        }
    }

    func run() async throws {
        let client = try hub.client()
        let offer = try terms.offerJSON()
        var body: [String: JSON] = ["url": .string(url), "format": .string(format.rawValue)]
        if asNew { body["as_new"] = true }
        if let bearer {
            let text = try InputFile.text(bearer, option: "--bearer")
            body["bearer"] = .string(String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }))
        }
        let draft = try terms.draft(id, fields: try terms.fields() ?? [], offer: offer)
        if terms.open {
            StandardError.write("You confirm that `\(url)` holds no personal data: anyone may read it.\n")
        }
        try await draft.add(by: client)
        let answer = try await client.call(
            .put, "/api/v1/datasets/\(id)/upstream", body: .json(.object(body)))
        _ = try answer.members("dataset", "version", "fields", "upstream", "entry")
        let json = try answer.json
        try hub.output.answer(
            json,
            "connected version \(json["version"]?.integer ?? 0) of \(id), read at \(url) (\(json.entryText))")
    }
}
