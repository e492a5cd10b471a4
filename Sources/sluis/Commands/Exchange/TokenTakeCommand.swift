import ArgumentParser
import Model

struct TokenTakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take", abstract: "Take an access token for an agreement, as its consumer.",
        discussion:
            "It prints the OAuth token response, which `sluis read --token` takes. The token only works with "
            + "the certificate of the profile that took it.")

    @Option(help: "The agreement.", transform: ArgumentReader.agreement) var agreement: AgreementID

    @Option(help: ArgumentHelp("Only these fields.", valueName: "a,b"), transform: ArgumentReader.names)
    var fields: [String]?

    @Option(
        help: ArgumentHelp(
            "The consumer for whom you read, as one of its processors.", valueName: "organisation"),
        transform: ArgumentReader.slug)
    var actFor: Slug?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let client = try hub.client()
        let dataset = try await client.call(.get, "/api/v1/agreements/\(agreement)").text("dataset")
        let answer = try await client.call(.post, "/oauth/token", body: form(dataset: dataset))
        _ = try answer.members("access_token", "token_type", "expires_in")
        let json = try answer.json
        // Text or not, what is printed is what `read` takes.
        try hub.output.answer(json, json.canonicalText)
    }

    func form(dataset: String) -> HubBody {
        .form([
            "grant_type": "client_credentials",
            "authorization_details": JSON.array([details(dataset: dataset)]).canonicalText,
        ])
    }

    /// The one element of RFC 9396.
    func details(dataset: String) -> JSON {
        var members: [String: JSON] = [
            "type": "sluis_dataset", "identifier": .string(dataset),
            "agreement": .string(agreement.description),
            "actions": ["read"],
        ]
        if let fields { members["fields"] = JSON(fields) }
        if let actFor { members["act_for"] = .string(actFor.text) }
        return .object(members)
    }
}
