import ArgumentParser
import Model
import PolicyEngine

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Ask for access to a dataset, as a consumer.")

    @Option(help: "The dataset.", transform: ArgumentReader.slug) var dataset: Slug

    @Option(
        help: ArgumentHelp("What the data are for, normally of W3C DPV.", valueName: "iri"),
        transform: ArgumentReader.purpose)
    var purpose: Purpose

    @Option(help: "Why it is lawful, such as consent or permission.", transform: ArgumentReader.legalBasis)
    var legalBasis: LegalBasis

    @Option(
        help: ArgumentHelp("The fields, in the order wanted.", valueName: "a,b"),
        transform: ArgumentReader.names)
    var fields: [String]

    @Option(
        help: ArgumentHelp("When the agreement is to end.", valueName: "time"), transform: ArgumentReader.time
    )
    var until: Instant?

    @Option(
        help: ArgumentHelp("Only rows of this time or later, by the time column.", valueName: "time"),
        transform: ArgumentReader.time)
    var dataFrom: Instant?

    @Option(
        help: ArgumentHelp("Only rows of before this time.", valueName: "time"),
        transform: ArgumentReader.time)
    var dataTo: Instant?

    @Option(
        help: ArgumentHelp("How long what was read is kept, such as P90D.", valueName: "duration"),
        transform: ArgumentReader.retention)
    var retention: RetentionPeriod?

    @Option(
        help: ArgumentHelp(
            "What owners are told: a JSON object of texts by language, or an English text.", valueName: "file"
        ))
    var notice: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let body = try body()
        let answer = try await hub.client().call(.post, "/api/v1/requests", body: .json(body))
        let json = try answer.members("request", "state")
        try hub.output.answer(
            json, "request \(json["request"]?.string ?? "") is \(json["state"]?.string ?? "")")
    }

    func body() throws -> JSON {
        var members: [String: JSON] = [
            "dataset": .string(dataset.text), "purpose": .string(purpose.iri),
            "legal_basis": .string(legalBasis.rawValue), "fields": JSON(fields),
        ]
        if let until { members["valid_until"] = JSON(until) }
        if let span = DataSpan(from: dataFrom, to: dataTo) { members["data_span"] = span.json }
        if let retention { members["retention"] = .string(retention.text) }
        if let notice { members["notice"] = try Self.notice(notice) }
        return .object(members)
    }

    /// A file that begins like a JSON object must be one.
    static func notice(_ path: String) throws -> JSON {
        let text = try InputFile.text(path, option: "--notice")
        guard text.first(where: { !$0.isWhitespace }) == "{" else {
            return ["en": .string(text.hasSuffix("\n") ? String(text.dropLast()) : text)]
        }
        let json = try InputFile.json(path, option: "--notice")
        guard let texts = json.object, texts.values.allSatisfy({ $0.string != nil }) else {
            throw ClientFault(
                .badInput, "bad_notice", "`\(path)` is not an object of texts by language", field: "--notice",
                expected: "{\"en\":TEXT, \"nl\":TEXT}")
        }
        return json
    }
}
