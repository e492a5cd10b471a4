import ArgumentParser

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Verify, search, export and maintain the audit log.",
        subcommands: [
            LogVkeyCommand.self, LogVerifyCommand.self, LogProofCommand.self, LogEntryCommand.self,
            LogSearchCommand.self, LogExportCommand.self, LogReindexCommand.self,
            LogFsckCommand.self, LogPruneCommand.self, LogSucceedCommand.self,
        ])
}
