import ArgumentParser
import Model

struct OrgRefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "Let an organisation not take part that asked to, as the hub's operator.",
        discussion: """
            Its name is free again.
            """)

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @OptionGroup var hub: HubOptions

    func run() async throws { try await OrganisationChange.refuse.make(of: id, reason: nil, hub) }
}
