import ArgumentParser
import Model

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Stop your rows from flowing, at once, as their owner.")

    @Argument(help: "The grant.", transform: ArgumentReader.grant) var grant: GrantID

    @OptionGroup var hub: HubOptions

    func run() async throws { try await GrantEnding.withdraw.end(grant, hub) }
}
