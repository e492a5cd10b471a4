import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Processors read in their own name for a consumer, who lets them and ends it.
@Suite("Processors", .serialized)
struct ProcessorTests {
    private static func processors(_ exchange: TestExchange, _ names: [String]) async throws -> JSON {
        try await exchange.consumer.call(
            .put, "/api/v1/agreements/\(exchange.agreement)/processors", body: .json(JSON(names))
        ).json
    }

    private static func token(_ exchange: TestExchange, by client: HubClient) async throws -> HubAnswer {
        try await client.call(.post, "/oauth/token", body: exchange.tokenForm(["act_for": "authority"]))
    }

    @Test("Entry and history show both; who is left out is out at once") func story() async throws {
        let csv = CodedReadTests.csv(owners: 2, rowsOfEach: 50_000, digits: 252)
        let exchange = try await TestExchange(TestHub(), owners: 2, csv: csv)
        try await exchange.grant(0)
        try await exchange.grant(1)
        let helper = try await exchange.hub.organisation("helper", roles: ["consumer"])
        let before = await #expect(throws: HubProblem.self) { try await Self.token(exchange, by: helper) }
        #expect(before?.code == "invalid_authorization_details")
        #expect(try await Self.processors(exchange, ["helper"])["processors"] == ["helper"])
        let answer = try await Self.token(exchange, by: helper).json
        #expect(answer["authorization_details"]?.array?.first?["act_for"] == "authority")
        let token = try #require(answer["access_token"]?.string)
        #expect(try await exchange.read(token, query: "?limit=1", by: helper).rows.count == 1)
        // It is the processor's token, and no other's.
        #expect(try await exchange.raw(token).status == 401)
        let seen = try await helper.call(.get, "/api/v1/agreements/\(exchange.agreement)").json
        #expect(seen["consumer"] == "authority")

        let supervisor = try await exchange.hub.person("supervisor", role: "supervisor").client
        let small = try await exchange.raw(token, "?limit=1", by: helper)
        let index = Int64(try #require(small.completion))
        try await exchange.indexed(beyond: index - 1, by: supervisor)
        let seenEntry = try await helper.call(
            .get, "/api/v1/log/entries?type=access&limit=1"
        ).json["items"]?.array?.first?["entry"]
        #expect(seenEntry?["actor"]?["org"] == "helper" && seenEntry?["consumer"] == "authority")
        let theirs = try await exchange.consumer.call(
            .get, "/api/v1/log/entries?type=access&limit=1"
        ).json["items"]?.array?.first?["entry"]
        #expect(theirs == seenEntry, "the consumer sees what is done for it")
        let history = try await exchange.owners[0].client.call(.get, "/api/v1/accesses").json
        let item = history["items"]?.array?.first
        #expect(item?["consumer"] == "authority" && item?["processor"] == "helper", "\(history)")

        // A running stream of it ends; those of the consumer go on.
        let read = try await exchange.paused(token, by: helper) {
            let left = try await Self.processors(exchange, [])
            #expect(left["processors"] == [])
        }
        #expect(read.trailers.first(name: "Sluis-Status") == "cut")
        await #expect(throws: HubProblem.self) { try await Self.token(exchange, by: helper) }
        let gone = await #expect(throws: HubProblem.self) {
            try await exchange.read(token, query: "?limit=1", by: helper)
        }
        #expect(gone?.status == 401)
        let own = try await exchange.token()
        #expect(try await exchange.read(own, query: "?limit=3").rows.count == 3)
        exchange.hub.stop()
        let changes = try exchange.hub.entries("processors.changed")
        #expect(changes.map { $0["processors"] } == [["helper"], []])
        #expect(changes.map { $0["removed"] } == [[], ["helper"]])
    }

    @Test("Who may be a processor, and who says so") func rules() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        _ = try await exchange.hub.organisation("helper", roles: ["consumer"])
        let path = "/api/v1/agreements/\(exchange.agreement)/processors"
        let cases: [(JSON, String)] = [
            (["nobody"], "processor_unknown"), (["authority"], "processor_unknown"),
            (["helper", "helper"], "bad_processors"), (["NOT A SLUG"], "wrong_type"), ([:], "wrong_type"),
            ([1], "wrong_type"),
        ]
        for (body, code) in cases {
            let problem = try await exchange.consumer.problem(.put, path, body: .json(body))
            #expect(problem.code == code, "\(body.canonicalText): \(problem)")
        }
        let helpers = HubBody.json(["helper"])
        #expect(try await exchange.provider.problem(.put, path, body: helpers).status == 403)
        let stranger = try await exchange.hub.organisation("stranger", roles: ["consumer"])
        #expect(try await stranger.problem(.put, path, body: helpers).status == 404)
        _ = try await exchange.consumer.call(.post, "/api/v1/agreements/\(exchange.agreement)/end")
        #expect(try await exchange.consumer.problem(.put, path, body: helpers).code == "agreement_ended")
    }

    @Test("A processor goes with the consumer's suspension and with its own") func suspended() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let helper = try await exchange.hub.organisation("helper", roles: ["consumer"])
        _ = try await Self.processors(exchange, ["helper"])
        let token = try #require(try await Self.token(exchange, by: helper).json["access_token"]?.string)
        let keeper = try exchange.hub.operatorClient
        for (party, status) in [("authority", 403), ("helper", 401)] {
            _ = try await keeper.call(.post, "/api/v1/organisations/\(party)/suspend")
            let problem = await #expect(throws: HubProblem.self) {
                try await exchange.read(token, by: helper)
            }
            #expect(problem?.status == status, "\(party)")
            _ = try await keeper.call(.post, "/api/v1/organisations/\(party)/resume")
            #expect(try await exchange.read(token, by: helper).rows == ["K0,0,0.0"])
        }
    }
}
