import ArgumentParser
import Model

struct OrgListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the organisations, as the hub's operator.")

    enum State: String, ExpressibleByArgument, CaseIterable { case pending, active, suspended }

    @Option(help: "Only those in this state: pending, active or suspended.") var state: State?

    @Option(help: ArgumentHelp("At most so many, up to 1000.", valueName: "n")) var limit = 100

    @Option(help: "Where an earlier list ended (see --json).") var cursor: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let parameters = [("state", state?.rawValue), ("limit", String(limit)), ("cursor", cursor)]
        let query = parameters.compactMap { name, value in
            value.map { "\(name)=\(PercentEncoder.encode($0))" }
        }
        let json = try await hub.client().call(
            .get, "/api/v1/organisations?" + query.joined(separator: "&")
        ).members("items", "next")
        try hub.output.answer(json, Self.text(json))
    }

    static func text(_ json: JSON) -> String {
        let names = ["id", "name", "roles", "state", "reason"]
        let rows = (json["items"]?.array ?? []).map { item in names.map { item[$0]?.plainText ?? "" } }
        guard !rows.isEmpty else { return "no organisation" }
        let more = json["next"]?.string.map { "\nthere are more: --cursor \($0)" } ?? ""
        return TextTable(columns: names, rows: rows).text + more
    }
}
