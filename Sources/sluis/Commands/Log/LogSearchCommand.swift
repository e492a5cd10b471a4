import ArgumentParser
import Model

struct LogSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find entries of the log, each with its proof.",
        discussion: """
            A supervisor sees all entries, an organisation and its auditors those that name it, an owner those
            that name him. To look up somebody else with --owner is itself an entry, which that owner sees.
            """)

    @OptionGroup var filter: EntryFilter

    @Option(help: "How many at most.") var limit = 100

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let query = filter.query([("limit", String(limit))])
        let json = try await hub.client().call(.get, "/api/v1/log/entries?\(query)").members(
            "items", "next", "indexed_to")
        try hub.output.answer(json, Self.text(json))
    }

    static func text(_ json: JSON) -> String {
        let items = json["items"]?.array ?? []
        let rows = items.map { item -> [String] in
            let entry = item["entry"]
            return [
                item["index"]?.plainText ?? "", entry?["at"]?.plainText ?? "",
                entry?["type"]?.plainText ?? "",
                entry?["actor"]?["org"]?.plainText ?? "", entry?["dataset"]?.plainText ?? "",
                entry?["grant"]?.plainText ?? "", entry?["decision"]?.plainText ?? "",
            ]
        }
        let table = TextTable(
            columns: ["entry", "at", "type", "organisation", "dataset", "grant", "decision"], rows: rows
        ).text
        let reach = "the index reaches to entry \((json["indexed_to"]?.integer ?? 0) - 1)"
        return items.isEmpty ? "no entries; \(reach)" : table + "\n" + reach
    }
}
