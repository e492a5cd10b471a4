import Foundation
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// AuthZEN 1.0 out of a hub: what it answers beforehand is what a read is told.
@Suite(.serialized)
struct DecisionPointTests {
    private static func entity(_ type: String, _ id: String) -> JSON {
        ["type": .string(type), "id": .string(id)]
    }

    private static func question(
        _ subject: String = "authority", _ resource: String = "flights", action: String = "read",
        context: JSON? = nil
    ) -> [String: JSON] {
        var members: [String: JSON] = [
            "subject": entity("organisation", subject), "resource": entity("dataset", resource),
            "action": ["name": .string(action)],
        ]
        members["context"] = context
        return members
    }

    private static func decide(_ client: HubClient, _ members: [String: JSON]) async throws -> JSON {
        try await client.call(.post, "/access/v1/evaluation", body: .json(.object(members))).json
    }

    private static func reason(_ json: JSON) -> String? {
        json["context"]?["reasons"]?.array?.first?["code"]?.string
    }

    @Test func `a decision is what a read would be told, and says why`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let consumer = exchange.consumer
        let permit = try await Self.decide(consumer, Self.question())
        #expect(permit["decision"] == true)
        let agreement = try #require(permit["context"]?["agreement"]?.string)
        #expect(agreement.hasSuffix("/id/agreements/\(exchange.agreement)"))
        let refused: [(context: JSON, reason: String)] = [
            (["purpose": "https://w3id.org/dpv#Marketing"], "purpose_not_permitted"),
            (["purpose": "whatever"], "purpose_unknown"),
            (["fields": ["seat", "nose"]], "field_not_agreed"),
            (["agreement": "01890000-0000-7000-8000-000000000000"], "no_agreement"),
        ]
        for (context, reason) in refused {
            let answer = try await Self.decide(consumer, Self.question(context: context))
            #expect(answer["decision"] == false && Self.reason(answer) == reason, "\(context): \(answer)")
        }
        let accepted: [JSON] = [
            ["purpose": .string(TestExchange.purpose), "fields": "seat"], ["fields": ["fare", "plane"]],
            ["agreement": .string(exchange.agreement)], ["agreement": .string(agreement), "x": [1]],
        ]
        for context in accepted {
            #expect(try await Self.decide(consumer, Self.question(context: context))["decision"] == true)
        }
        let host = agreement.components(separatedBy: "/id/")[0]
        let whole = Self.question(host + "/id/organisations/authority", host + "/id/datasets/flights")
        #expect(try await Self.decide(consumer, whole)["decision"] == true)
    }

    @Test func `what a request says of its subject changes nothing, and what is not known is a deny`()
        async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let provider = exchange.provider
        var forged = Self.question("airport")
        forged["subject"] = [
            "type": "organisation", "id": "airport", "properties": ["agreement": .string(exchange.agreement)],
        ]
        #expect(try await Self.decide(provider, forged)["decision"] == false)
        for (members, reason) in [
            (Self.question("authority", action: "write"), "action_unknown"),
            (Self.question("Nobody!"), "subject_unknown"),
            (Self.question("authority", "a b"), "resource_unknown"),
            (Self.question("ghost"), "no_agreement"),
        ] {
            let answer = try await Self.decide(provider, members)
            #expect(answer["decision"] == false && Self.reason(answer) == reason, "\(members): \(answer)")
        }
        for context: JSON in [["purpose": 7], ["fields": []], ["fields": [7]], ["agreement": "x"]] {
            let problem = try await provider.problem(
                .post, "/access/v1/evaluation", body: .json(.object(Self.question(context: context))))
            #expect(problem.status == 400 && problem.code == "invalid_request")
            #expect(problem.field?.hasPrefix("context.") == true, "\(context): \(problem)")
        }
    }

    @Test func `one party's agreements are not another's to ask for`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let thief = try await exchange.hub.organisation("thief", roles: ["consumer", "provider"])
        let problem = try await thief.problem(
            .post, "/access/v1/evaluation", body: .json(.object(Self.question())))
        #expect(problem.status == 403 && problem.code == "not_party")
        let several: JSON = ["evaluations": [.object(Self.question()), .object(Self.question("thief"))]]
        let answer = try await thief.call(.post, "/access/v1/evaluations", body: .json(several)).json
        let items = try #require(answer["evaluations"]?.array)
        #expect(items.count == 2 && items.allSatisfy { $0["decision"] == false })
        #expect(items[0]["context"]?["error"]?["status"] == 403)
        #expect(Self.reason(items[1]) == "no_agreement")
        for client in [exchange.provider, exchange.consumer, try exchange.hub.operatorClient] {
            #expect(try await Self.decide(client, Self.question())["decision"] == true)
        }
    }

    private static func search(_ client: HubClient, _ what: String, _ members: [String: JSON]) async throws
        -> [String]
    {
        let answer = try await client.call(
            .post, "/access/v1/search/\(what)", body: .json(.object(members)))
        let results = try #require(answer.json["results"]?.array)
        return results.compactMap { $0["id"]?.string ?? $0["name"]?.string }
    }

    @Test func `searches find what an evaluation permits to whoever may ask it`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let thief = try await exchange.hub.organisation("thief", roles: ["consumer"])
        try await TestExchange.publish(
            "weather", "plane,seat,fare\n", rule: ["open": true], by: exchange.provider)
        let parties = [exchange.provider, exchange.consumer, try exchange.hub.operatorClient]
        for client in parties {
            #expect(try await Self.search(client, "resource", Self.question()).contains("flights"))
            #expect(try await Self.search(client, "subject", Self.question()) == ["authority"])
            #expect(try await Self.search(client, "action", Self.question()) == ["read"])
        }
        #expect(
            try await Self.search(exchange.consumer, "resource", Self.question()) == ["flights", "weather"])
        #expect(try await Self.search(thief, "resource", Self.question("thief")) == ["weather"])
        for what in ["subject", "resource", "action"] {
            #expect(try await Self.search(thief, what, Self.question()).isEmpty)
        }
        for (fields, isPermitted) in [(["seat"], true), (["seat", "nose"], false)] {
            let answer = try await Self.decide(
                thief, Self.question("thief", "weather", context: ["fields": JSON(fields)]))
            #expect(answer["decision"] == .bool(isPermitted), "\(fields): \(answer)")
        }
    }

    @Test func `an ended agreement is told at once, whatever the request is called`() async throws {
        let end = Instant.system.adding(seconds: 3)
        let exchange = try await TestExchange(TestHub(), owners: 0, validUntil: end)
        let headers: HTTPHeaders = ["Idempotency-Key": "k", "X-Request-ID": "question 7"]
        func ask() async throws -> HubAnswer {
            try await exchange.consumer.call(
                .post, "/access/v1/evaluation", body: .json(.object(Self.question())), headers: headers)
        }
        let before = try await ask()
        #expect(before.headers.first(name: "X-Request-ID") == "question 7")
        #expect(before.headers.first(name: "Cache-Control") == "no-store")
        if Instant.system < end { #expect(try before.json["decision"] == true) }
        while Instant.system < end.adding(seconds: 1) { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await ask().json["decision"] == false)
    }

    @Test func `the metadata name the hub and its endpoints`() async throws {
        let hub = try TestHub()
        let json = try await hub.operatorClient.call(.get, "/.well-known/authzen-configuration").json
        #expect(json["policy_decision_point"] == .string(hub.machines))
        for (name, path) in [
            ("access_evaluation_endpoint", "evaluation"), ("access_evaluations_endpoint", "evaluations"),
            ("search_subject_endpoint", "search/subject"), ("search_resource_endpoint", "search/resource"),
            ("search_action_endpoint", "search/action"),
        ] {
            #expect(json[name] == .string("\(hub.machines)/access/v1/\(path)"))
        }
    }
}
