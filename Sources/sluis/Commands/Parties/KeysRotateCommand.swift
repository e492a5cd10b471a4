import ArgumentParser
import Model

struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Have the hub sign tokens and agreements with a new key, as its operator.",
        discussion: """
            Tokens that the key of before signed stay good until their time, ten minutes at most. With \
            --revoke they are over at once, and streams under them end: for a key that may be stolen.
            """)

    @Flag(help: "End at once what the key of before signed.") var revoke = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(
            .post, "/api/v1/keys/rotate", body: .json(["revoke": .bool(revoke)]))
        let json = try answer.members("kid", "entry")
        try hub.output.answer(
            json, "the hub signs with key \(json["kid"]?.string ?? "") (\(json.entryText))")
    }
}
