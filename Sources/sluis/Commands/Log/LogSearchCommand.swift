import ArgumentParser
import Model

struct LogSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find entries of the log, each with its proof.",
        discussion: """
            A supervisor sees all entries, an organisation and its auditors those that name it, an owner those
            that name him. To look up somebody else with --owner is itself an entry, which that owner sees.
            """)

    @Option(help: "An organisation that the entries name.") var organisation: String?
    @Option(help: "A dataset.") var dataset: String?
    @Option(help: "An owner: an organisation or the identifier of a person.") var owner: String?
    @Option(help: ArgumentHelp("A purpose.", valueName: "iri")) var purpose: String?
    @Option(help: "permit or deny.") var decision: String?
    @Option(help: "A grant.") var grant: String?
    @Option(help: "A type of entries, such as grant.given.") var type: String?
    @Option(help: ArgumentHelp("At or after this time.", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("Before this time.", valueName: "time")) var to: String?
    @Option(help: "How many at most.") var limit = 100

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let wanted = [
            ("organisation", organisation), ("dataset", dataset), ("owner", owner), ("purpose", purpose),
            ("decision", decision), ("grant", grant), ("type", type), ("from", from), ("to", to),
            ("limit", String(limit)),
        ]
        let query = wanted.compactMap { name, value in value.map { "\(name)=\(PercentEncoder.encode($0))" } }
            .joined(separator: "&")
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
