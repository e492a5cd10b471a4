import ArgumentParser
import Model

struct AgreementShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an agreement, as a party or a processor.")

    @Argument(help: "The agreement.", transform: ArgumentReader.agreement) var agreement: AgreementID

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(.get, "/api/v1/agreements/\(agreement)")
        _ = try answer.members("agreement", "dataset", "provider", "consumer", "state")
        let json = try answer.json
        try hub.output.answer(json, Self.text(json))
    }

    /// One line for each member that says something. The policy is for programs.
    static func text(_ json: JSON) -> String {
        let names = [
            "agreement", "state", "ended_at", "reason", "dataset", "provider", "consumer", "processors",
            "purpose", "legal_basis", "fields", "valid_until",
        ]
        return names.compactMap { name in
            let text = json[name]?.plainText ?? ""
            return text.isEmpty ? nil : "\(name): \(text)"
        }.joined(separator: "\n")
    }
}
