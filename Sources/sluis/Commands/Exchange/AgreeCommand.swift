import ArgumentParser
import Model

struct AgreeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agree", abstract: "Say yes to a request, as the dataset's provider.")

    @Argument(help: "The request.", transform: ArgumentReader.request) var request: RequestID

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(.post, "/api/v1/requests/\(request)/agree")
        let json = try answer.members("agreement", "entry")
        try hub.output.answer(json, "agreement \(json["agreement"]?.string ?? "") (\(json.entryText))")
    }
}
