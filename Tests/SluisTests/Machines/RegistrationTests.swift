import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Organisations that ask to take part, and what the operator answers.
@Suite("Registration", .serialized)
struct RegistrationTests {
    private static func body(_ id: String, _ proof: [String: JSON]) -> HubBody {
        let members: [String: JSON] = ["id": .string(id), "name": "Newcomer", "roles": ["consumer"]]
        return .json(.object(members.merging(proof) { $1 }))
    }

    @Test("Until it is approved nothing that it brings counts; then it does")
    func approved() async throws {
        let hub = try TestHub()
        let keeper = try hub.operatorClient
        let made = try hub.certificate("newcomer")
        let newcomer = try hub.client("newcomer", made)
        let body = Self.body("newcomer", ["certificate": .string(made.0.pem)])
        let answer = try await newcomer.call(.post, "/api/v1/registrations", on: .people, body: body)
        #expect(answer.status == 201)
        #expect(try answer.json["state"] == "pending")
        #expect(answer.headers.first(name: "Sluis-Entry") != nil)
        #expect(try await newcomer.problem(.get, "/api/v1/requests?role=consumer").status == 401)
        let listed = try await keeper.call(.get, "/api/v1/organisations?state=pending").json
        #expect(listed["items"]?.array?.map { $0["id"] } == ["newcomer"])
        let shown = try await keeper.call(.get, "/api/v1/organisations/newcomer").json
        #expect(
            shown["credentials"]?.array?.first?["thumbprint"]?.string == made.0.thumbprint.description)
        // Its name is taken, what it brought is not.
        let again = try await keeper.problem(.post, "/api/v1/registrations", body: body)
        #expect(again.status == 409)
        #expect(
            try await keeper.problem(.post, "/api/v1/organisations/newcomer/suspend").code
                == "organisation_state")
        hub.kill()
        try hub.start()
        let approved = try await keeper.call(.post, "/api/v1/organisations/newcomer/approve").json
        #expect(approved["state"] == "active")
        #expect(try await newcomer.call(.get, "/api/v1/requests?role=consumer").status == 200)
        #expect(
            try await keeper.problem(.post, "/api/v1/organisations/newcomer/approve").code
                == "organisation_state")
        hub.stop()
        let types = try hub.entries().compactMap { $0["type"]?.string }.filter { $0.hasPrefix("org.") }
        #expect(types == ["org.added", "org.approved"])
        let added = try #require(try hub.entries("org.added").first)
        #expect(added["state"] == "pending" && added["x5t"] == .null, "nobody has shown that it is his")
        let told = try #require(try hub.entries("org.approved").first)
        #expect(told["x5t"]?.string == made.0.thumbprint.description)
        #expect(try Program.run("sluis", ["log", "fsck", "--data", hub.data]).status == 0)
    }

    @Test("A registration keeps nobody from bringing the same, and one that is refused leaves its name")
    func refused() async throws {
        let hub = try TestHub()
        let keeper = try hub.operatorClient
        let made = try hub.certificate("squatter")
        let proof: [String: JSON] = ["certificate": .string(made.0.pem)]
        _ = try await keeper.call(.post, "/api/v1/registrations", body: Self.body("squatter", proof))
        let real = try await hub.organisation("real", roles: ["consumer"], made)
        #expect(try await real.call(.get, "/api/v1/requests?role=consumer").status == 200)
        let taken = try await keeper.problem(.post, "/api/v1/organisations/squatter/approve")
        #expect(taken.status == 409 && taken.code == "credential_exists")
        #expect(try await keeper.call(.post, "/api/v1/organisations/squatter/refuse").status == 200)
        #expect(try await keeper.problem(.get, "/api/v1/organisations/squatter").status == 404)
        #expect(try await keeper.problem(.post, "/api/v1/organisations/real/refuse").status == 409)
        let key = try KeyClient("squatter", of: hub)
        _ = try await keeper.call(
            .post, "/api/v1/registrations", body: Self.body("squatter", ["jwks": key.jwks]))
        _ = try await keeper.call(.post, "/api/v1/organisations/squatter/approve")
        let form = try key.tokenForm(KeyClient.details("01890000-0000-7000-8000-000000000000"))
        let answer = try await key.send(.post, "/oauth/token", form: form)
        #expect(answer.error == "invalid_authorization_details", "known, but of no agreement: \(answer.text)")
        // A name that was only asked for is the operator's to give, and nobody's as an owner.
        _ = try await keeper.call(
            .post, "/api/v1/registrations", body: Self.body("wanted", ["jwks": key.jwks]))
        let airport = try await hub.organisation("airport", roles: ["provider"])
        let rule: JSON = ["single": "wanted"]
        let owned = try await airport.problem(
            .post, "/api/v1/datasets", body: .json(TestExchange.describe("owned", rule: rule)))
        #expect(owned.code == "owner_unknown")
        let given = try await hub.organisation("wanted", roles: ["owner"])
        #expect(try await given.call(.get, "/api/v1/requests?role=owner").status == 200)
    }

    @Test("What is wrong with what an organisation brings") func wrong() async throws {
        let hub = try TestHub()
        let keeper = try hub.operatorClient
        let key = try PrivateKey.generate(.es256)
        let selfSigned = try SelfSignedCertificate.client(
            commonName: "x", userID: nil, key: key, at: .system, validDays: 1)
        let authority = try String(contentsOfFile: hub.data + "/ca.pem", encoding: .utf8)
        let good = KeyClient.jwks([key.publicKey])
        let privateKey = JSON.object((key.publicKey.jwk.object ?? [:]).merging(["d": "AA"]) { $1 })
        let cases: [(String, [String: JSON], String)] = [
            ("nobody vouches", ["certificate": .string(selfSigned.pem)], "certificate_untrusted"),
            ("an authority", ["certificate": .string(authority)], "certificate"),
            ("no certificate", ["certificate": "PEM"], "bad_certificate"),
            ("nothing", [:], "member_missing"),
            ("both", ["certificate": .string(selfSigned.pem), "jwks": good], "member_unknown"),
            ("no keys", ["jwks": ["keys": []]], "bad_jwks"),
            ("a private key", ["jwks": ["keys": [privateKey]]], "bad_jwks"),
            ("one key twice", ["jwks": ["keys": [key.publicKey.jwk, key.publicKey.jwk]]], "bad_jwks"),
            ("a secret", ["jwks": ["keys": [["kty": "oct", "k": "AAAA"]]]], "bad_jwks"),
            ("an unknown member", ["jwks": good, "colour": "red"], "member_unknown"),
        ]
        for (what, proof, code) in cases {
            let problem = try await keeper.problem(
                .post, "/api/v1/registrations", body: Self.body("x", proof))
            #expect(problem.status == 400 && problem.code.hasPrefix(code), "\(what): \(problem)")
        }
        let huge = HubBody.bytes([UInt8](repeating: 0x20, count: 100_000), "application/json")
        #expect(try await keeper.problem(.post, "/api/v1/registrations", body: huge).status == 413)
        #expect(try await keeper.call(.get, "/api/v1/organisations").json["items"] == [])
        // The operator vouches himself.
        #expect(
            try await keeper.call(
                .post, "/api/v1/organisations",
                body: Self.body("x", ["certificate": .string(selfSigned.pem)])
            ).status == 201)
    }
}
