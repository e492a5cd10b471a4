import ArgumentParser
import Model

struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End another's grant, as the dataset's provider or the hub's operator.")

    @Argument(help: "The grant.", transform: ArgumentReader.grant) var grant: GrantID

    @OptionGroup var hub: HubOptions

    func run() async throws { try await GrantEnding.revoke.end(grant, hub) }
}
