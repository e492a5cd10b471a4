import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Clients without certificates: `private_key_jwt` and DPoP, on the people listener.
@Suite("Clients with keys", .serialized)
struct KeyClientTests {
    /// A consumer with keys, that has an agreement over the dataset of an exchange whose one owner granted.
    static func world(_ hub: TestHub) async throws -> (TestExchange, KeyClient, agreement: String) {
        let exchange = try await TestExchange(hub, owners: 1)
        let client = try KeyClient("bureau", of: hub)
        _ = try await hub.operatorClient.call(
            .post, "/api/v1/organisations",
            body: .json([
                "id": "bureau", "name": "Bureau", "roles": ["consumer"], "jwks": client.jwks,
            ]))
        // It asks by a certificate: the API is for those.
        let certificate = try hub.certificate("bureau")
        _ = try await hub.operatorClient.call(
            .post, "/api/v1/organisations/bureau/credentials",
            body: .json(["certificate": .string(certificate.0.pem)]))
        let agreement = try await TestExchange.agreement(
            "flights", ["plane", "seat", "fare"], hub.client("bureau", certificate), exchange.provider)
        _ = try await exchange.owners[0].client.call(
            .post, "/api/v1/grants", body: .json(["agreement": .string(agreement)]))
        return (exchange, client, agreement)
    }

    @Test("A client signs who it is, proves its key with each request, and reads")
    func story() async throws {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        let token = try await client.token(agreement)
        let read = try await client.read(token)
        #expect(read.status == 200, "\(read.text)")
        #expect(read.text.split(separator: "\n").dropFirst() == ["K0,0,0.0"])
        #expect(read.headers.first(name: "DPoP-Nonce") != nil)
        // By a token and a proof, never by the token alone, be it called Bearer.
        let path = "/data/flights"
        let bare = try await client.send(.get, path, ["Authorization": "DPoP \(token)"])
        #expect(bare.status == 401 && bare.json["code"] == "invalid_dpop_proof")
        for listener in [HubClient.Listener.people, .machines] {
            let bearer = try await client.send(
                .get, path, ["Authorization": "Bearer \(token)"], on: listener)
            #expect(bearer.status == 401)
            #expect(bearer.headers.first(name: "WWW-Authenticate")?.hasPrefix("Bearer error=") == true)
        }
        exchange.hub.stop()
        let issued = try #require(try exchange.hub.entries("token.issued").last)
        #expect(issued["credential"]?.string == client.key.publicKey.jwkThumbprint)
        #expect(issued["cnf"]?["jkt"]?.string == client.proofKey.publicKey.jwkThumbprint)
        #expect(issued["actor"]?["x5t"] == .null)
        let access = try #require(try exchange.hub.entries("access").last)
        #expect(access["actor"]?["jti"] == issued["actor"]?["jti"])
    }

