import Foundation
import Testing

@Suite(
    "Certs/make-pki makes a PKI that openssl accepts",
    .enabled(if: Command.isInstalled("openssl"), "needs the openssl program"))
struct CertificateRecipeTests {
    private let folder: TemporaryFolder
    private var pki: URL { folder.url.appending(path: "pki") }

    init() throws {
        folder = try TemporaryFolder()
        let made = try Command.run("Certs/make-pki", [folder.url.appending(path: "pki").path, "hub.example"])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func openssl(_ arguments: String...) throws -> Command {
        try Command.run("openssl", arguments, in: pki)
    }

    @Test("Each certificate verifies under the CA, for its own purpose and no other")
    func purposes() throws {
        let verify = ["verify", "-CAfile", "ca.pem", "-purpose"]
        for (name, right, wrong) in [
            ("server", "sslserver", "sslclient"), ("organisation", "sslclient", "sslserver"),
            ("person", "sslclient", "sslserver"),
        ] {
            #expect(try Command.run("openssl", verify + [right, "\(name).pem"], in: pki).status == 0)
            #expect(try Command.run("openssl", verify + [wrong, "\(name).pem"], in: pki).status != 0)
        }
    }

    @Test("The server answers to its host and to this machine, and to no other name")
    func hosts() throws {
        for name in ["hub.example", "localhost"] {
            #expect(
                try openssl("verify", "-CAfile", "ca.pem", "-verify_hostname", name, "server.pem").status == 0
            )
        }
        for address in ["127.0.0.1", "::1"] {
            #expect(
                try openssl("verify", "-CAfile", "ca.pem", "-verify_ip", address, "server.pem").status == 0)
        }
        #expect(
            try openssl("verify", "-CAfile", "ca.pem", "-verify_hostname", "other.example", "server.pem")
                .status != 0)
    }

    @Test("Organisation and person carry the IRI by which the hub names them")
    func names() throws {
        let organisation = try openssl("x509", "-in", "organisation.pem", "-noout", "-ext", "subjectAltName")
            .output
        #expect(organisation.contains("URI:https://hub.example/id/organisations/example-organisation"))
        let person = try openssl("x509", "-in", "person.pem", "-noout", "-ext", "subjectAltName").output
        #expect(person.contains("URI:https://hub.example/id/persons/01890a5d-ac96-774b-bcce-b302099a8057"))
    }

    @Test("Nobody but the owner can read the keys, and each belongs to its certificate")
    func keys() throws {
        for name in ["ca", "server", "organisation", "person"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: pki.appending(path: "\(name).key").path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            let key = try openssl("pkey", "-in", "\(name).key", "-pubout").output
            #expect(key.contains("BEGIN PUBLIC KEY"))
            #expect(try openssl("x509", "-in", "\(name).pem", "-noout", "-pubkey").output == key, "\(name)")
        }
    }

    @Test("A folder that holds something is refused, and stays as it was")
    func refuses() throws {
        let before = try Data(contentsOf: pki.appending(path: "ca.key"))
        let again = try Command.run("Certs/make-pki", [pki.path])
        #expect(again.status == 2 && again.errors.contains("is not empty; nothing was written"))
        #expect(try Data(contentsOf: pki.appending(path: "ca.key")) == before)
    }
}
