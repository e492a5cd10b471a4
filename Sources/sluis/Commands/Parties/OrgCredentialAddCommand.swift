import ArgumentParser
import Model

struct OrgCredentialAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Let an organisation come in with another certificate or more keys too.",
        discussion: "As the organisation itself, or the hub's operator. What it has already goes on to work.")

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @OptionGroup var proof: ProofOptions

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .post, "/api/v1/organisations/\(id)/credentials", body: .json(.object(try proof.members())))
        let json = try answer.members("id", "name", "roles", "state", "reason", "credentials")
        try hub.output.answer(json, OrgShowCommand.text(json))
    }
}
