import ArgumentParser
import Model

struct DeclineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decline", abstract: "Say no to a grant that you are asked for, as the owner.")

    @Argument(help: "The grant.", transform: ArgumentReader.grant) var grant: GrantID

    @OptionGroup var hub: HubOptions

    func run() async throws { try await GrantEnding.refuse.end(grant, hub) }
}
