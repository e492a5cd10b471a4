import ArgumentParser
import Model

struct OrgSuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Stop all that an organisation reads and provides, at once, as the hub's operator.",
        discussion: """
            Its streams end, its tokens and certificates let nobody in. What it owns it may still withdraw.
            """)

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @Option(help: "Why: kept at the hub, for the operator and the organisation.") var reason: String?

    @OptionGroup var hub: HubOptions

    func run() async throws { try await OrganisationChange.suspend.make(of: id, reason: reason, hub) }
}
