import ArgumentParser

struct JoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jose", abstract: "Check signed tokens of others, without a hub.",
        subcommands: [JoseVerifyCommand.self])
}
