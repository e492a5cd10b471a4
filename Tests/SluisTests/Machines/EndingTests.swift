import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// What lets a reader in can end before his token does: then his running streams end too, at once.
@Suite("What ends, ends inside a running stream", .serialized)
struct EndingTests {
    enum Ending: String, CaseIterable {
        case consumerSuspended, providerSuspended, endedByConsumer, endedByProvider, tokenRevoked
        case certificateRemoved, keyRevoked

        /// What the same token comes to from then on.
        var status: Int {
            switch self {
            case .providerSuspended, .endedByConsumer, .endedByProvider: 403
            default: 401
            }
        }
    }

    private static let owners = 20

    /// Twenty-six megabytes: far more than the kernels of both sides hold while the reader stands still.
    private static func exchange() async throws -> (TestExchange, token: String) {
        let csv = CodedReadTests.csv(owners: owners, rowsOfEach: 5_000, digits: 252)
        let exchange = try await TestExchange(TestHub(), owners: owners, csv: csv)
        for owner in 0..<owners { try await exchange.grant(owner) }
        return (exchange, try await exchange.token())
    }

    private static func end(_ ending: Ending, _ exchange: TestExchange, _ token: String) async throws
        -> HubAnswer
    {
        let keeper = try exchange.hub.operatorClient
        let reason = HubBody.json(["reason": "a test"])
        let agreement = "/api/v1/agreements/\(exchange.agreement)/end"
        return switch ending {
        case .consumerSuspended:
            try await keeper.call(.post, "/api/v1/organisations/authority/suspend", body: reason)
        case .providerSuspended:
            try await keeper.call(.post, "/api/v1/organisations/airport/suspend", body: reason)
        case .endedByConsumer: try await exchange.consumer.call(.post, agreement, body: reason)
        case .endedByProvider: try await exchange.provider.call(.post, agreement)
        case .tokenRevoked:
            try await exchange.consumer.call(.post, "/oauth/revoke", body: .form(["token": token]))
        case .certificateRemoved:
            try await keeper.call(
                .delete,
                "/api/v1/organisations/authority/credentials/\(try thumbprint(of: exchange.consumer))")
        case .keyRevoked:
            try await keeper.call(.post, "/api/v1/keys/rotate", body: .json(["revoke": true]))
        }
    }

    static func thumbprint(of client: HubClient) throws -> Thumbprint {
        let pem = try String(contentsOfFile: client.profile.folder + "/certificate.pem", encoding: .utf8)
        return try X509Certificate(pem: pem).thumbprint
    }

