import ArgumentParser

struct OrgCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "org", abstract: "Manage organisations.",
        subcommands: [
            OrgAddCommand.self, OrgListCommand.self, OrgShowCommand.self, OrgApproveCommand.self,
            OrgRefuseCommand.self, OrgSuspendCommand.self, OrgResumeCommand.self, OrgCredentialCommand.self,
        ])
}
