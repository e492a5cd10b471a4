import ArgumentParser

struct DatasetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Publish datasets, say whose rows they hold, look after them.",
        subcommands: [
            DatasetPublishCommand.self, DatasetConnectCommand.self, DatasetAppendCommand.self,
            DatasetDeleteOwnerCommand.self, DatasetFieldsCommand.self, DatasetLinkCommand.self,
            DatasetInspectCommand.self, DatasetVerifyCommand.self,
        ])
}
