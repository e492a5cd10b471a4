import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Introspection, revocation and what the hub says of itself.
@Suite("Tokens and their state", .serialized)
struct TokenStateTests {
    private static func introspect(_ token: String, by client: HubClient) async throws -> JSON {
        try await client.call(.post, "/oauth/introspect", body: .form(["token": token])).json
    }

    @Test("Its client and the provider learn what a token is; nobody else does") func introspection()
        async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let token = try await exchange.token(["fields": ["seat"]])
        let stranger = try await exchange.hub.organisation("stranger", roles: ["consumer", "provider"])
        for client in [exchange.consumer, exchange.provider] {
            let said = try await Self.introspect(token, by: client)
            #expect(said["active"] == true && said["client_id"] == "authority")
            #expect(said["token_type"] == "Bearer" && said["iss"]?.string == exchange.hub.people)
            #expect(said["authorization_details"]?.array?.first?["fields"] == ["seat"])
            let shown = try EndingTests.thumbprint(of: exchange.consumer)
            #expect(said["cnf"]?["x5t#S256"]?.string == shown.description)
        }
        #expect(try await Self.introspect(token, by: stranger) == ["active": false])
        for bad in ["x.y.z", token + "A", String(token.dropLast())] {
            #expect(try await Self.introspect(bad, by: exchange.consumer) == ["active": false])
        }
        let missing = try await exchange.consumer.problem(.post, "/oauth/introspect", body: .form([:]))
        #expect(missing.status == 400 && missing.code == "invalid_request")
        let nobody = try exchange.hub.client("nobody")
        let unknown = try await nobody.problem(.post, "/oauth/introspect", body: .form(["token": token]))
        #expect(unknown.status == 401 && unknown.code == "invalid_client")
        // Suspended is not active, for whoever asks.
        let keeper = try exchange.hub.operatorClient
        _ = try await keeper.call(.post, "/api/v1/organisations/authority/suspend")
        #expect(try await Self.introspect(token, by: exchange.provider) == ["active": false])
        #expect(
            try await exchange.consumer.problem(.post, "/oauth/introspect", body: .form(["token": token]))
                .code == "invalid_client")
    }

    @Test("A revoked token opens nothing, after a crash neither; another's is not revoked")
    func revocation() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let (token, other) = (try await exchange.token(), try await exchange.token())
        let stranger = try await exchange.hub.organisation("stranger", roles: ["consumer"])
        let form = HubBody.form(["token": token, "token_type_hint": "access_token"])
        #expect(
            try await stranger.problem(.post, "/oauth/revoke", body: form).code == "unauthorized_client")
        #expect(try await exchange.raw(token).status == 200)
        let answer = try await exchange.consumer.call(.post, "/oauth/revoke", body: form)
        #expect(answer.status == 200 && answer.headers.first(name: "Sluis-Entry") != nil)
        for _ in 0..<2 {
            let refused = try await exchange.raw(token)
            #expect(refused.status == 401)
            #expect(refused.headers.first(name: "WWW-Authenticate")?.contains("invalid_token") == true)
            #expect(try await exchange.raw(other).status == 200, "the other one is as good as before")
            exchange.hub.kill()
            try exchange.hub.start()
        }
        #expect(try await Self.introspect(token, by: exchange.consumer) == ["active": false])
        // What is no token needs no revoking (RFC 7009 section 2.2).
        let none = try await exchange.consumer.call(
            .post, "/oauth/revoke", body: .form(["token": "nothing"]))
        #expect(none.status == 200 && none.headers.first(name: "Sluis-Entry") == nil)
    }

    @Test("By the command line: take, show, revoke, show") func commands() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let profile = exchange.consumer.profile.folder
        func sluis(_ arguments: String...) throws -> Program.Result {
            try Program.run("sluis", arguments + ["--profile", profile])
        }
        let taken = try sluis("token", "--agreement", exchange.agreement)
        #expect(taken.status == 0, "\(taken.errors)")
        let file = try exchange.hub.scratch.file("token.json", taken.output)
        let shown = try sluis("token", "show", "--token", file)
        #expect(shown.status == 0 && shown.output.hasPrefix("active until "), "\(shown)")
        #expect(shown.output.contains("identifier: flights"))
        #expect(try sluis("token", "revoke", "--token", file).status == 0)
        let after = try sluis("token", "show", "--token", file, "--json")
        #expect(after.status == 1 && after.output == "{\"active\":false}\n", "\(after)")
        let keeper = exchange.hub.data + "/profiles/operator"
        for (arguments, words) in [
            (["org", "suspend", "authority", "--reason", "why"], "organisation authority is suspended"),
            (["org", "list", "--state", "suspended"], "authority"), (["org", "show", "authority"], "why"),
            (["org", "resume", "authority"], "organisation authority is active"),
            (["keys", "rotate", "--revoke"], "the hub signs with key"),
        ] {
            let result = try Program.run("sluis", arguments + ["--profile", keeper])
            #expect(result.status == 0 && result.output.contains(words), "\(arguments): \(result)")
        }
        let ended = try sluis("agreement", "end", exchange.agreement, "--reason", "done")
        #expect(ended.status == 0 && ended.output.contains("has ended (entry "), "\(ended)")
        let state = try sluis("agreement", "show", exchange.agreement)
        #expect(state.output.contains("state: ended") && state.output.contains("reason: done"))
    }

    @Test("What clients find by themselves: RFC 8414 and RFC 9728") func metadata() async throws {
        let hub = try TestHub()
        let client = try hub.client("anyone")
        let server = try await client.call(
            .get, "/.well-known/oauth-authorization-server", on: .people
        ).json
        #expect(server["issuer"]?.string == hub.people)
        #expect(server["token_endpoint"]?.string == hub.people + "/oauth/token")
        let aliases = server["mtls_endpoint_aliases"]
        #expect(aliases?["token_endpoint"]?.string == hub.machines + "/oauth/token")
        for name in ["token", "introspection", "revocation"] {
            let methods = server["\(name)_endpoint_auth_methods_supported"]?.array?.compactMap(\.string) ?? []
            #expect(methods.contains("private_key_jwt") && methods.contains("self_signed_tls_client_auth"))
            #expect(aliases?["\(name)_endpoint"] != nil)
        }
        for (listener, origin) in [
            (HubClient.Listener.people, hub.people), (HubClient.Listener.machines, hub.machines),
        ] {
            let resource = try await client.call(
                .get, "/.well-known/oauth-protected-resource", on: listener
            ).json
            #expect(resource["resource"]?.string == origin)
            #expect(resource["authorization_servers"] == [.string(hub.people)])
        }
        // A request without a token is told where to look (RFC 9728 section 5.1).
        let provider = try await hub.organisation("airport", roles: ["provider"])
        try await TestExchange.publish("flights", TestExchange.csv(owners: 1), by: provider)
        let key = try KeyClient("reader", of: hub)
        let refused = try await key.send(.get, "/data/flights")
        let challenge = refused.headers.first(name: "WWW-Authenticate") ?? ""
        #expect(refused.status == 401 && challenge.hasPrefix("DPoP algs="), "\(challenge)")
        #expect(
            challenge.contains("resource_metadata=\"\(hub.people)/.well-known/oauth-protected-resource\""))
    }
}