    @Test("A stream is cut, the token opens nothing more, and the log says so", arguments: Ending.allCases)
    func inside(_ ending: Ending) async throws {
        let (exchange, token) = try await Self.exchange()
        #expect(try await exchange.raw(token, "?limit=1").status == 200)
        var (entry, took) = (UInt64?.none, Duration.zero)
        let read = try await exchange.paused(token) {
            let begin = ContinuousClock.now
            let answer = try await Self.end(ending, exchange, token)
            took = ContinuousClock.now - begin
            entry = answer.headers.first(name: "Sluis-Entry").flatMap { UInt64($0) }
        }
        print("\(ending.rawValue): in effect after \(took)")
        #expect(took < .seconds(5), "nobody waits for a reader who stands still")
        #expect(read.status == 200 && read.trailers.first(name: "Sluis-Status") == "cut")
        for query in ["?limit=1", ""] {
            let again = try await exchange.raw(token, query)
            #expect(again.status == ending.status, "\(ending) \(query)")
            #expect((again.headers.first(name: "WWW-Authenticate") != nil) == (ending.status == 401))
        }
        exchange.hub.stop()
        let completion = try exchange.entry(read.completion)
        #expect(completion["status"] == "cut")
        #expect(completion["bytes"] == .integer(Int64(read.body.count)))
        // What was sent before it, and what the kernels and NIO held then.
        #expect(read.body.count < 12 << 20, "\(read.body.count) of 26 MB came")
        let told = try exchange.entry(entry)
        #expect(
            ["org.suspended", "agreement.ended", "token.revoked", "credential.removed", "key.rotated"]
                .contains(told["type"]?.string), "\(told.canonicalText)")
    }

    @Test("A suspended organisation takes part again, with the same token and grants")
    func resumed() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let before = try await exchange.read(token).rows
        let keeper = try exchange.hub.operatorClient
        for party in ["authority", "airport"] {
            let path = "/api/v1/organisations/\(party)"
            let said = try await keeper.call(
                .post, path + "/suspend", body: .json(["reason": "a breach"])
            ).json
            #expect(said["state"] == "suspended" && said["reason"] == "a breach")
            #expect(try await exchange.raw(token).status != 200)
            // Nothing changes for whoever withdraws meanwhile, nor while the hub is not there.
            try await exchange.grant(0)
            exchange.hub.kill()
            try exchange.hub.start()
            #expect(try await exchange.raw(token).status != 200, "\(party) is suspended after a crash too")
            #expect(try await keeper.problem(.post, path + "/suspend").code == "organisation_state")
            #expect(try await keeper.call(.post, path + "/resume").json["state"] == "active")
            let fresh = try await exchange.token()
            #expect(try await exchange.read(fresh).rows == before)
        }
        #expect(try await keeper.problem(.post, "/api/v1/organisations/airport/resume").status == 409)
        #expect(try await keeper.problem(.post, "/api/v1/organisations/nobody/suspend").status == 404)
    }

    @Test("Whoever is suspended may still give less, and nothing else")
    func less() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let firm = try await hub.organisation("firm", roles: ["owner", "consumer"])
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/links",
            body: .json([
                ["owner_key": "K0", "owner": "firm"]
            ]))
        let grant = try await firm.call(
            .post, "/api/v1/grants", body: .json(["agreement": .string(exchange.agreement)])
        ).text("grant")
        let worker = try await hub.person("worker", organisation: "firm", role: "requester")
        let keeper = try hub.operatorClient
        _ = try await keeper.call(.post, "/api/v1/organisations/firm/suspend")
        let ask = HubBody.json(TestExchange.ask("flights", ["seat"]))
        let refused = try await firm.problem(.post, "/api/v1/requests", body: ask)
        #expect(refused.status == 401 && refused.code == "organisation_suspended")
        // Its staff may do nothing for it; what is theirs they may look at.
        #expect(try await worker.client.problem(.post, "/api/v1/requests", body: ask).status == 403)
        #expect(try await worker.client.call(.get, "/api/v1/requests?role=owner").status == 200)
        let shown = try await firm.call(.get, "/api/v1/organisations/firm").json
        #expect(shown["state"] == "suspended")
        let withdrawn = try await firm.call(.post, "/api/v1/grants/\(grant)/withdraw").json
        #expect(withdrawn["state"] == "Withdrawn")
        #expect(
            try await firm.problem(
                .post, "/api/v1/grants", body: .json(["agreement": .string(exchange.agreement)])
            ).code == "organisation_suspended")
    }

    @Test("An agreement that has ended stays ended; both parties and its owners see that")
    func ended() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let grant = try await exchange.grant(0)
        let path = "/api/v1/agreements/\(exchange.agreement)"
        let stranger = try await exchange.hub.organisation("stranger", roles: ["consumer", "provider"])
        #expect(try await stranger.problem(.post, path + "/end").status == 404)
        #expect(try await exchange.owners[0].client.problem(.post, path + "/end").status == 403)
        let said = try await exchange.provider.call(
            .post, path + "/end", body: .json(["reason": "no longer needed"])
        ).json
        #expect(said["state"] == "ended" && said["reason"] == "no longer needed")
        exchange.hub.kill()
        try exchange.hub.start()
        let seen = try await exchange.consumer.call(.get, path).json
        #expect(seen["state"] == "ended" && seen["ended_at"] == said["ended_at"])
        #expect(try await exchange.consumer.problem(.post, path + "/end").code == "agreement_ended")
        let refused = try await exchange.consumer.problem(
            .post, "/oauth/token", body: exchange.tokenForm())
        #expect(refused.status == 400 && refused.code == "invalid_grant")
        let asked = try await exchange.owners[0].client.call(.get, "/api/v1/requests?role=owner").json
        #expect(asked["items"]?.array?.first?["agreement_ended_at"] == said["ended_at"])
        // Withdrawing always works.
        #expect(try await exchange.withdraw(grant, by: 0)["state"] == "Withdrawn")
        let again = try await exchange.owners[0].client.problem(
            .post, "/api/v1/grants", body: .json(["agreement": .string(exchange.agreement)]))
        #expect([404, 409].contains(again.status), "\(again)")
        exchange.hub.stop()
        #expect(try Program.run("sluis", ["log", "fsck", "--data", exchange.hub.data]).status == 0)
    }
}
