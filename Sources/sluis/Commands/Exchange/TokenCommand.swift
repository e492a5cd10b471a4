import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens, as a consumer or a processor.",
        subcommands: [TokenTakeCommand.self, TokenShowCommand.self, TokenRevokeCommand.self],
        defaultSubcommand: TokenTakeCommand.self)
}
