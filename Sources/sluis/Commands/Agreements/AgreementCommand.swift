import ArgumentParser

struct AgreementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement", abstract: "Agreements, as a party.",
        subcommands: [
            AgreementShowCommand.self, AgreementEndCommand.self, AgreementProcessorsCommand.self,
        ])
}
