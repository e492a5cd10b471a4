import ArgumentParser
import Cryptography
import Model
import RemoteHub

struct PersonAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a person, as the hub's operator.",
        discussion: "The key, certificate and profile are made here; only the certificate goes to the hub.")

    /// The certificate says no name: under TLS 1.2 it travels readably, and the hub knows whose it is.
    private static let commonName = "Sluis person"

    @Option(help: "The person's name.", transform: ArgumentReader.text) var name: String

    @Option(help: "The organisation whose staff it is; none for an owner.", transform: ArgumentReader.slug)
    var org: Slug?

    @Option(
        help: "publisher, requester, auditor, supervisor or operator; none for an owner.",
        transform: ArgumentReader.personRole)
    var role: Person.Role?

    @Option(help: ArgumentHelp("The folder to make the profile in.", valueName: "folder")) var out: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let client = try hub.client()
        let newcomer = try Newcomer(
            to: out, commonName: Self.commonName, userID: nil, like: client.profile, at: .system)
        let answer = try await newcomer.register {
            try await client.call(
                .post, "/api/v1/persons", body: .json(body(certificate: newcomer.certificate.pem)))
        }
        let id = try answer.text("id")
        try hub.output.answer(newcomer.answer(id: id), newcomer.text("person", id: id))
    }

    func body(certificate: String) -> JSON {
        var members: [String: JSON] = ["name": .string(name), "certificate": .string(certificate)]
        if let org { members["organisation"] = .string(org.text) }
        if let role { members["role"] = .string(role.rawValue) }
        return .object(members)
    }
}
