import ArgumentParser

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Verify the audit log and take proofs from it.",
        subcommands: [
            LogVkeyCommand.self, LogVerifyCommand.self, LogProofCommand.self, LogEntryCommand.self,
            LogSearchCommand.self, LogExportCommand.self, LogReindexCommand.self,
            LogFsckCommand.self,
        ])
}
