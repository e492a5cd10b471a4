import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The hub's own keys.", subcommands: [KeysRotateCommand.self])
}
