import ArgumentParser
import Model
import NIOHTTP1

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a token back, at once, as its client or its consumer.",
        discussion: "Streams under it end. A token that is not good any more needs no revoking.")

    @Option(
        help: ArgumentHelp(
            "A file with what `sluis token` printed, or the bare token; - for standard input.",
            valueName: "file"))
    var token: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let bare = try ReadCommand.bearer(try InputFile.text(token, option: "--token"))
        let answer = try await hub.client().call(.post, "/oauth/revoke", body: .form(["token": bare]))
        let entry = answer.headers.first(name: "Sluis-Entry").flatMap { Int64($0) }
        let json: JSON = ["revoked": true, "entry": entry.map { .integer($0) } ?? .null]
        try hub.output.answer(json, "the token opens nothing\(entry.map { " (entry \($0))" } ?? "")")
    }
}
