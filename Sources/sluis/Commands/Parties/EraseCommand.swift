import ArgumentParser
import Model

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Forget a person: grants, links, name, certificates, salts.",
        discussion: """
            Running downloads lose his rows at once. Providers can fetch what they must still be able to prove
            for thirty days (`sluis evidence`). All proofs of the log still verify afterwards.
            """)

    @Argument(help: ArgumentHelp("The person's identifier.", valueName: "person")) var person: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .post, "/api/v1/persons/\(PercentEncoder.encode(person))/erase")
        let json = try answer.json
        var lines = [
            "person \(person) is erased (entry \(json["entry"]?.integer.map(String.init) ?? "follows"))"
        ]
        for item in json["evidence"]?.array ?? [] {
            let (provider, grant) = (item["provider"]?.string ?? "", item["grant"]?.string ?? "")
            lines.append(
                "\(provider) keeps \(item["what"]?.string ?? "") \(grant): \(item["why"]?.string ?? ""),"
                    + " ready until \(item["kept_until"]?.string ?? "")")
        }
        try hub.output.answer(json, lines.joined(separator: "\n"))
    }
}
