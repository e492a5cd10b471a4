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

    @Option(help: ArgumentHelp("Its own public keys, a JWK Set.", valueName: "file")) var jwks: String?

    @Option(help: ArgumentHelp("The folder to make its profile in.", valueName: "folder")) var out: String?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard [certificate, jwks, out].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("give one of --certificate, --jwks and --out")
        }
    }

    func run() async throws {
        let client = try hub.client()
        if let jwks {
            let proof = ["jwks": try ProofOptions.keys(jwks)]
            let id = try await client.call(.post, "/api/v1/organisations", body: .json(body(proof))).text(
                "id")
            let answer: JSON = ["id": .string(id), "profile": .null]
            return try hub.output.answer(answer, "added organisation \(id)")
        }
        let newcomer = try newcomer(like: client.profile)
        let answer = try await newcomer.register {
            try await client.call(
                .post, "/api/v1/organisations",
                body: .json(body(["certificate": .string(newcomer.certificate.pem)])))
        }
        let id = try answer.text("id")
        try hub.output.answer(newcomer.answer(id: id), newcomer.text("organisation", id: id))
    }

    private func newcomer(like caller: Profile) throws -> Newcomer {
        if let certificate { return try Newcomer(certificateFile: certificate) }
        return try Newcomer(to: out ?? "", commonName: id.text, userID: id.text, like: caller, at: .system)
    }

    /// - Parameter proof: the member with what it proves itself with.
    func body(_ proof: [String: JSON]) -> JSON {
        let members: [String: JSON] = [
            "id": .string(id.text), "name": .string(name), "roles": JSON(roles.map(\.rawValue)),
        ]
        return .object(members.merging(proof) { $1 })
    }
}
