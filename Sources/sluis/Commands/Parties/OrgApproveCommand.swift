import ArgumentParser
import Model

struct OrgApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let an organisation take part that asked to, as the hub's operator.",
        discussion: """
            From then on it comes in with the certificate or the keys that it registered with.
            """)

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @Option(help: "Why: kept at the hub, for the operator and the organisation.") var reason: String?

    @OptionGroup var hub: HubOptions

    func run() async throws { try await OrganisationChange.approve.make(of: id, reason: reason, hub) }
}
