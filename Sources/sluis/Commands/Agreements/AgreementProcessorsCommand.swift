import ArgumentParser
import Model

struct AgreementProcessorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "processors",
        abstract: "Say who may read for you under an agreement, in their own name, as its consumer.",
        discussion: """
            Those named take the place of those that were named before; whoever is left out is out at once, \
            his streams included. A processor takes tokens with `sluis token --act-for`.
            """)

    @Argument(help: "The agreement.", transform: ArgumentReader.agreement) var agreement: AgreementID

    @Argument(help: "All organisations that may from now on.", transform: ArgumentReader.slug)
    var processors: [Slug] = []

    @Flag(help: "Nobody may from now on.") var none = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard processors.isEmpty == none else {
            throw ValidationError("name the organisations, or give --none")
        }
    }

    func run() async throws {
        let answer = try await hub.client().call(
            .put, "/api/v1/agreements/\(agreement)/processors",
            body: .json(JSON(processors.map(\.text))))
        let json = try answer.members("agreement", "processors", "entry")
        let names = json["processors"]?.plainText ?? ""
        try hub.output.answer(
            json, "processors: \(names.isEmpty ? "nobody" : names) (\(json.entryText))")
    }
}
