import ArgumentParser
import Model

struct RefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Say no to a request, as the dataset's provider.")

    @Argument(help: "The request.", transform: ArgumentReader.request) var request: RequestID

    @Option(help: "What the consumer is told.", transform: ArgumentReader.text) var reason: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .post, "/api/v1/requests/\(request)/refuse", body: .json(["reason": .string(reason)]))
        let entry = try answer.members("entry")
        try hub.output.answer(
            ["agreement": nil, "entry": entry["entry"] ?? .null], "refused (\(entry.entryText))")
    }
}
