import ArgumentParser
import Cryptography
import Model
import RemoteHub

struct OrgAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an organisation, as the hub's operator.",
        discussion:
            "With --out its key, certificate and profile are made here; only the certificate goes to the hub."
    )

    @Argument(help: "How it is called from now on: \(Slug.expectation).", transform: ArgumentReader.slug)
    var id: Slug

    @Option(help: "Its name for people.", transform: ArgumentReader.text) var name: String

    @Option(
        help: ArgumentHelp("What it may do: some of provider, consumer, owner.", valueName: "a,b"),
        transform: ArgumentReader.roles)
    var roles: [Organisation.Role]

    @Option(help: ArgumentHelp("Its own certificate, PEM.", valueName: "file")) var certificate: String?

    @Option(help: ArgumentHelp("The folder to make its profile in.", valueName: "folder")) var out: String?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (certificate == nil) != (out == nil) else {
            throw ValidationError("give either --certificate or --out")
        }
    }

    func run() async throws {
        let client = try hub.client()
        let newcomer = try newcomer(like: client.profile)
        let answer = try await newcomer.register {
            try await client.call(
                .post, "/api/v1/organisations", body: .json(body(certificate: newcomer.certificate.pem)))
        }
        let id = try answer.text("id")
        try hub.output.answer(newcomer.answer(id: id), newcomer.text("organisation", id: id))
    }

    private func newcomer(like caller: Profile) throws -> Newcomer {
        if let certificate { return try Newcomer(certificateFile: certificate) }
        return try Newcomer(to: out ?? "", commonName: id.text, userID: id.text, like: caller, at: .system)
    }

    func body(certificate: String) -> JSON {
        [
            "id": .string(id.text), "name": .string(name), "roles": JSON(roles.map(\.rawValue)),
            "certificate": .string(certificate),
        ]
    }
}
