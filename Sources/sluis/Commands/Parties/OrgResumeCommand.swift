import ArgumentParser
import Model

struct OrgResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a suspended organisation take part again, as the hub's operator.",
        discussion: """
            Agreements and grants are as they were, but for what was ended meanwhile.
            """)

    @Argument(help: "The organisation.", transform: ArgumentReader.slug) var id: Slug

    @Option(help: "Why: kept at the hub, for the operator and the organisation.") var reason: String?

    @OptionGroup var hub: HubOptions

    func run() async throws { try await OrganisationChange.resume.make(of: id, reason: reason, hub) }
}
