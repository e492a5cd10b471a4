import ArgumentParser
import Model

struct GrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Let your rows flow under an agreement, as their owner.",
        discussion:
            "Without --fields all fields of the agreement, without --owner-keys all your rows, now and later."
    )

    @Argument(help: "The agreement.", transform: ArgumentReader.agreement) var agreement: AgreementID

    @Option(help: ArgumentHelp("Only these fields.", valueName: "a,b"), transform: ArgumentReader.names)
    var fields: [String]?

    @Option(help: ArgumentHelp("When it is to end.", valueName: "time"), transform: ArgumentReader.time)
    var until: Instant?

    @Option(
        help: ArgumentHelp("Only rows with these owner keys.", valueName: "a,b"),
        transform: ArgumentReader.names)
    var ownerKeys: [String]?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(.post, "/api/v1/grants", body: .json(body))
        let json = try answer.members("grant", "state", "epoch", "entry")
        try hub.output.answer(json, GrantEnding.text(json))
    }

    var body: JSON {
        var members: [String: JSON] = ["agreement": .string(agreement.description)]
        if let fields { members["fields"] = JSON(fields) }
        if let until { members["valid_until"] = JSON(until) }
        if let ownerKeys { members["owner_keys"] = JSON(ownerKeys) }
        return .object(members)
    }
}
