import ArgumentParser
import Model

struct TokenShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a token opens, and whether it still does, as its client or the provider.")

    @Option(
        help: ArgumentHelp(
            "A file with what `sluis token` printed, or the bare token; - for standard input.",
            valueName: "file"))
    var token: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let bare = try ReadCommand.bearer(try InputFile.text(token, option: "--token"))
        let json = try await hub.client().call(.post, "/oauth/introspect", body: .form(["token": bare])).json
        try hub.output.answer(json, Self.text(json))
        if json["active"]?.bool != true { throw ExitCode(1) }
    }

    static func text(_ json: JSON) -> String {
        guard json["active"]?.bool == true else { return "the token is not active" }
        let details = json["authorization_details"]?.array?.first
        let names = ["identifier", "agreement", "purpose", "fields", "act_for"]
        let lines = names.compactMap { name in
            details?[name].map { "\(name): \($0.plainText)" }
        }
        let end = json["exp"]?.integer.map { Instant(milliseconds: $0 * 1000).description } ?? ""
        return (["active until \(end), for \(json["client_id"]?.plainText ?? "")"] + lines)
            .joined(separator: "\n")
    }
}
