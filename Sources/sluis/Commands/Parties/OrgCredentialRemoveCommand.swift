import ArgumentParser
import Model

struct OrgCredentialRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Let nobody come in with a certificate or key of an organisation any more, at once.",
        discussion: """
            As the organisation itself, or the hub's operator. Tokens that were taken with it are over, and \
            streams under them end. `sluis org show` lists the thumbprints.
            """)

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @Argument(help: "The thumbprint of the certificate or key.") var thumbprint: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .delete, "/api/v1/organisations/\(id)/credentials/\(PercentEncoder.encode(thumbprint))")
        let json = try answer.members("removed", "entry")
        try hub.output.answer(json, "the credential is removed (\(json.entryText))")
    }
}
