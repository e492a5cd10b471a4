import ArgumentParser
import Model

struct AgreementEndCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "End an agreement, at once and for ever, as its provider or consumer.",
        discussion: "Its streams end, and its tokens open nothing any more.")

    @Argument(help: "The agreement.", transform: ArgumentReader.agreement) var agreement: AgreementID

    @Option(help: "Why: kept at the hub, for both parties.") var reason: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .post, "/api/v1/agreements/\(agreement)/end",
            body: reason.map { HubBody.json(["reason": .string($0)]) })
        let json = try answer.members("agreement", "state", "ended_at", "entry")
        try hub.output.answer(json, "agreement \(agreement) has ended (\(json.entryText))")
    }
}
