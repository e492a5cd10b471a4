import ArgumentParser

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Evaluate, compare, explain and check ODRL policies, without a hub.",
        subcommands: [
            PolicyEvaluateCommand.self, PolicyWhyNotCommand.self, PolicyCheckCommand.self,
            PolicyFormatCommand.self, PolicyConflictsCommand.self, PolicyTestCommand.self,
            PolicyExplainCommand.self,
            PolicyServeCommand.self,
        ])
}