    @Test("What is wrong with a proof") func proofs() async throws {
        let (_, client, agreement) = try await Self.world(TestHub())
        let token = try await client.token(agreement)
        let path = "/data/flights"
        func read(_ proof: String, _ query: String = "") async throws -> KeyClient.Answer {
            try await client.send(
                .get, path + query, ["Authorization": "DPoP \(token)", "DPoP": proof])
        }
        // The query is not part of what is proved.
        #expect(try await read(client.proof("GET", path, token: token), "?limit=1").status == 200)
        let used = try client.proof("GET", path, token: token)
        #expect(try await read(used).status == 200)
        let thief = try PrivateKey.generate(.es256)
        let now = Instant.system.milliseconds / 1000
        let wrong: [(String, String)] = [
            ("a replay", used),
            ("another's key", try client.proof("GET", path, token: token, by: thief)),
            ("another method", try client.proof("POST", path, token: token)),
            ("another address", try client.proof("GET", "/data/other", token: token)),
            ("another token", try client.proof("GET", path, token: token + "x")),
            ("no token", try client.proof("GET", path)),
            ("an old time", try client.proof("GET", path, token: token, ["iat": .integer(now - 400)])),
            ("a time to come", try client.proof("GET", path, token: token, ["iat": .integer(now + 400)])),
            ("another's nonce", try client.proof("GET", path, token: token, ["nonce": "AAAA"])),
            ("no nonce", try client.proof("GET", path, token: token, ["nonce": .null])),
            ("an assertion", try client.assertion()),
            ("nonsense", "x.y.z"),
        ]
        for (what, proof) in wrong {
            let answer = try await read(proof)
            #expect(answer.status == 401, "\(what): \(answer.text)")
            #expect(
                answer.headers.first(name: "WWW-Authenticate")?.hasPrefix("DPoP error=") == true, "\(what)")
            #expect(answer.headers.first(name: "DPoP-Nonce") != nil, "\(what)")
            #expect((answer.json["code"] == "use_dpop_nonce") == what.hasSuffix("nonce"), "\(what)")
        }
        let twice = try await client.send(
            .get, path,
            [
                "Authorization": "DPoP \(token)", "DPoP": try client.proof("GET", path, token: token),
                "dpop": try client.proof("GET", path, token: token),
            ])
        #expect(twice.status == 401)
        // A proof at the token endpoint counts once as well.
        let proof = try client.proof("POST", "/oauth/token")
        for status in [200, 400] {
            let form = try client.tokenForm(KeyClient.details(agreement))
            let answer = try await client.send(.post, "/oauth/token", ["DPoP": proof], form: form)
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    @Test("What is wrong with an assertion") func assertions() async throws {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        _ = try await client.token(agreement)
        func ask(_ assertion: String, _ more: [String: String] = [:]) async throws -> KeyClient.Answer {
            var form = try client.tokenForm(
                KeyClient.details(agreement), ["client_assertion": assertion])
            form.merge(more) { $1 }
            return try await client.send(
                .post, "/oauth/token", ["DPoP": try client.proof("POST", "/oauth/token")], form: form)
        }
        let used = try client.assertion()
        #expect(try await ask(used).status == 200)
        let stranger = try PrivateKey.generate(.es256)
        let now = Instant.system.milliseconds / 1000
        let machines = exchange.hub.machines
        let wrong: [(String, String)] = [
            ("a replay", used), ("another's key", try client.assertion(by: stranger)),
            (
                "his key under our name",
                try client.assertion(
                    header: ["kid": .string(client.key.publicKey.jwkThumbprint)], by: stranger)
            ),
            ("an unknown client", try client.assertion(["iss": "nobody", "sub": "nobody"])),
            ("another subject", try client.assertion(["sub": "authority"])),
            ("another audience", try client.assertion(["aud": .string(machines)])),
            ("the endpoint", try client.assertion(["aud": .string(client.hub.people + "/oauth/token")])),
            ("a list", try client.assertion(["aud": [.string(client.hub.people)]])),
            ("an end that is over", try client.assertion(["exp": .integer(now - 1)])),
            ("two hours", try client.assertion(["exp": .integer(now + 7200)])),
            ("yesterday", try client.assertion(["iat": .integer(now - 86_400)])),
            ("before the hub", try client.assertion(["iat": .integer(now - 200)])),
            ("no id", try client.assertion(["jti": .null])),
            ("a proof", try client.proof("POST", "/oauth/token")), ("nonsense", "a.b.c"),
        ]
        for (what, assertion) in wrong {
            let answer = try await ask(assertion)
            #expect(answer.status == 401 && answer.error == "invalid_client", "\(what): \(answer.text)")
        }
        for more in [
            ["client_id": "authority"], ["client_secret": "x"], ["client_assertion_type": "x"],
        ] {
            let answer = try await ask(try client.assertion(), more)
            #expect(answer.status == 401 && answer.error == "invalid_client", "\(more): \(answer.text)")
        }
        // Without a proof there would be nothing to bind the token to.
        let loose = try await client.send(
            .post, "/oauth/token", form: try client.tokenForm(KeyClient.details(agreement)))
        #expect(loose.status == 400 && loose.error == "invalid_request", "\(loose.text)")
        let scoped = try await ask(try client.assertion(), ["scope": "read"])
        #expect(scoped.error == "invalid_scope")
        let elsewhere = try await ask(try client.assertion(), ["resource": "https://example.org"])
        #expect(elsewhere.error == "invalid_target")
        #expect(try await ask(try client.assertion(), ["resource": client.hub.people]).status == 200)
        #expect(!exchange.hub.errors.contains("failed to answer"), "\(exchange.hub.errors)")
    }

    @Test("A token that is bound to a certificate goes with that, too") func boundToCertificate() async throws
    {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        // It says who it is with its key, on a connection with a certificate of its own.
        let certificate = try exchange.hub.certificate("bureau")
        let path = "/api/v1/organisations/bureau/credentials"
        let keeper = try exchange.hub.operatorClient
        _ = try await keeper.call(.post, path, body: .json(["certificate": .string(certificate.0.pem)]))
        let connected = try exchange.hub.client("bureau", certificate)
        let form = try client.tokenForm(KeyClient.details(agreement))
        let pairs = form.map { "\($0)=\(PercentEncoder.encode($1))" }.joined(separator: "&")
        let body = HubBody.bytes(Array(pairs.utf8), "application/x-www-form-urlencoded")
        let answer = try await connected.call(.post, "/oauth/token", body: body).json
        #expect(answer["token_type"] == "Bearer")
        let token = try #require(answer["access_token"]?.string)
        #expect(try await exchange.read(token, by: connected).rows == ["K0,0,0.0"])
        // Nobody else's certificate serves for it, be he the consumer of another agreement.
        #expect(try await exchange.raw(token).status == 401)
        _ = try await keeper.call(.delete, "\(path)/\(certificate.0.thumbprint)")
        let said = try await keeper.problem(.post, "/oauth/introspect", body: .form(["token": token]))
        #expect(said.code == "unauthorized_client", "a person is no client")
        let state = try await exchange.provider.call(
            .post, "/oauth/introspect", body: .form(["token": token])
        ).json
        #expect(state == ["active": false])
        let problem = await #expect(throws: HubProblem.self) {
            try await exchange.read(token, by: connected)
        }
        #expect(problem?.status == 401)
    }

