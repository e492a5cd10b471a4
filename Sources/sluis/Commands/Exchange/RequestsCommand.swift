import ArgumentParser
import Model

struct RequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "List the requests that concern you.",
        discussion:
            "An owner sees each agreement over his rows, with the grant that he can give or withdraw."
    )

    @Option(help: "Whose requests: of an owner, a provider or a consumer.") var role: Role

    @OptionGroup var hub: HubOptions

    enum Role: String, ExpressibleByArgument, CaseIterable { case owner, provider, consumer }

    func run() async throws {
        let items = try await items(client: hub.client())
        try hub.output.answer(["items": .array(items), "next": nil], Self.text(items))
    }

    /// All pages.
    private func items(client: HubClient) async throws -> [JSON] {
        var items: [JSON] = []
        var cursor = ""
        repeat {
            let query = "role=\(role.rawValue)&limit=1000" + (cursor.isEmpty ? "" : "&cursor=\(cursor)")
            let page = try await client.call(.get, "/api/v1/requests?\(query)").members("items", "next")
            items += page["items"]?.array ?? []
            cursor = PercentEncoder.encode(page["next"]?.string ?? "")
        } while !cursor.isEmpty
        return items
    }

    static func text(_ items: [JSON]) -> String {
        guard !items.isEmpty else { return "no requests" }
        let names = [
            "request", "agreement", "grant", "dataset", "consumer", "purpose", "fields", "owner_keys",
            "state",
        ]
        return TextTable(columns: names, rows: items.map { item in names.map { item[$0]?.plainText ?? "" } })
            .text
    }
}
