import ArgumentParser

struct DatasetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Publish datasets and say whose rows they hold.",
        subcommands: [DatasetPublishCommand.self, DatasetLinkCommand.self])
}