    @Test("What another organisation does with the same key is nothing to a client") func sharedKey()
        async throws
    {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        let token = try await client.token(agreement)
        let rival = try await exchange.hub.organisation("rival", roles: ["consumer"])
        let path = "/api/v1/organisations/rival/credentials"
        let thumbprint = client.key.publicKey.jwkThumbprint
        for _ in 0..<2 {
            #expect(try await rival.problem(.delete, "\(path)/\(thumbprint)").status == 404)
            _ = try await rival.call(.post, path, body: .json(["jwks": client.jwks]))
            #expect(try await client.read(token).status == 200)
            _ = try await rival.call(.delete, "\(path)/\(thumbprint)")
            #expect(try await client.read(token).status == 200)
        }
        _ = try await client.token(agreement)
        // Signing with it is signing as oneself, whoever else has it.
        let form = try client.tokenForm(
            KeyClient.details(agreement),
            ["client_assertion": try client.assertion(["iss": "rival", "sub": "rival"])])
        let answer = try await client.send(
            .post, "/oauth/token", ["DPoP": try client.proof("POST", "/oauth/token")], form: form)
        #expect(answer.error == "invalid_client")
    }

    @Test("While keys change an assertion without a kid is its key's; every answer has the next nonce")
    func withoutKeyID() async throws {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        _ = try await client.token(agreement)
        let new = try KeyClient("bureau", of: exchange.hub)
        _ = try await exchange.hub.operatorClient.call(
            .post, "/api/v1/organisations/bureau/credentials", body: .json(["jwks": new.jwks]))
        for key in [client.key, new.key] {
            let now = Instant.system.milliseconds / 1000
            let claims: JSON = [
                "iss": "bureau", "sub": "bureau", "aud": .string(exchange.hub.people), "iat": .integer(now),
                "exp": .integer(now + 60), "jti": .string(UUID().uuidString),
            ]
            let assertion = try CompactJWS.sign(payload: claims.canonical, header: [:], with: key)
            let form = try client.tokenForm(
                KeyClient.details(agreement), ["client_assertion": assertion])
            let answer = try await client.send(
                .post, "/oauth/token", ["DPoP": try client.proof("POST", "/oauth/token")], form: form)
            #expect(answer.status == 200, "\(answer.text)")
        }
        let token = try await client.token(agreement)
        for query in ["?where=bad", "?fields=none", "?x=1"] {
            let answer = try await client.read(token, query)
            #expect(answer.status == 400 && answer.headers.first(name: "DPoP-Nonce") != nil)
        }
        let grants = KeyClient.details(agreement)
        for type in ["password", "authorization_code", "refresh_token"] {
            let form = try client.tokenForm(grants, ["grant_type": type])
            let answer = try await client.send(
                .post, "/oauth/token", ["DPoP": try client.proof("POST", "/oauth/token")], form: form)
            #expect(answer.status == 400 && answer.error == "unsupported_grant_type")
        }
    }

    @Test("A key that is removed ends the tokens that were taken with it, and the others stay")
    func rollOver() async throws {
        let (exchange, client, agreement) = try await Self.world(TestHub())
        let token = try await client.token(agreement)
        let keeper = try exchange.hub.operatorClient
        let path = "/api/v1/organisations/bureau/credentials"
        let new = try KeyClient("bureau", of: exchange.hub)
        _ = try await keeper.call(.post, path, body: .json(["jwks": new.jwks]))
        let newToken = try await new.token(agreement)
        #expect(try await client.read(token).status == 200, "both work")
        #expect(try await new.read(newToken).status == 200)
        let old = client.key.publicKey.jwkThumbprint
        let twice = try await keeper.problem(.post, path, body: .json(["jwks": client.jwks]))
        #expect(twice.status == 409 || twice.code == "bad_jwks")
        _ = try await keeper.call(.delete, "\(path)/\(old)")
        let after = try await client.read(token)
        #expect(after.status == 401 && after.json["code"] == "invalid_token", "\(after.text)")
        #expect(try await new.read(newToken).status == 200)
        let refused = try await client.send(
            .post, "/oauth/token", ["DPoP": try client.proof("POST", "/oauth/token")],
            form: try client.tokenForm(KeyClient.details(agreement)))
        #expect(refused.error == "invalid_client")
        #expect(try await keeper.problem(.delete, "\(path)/\(old)").code == "credential_unknown")
        #expect(try await keeper.problem(.delete, "\(path)/short").status == 400)
        exchange.hub.kill()
        try exchange.hub.start()
        #expect(try await client.read(token).status == 401)
    }
}
