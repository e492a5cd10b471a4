import ArgumentParser
import Model

struct OrgShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an organisation and what it proves itself with, as itself or the hub's operator.")

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let json = try await hub.client().call(.get, "/api/v1/organisations/\(id)")
            .members("id", "name", "roles", "state", "reason", "credentials")
        try hub.output.answer(json, Self.text(json))
    }

    static func text(_ json: JSON) -> String {
        let reason = json["reason"]?.string.map { ": \($0)" } ?? ""
        let head =
            "\(json["id"]?.plainText ?? "") (\(json["name"]?.plainText ?? "")):"
            + " \(json["roles"]?.plainText ?? ""), \(json["state"]?.plainText ?? "")\(reason)"
        let names = ["type", "thumbprint", "kid", "not_after"]
        let rows = (json["credentials"]?.array ?? []).map { item in
            names.map { item[$0]?.plainText ?? "" }
        }
        guard !rows.isEmpty else { return head + "\nno credentials" }
        return head + "\n" + TextTable(columns: names, rows: rows).text
    }
}
