import ArgumentParser
import Model

@main
struct Sluis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluis",
        abstract:
            "Datasets move between organisations, and every row only while its owner allows it.",
        version: Release.version,
        subcommands: [
            InitCommand.self, ServeCommand.self, DemoCommand.self, OrgCommand.self, PersonCommand.self,
            EraseCommand.self, EvidenceCommand.self,
            DatasetCommand.self, RequestCommand.self, RequestsCommand.self, AgreeCommand.self,
            RefuseCommand.self,
            GrantCommand.self, WithdrawCommand.self, DeclineCommand.self, RevokeCommand.self,
            AgreementCommand.self, TokenCommand.self, ReadCommand.self, KeysCommand.self,
            LogCommand.self, PolicyCommand.self, JoseCommand.self,
        ])

    static func main() async {
        do {
            try await run(try parseAsRoot())
        } catch {
            ExitCodes.exit(error)
        }
    }

    private static func run(_ parsed: any ParsableCommand) async throws {
        if var command = parsed as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = parsed
            try command.run()
        }
    }
}
