import ArgumentParser

struct OrgCredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential", abstract: "Certificates and keys of an organisation.",
        subcommands: [OrgCredentialAddCommand.self, OrgCredentialRemoveCommand.self])
}
