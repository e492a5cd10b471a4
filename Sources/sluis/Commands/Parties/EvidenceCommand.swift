import ArgumentParser
import Model

struct EvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "What a provider must be able to prove of persons who were erased.",
        discussion: """
            Without a grant: what lies ready, and until when. With one: its file on standard output, which \
            `sluis-verify --receipt` checks; --remove then takes it off the hub.
            """)

    @Argument(help: "The grant.") var grant: String?

    @Flag(help: "Remove it from the hub instead of printing it.") var remove = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard !remove || grant != nil else { throw ValidationError("--remove needs a grant") }
    }

    func run() async throws {
        let client = try hub.client()
        guard let grant else {
            let json = try await client.call(.get, "/api/v1/evidence").members("items")
            return try hub.output.answer(json, Self.text(json))
        }
        let path = "/api/v1/evidence/\(PercentEncoder.encode(grant))"
        guard remove else {
            let file = try await client.call(.get, path).bytes
            return try StandardOutput.write(String(decoding: file, as: UTF8.self))
        }
        let json = try await client.call(.delete, path).members("grant", "removed")
        try hub.output.answer(json, "the evidence of grant \(grant) is removed")
    }

    static func text(_ json: JSON) -> String {
        let items = json["items"]?.array ?? []
        guard !items.isEmpty else { return "nothing lies ready" }
        let names = ["grant", "dataset", "made_at", "kept_until"]
        return TextTable(
            columns: names, rows: items.map { item in names.map { item[$0]?.plainText ?? "" } }
        ).text
    }
}
