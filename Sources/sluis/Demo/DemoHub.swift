import Cryptography
import Foundation
import Model
import RemoteHub

/// The hub of a demo, with its operator and the means to give each party a certificate.
struct DemoHub: Sendable {
    private static let certificateDays = 30

    let directory: DataDirectory
    let process: HubProcess
    let operatorClient: HubClient
    private let authority: CertificateAuthority

    /// Makes a hub and starts it.
    static func start(_ directory: DataDirectory, _ narrator: Narrator) async throws -> DemoHub {
        let made = try HubInitialisation(directory: directory, host: "localhost", now: .system).run()
        let process = try HubProcess.start(directory)
        let authority = try CertificateAuthority(
            certificate: X509Certificate(pem: String(contentsOfFile: directory.authority, encoding: .utf8)),
            key: PrivateKey(pem: PrivateFiles.read(directory.key(.authority))))
        try narrator.tell(
            "a fresh hub, with its own keys and an empty log",
            ["directory": .string(directory.path), "log_key": .string(made.vkey)])
        return DemoHub(
            directory: directory, process: process,
            operatorClient: HubClient(try Profile(folder: made.profile)), authority: authority)
    }

    /// Adds an organisation with a certificate of its own.
    func addOrganisation(_ id: String, _ name: String, role: Organisation.Role) async throws -> (
        HubClient, UInt64?
    ) {
        guard let slug = Slug(id) else { preconditionFailure("the demo's names are slugs") }
        let (certificate, key) = try issue(.organisation(slug), name)
        let answer = try await operatorClient.call(
            .post, "/api/v1/organisations",
            body: .json([
                "id": .string(id), "name": .string(name), "roles": [.string(role.rawValue)],
                "certificate": .string(certificate.pem),
            ]))
        return (HubClient(try profile("organisations/\(id)", certificate, key)), answer.entry)
    }

    /// Adds a person with a certificate of his own.
    func addPerson(_ name: String, number: Int) async throws -> (id: String, client: HubClient) {
        // The hub chooses the identifier; the certificate names the person by another of its own.
        let subject = PersonID(at: .system, random: (0, UInt64(number)))
        let (certificate, key) = try issue(.person(subject), name)
        let answer = try await operatorClient.call(
            .post, "/api/v1/persons",
            body: .json(["name": .string(name), "certificate": .string(certificate.pem)]))
        return (try answer.text("id"), HubClient(try profile("owners/\(number)", certificate, key)))
    }

    private func issue(
        _ kind: CertificateTemplate.Kind, _ name: String
    ) throws -> (X509Certificate, PrivateKey) {
        let key = try PrivateKey.generate(.es256)
        let template = CertificateTemplate(kind, commonName: name, validDays: Self.certificateDays)
        return (try authority.issue(template, for: key.publicKey, at: .system), key)
    }

    private func profile(_ name: String, _ certificate: X509Certificate, _ key: PrivateKey) throws -> Profile
    {
        let folder = "\(directory.path)/profiles/\(name)"
        try Profile.write(
            to: folder, people: process.people, machines: process.machines,
            authority: authority.certificate.pem, certificate: certificate.pem, key: key.pem)
        return try Profile(folder: folder)
    }
}
