import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Requests that mean harm, or that only a careless client sends.
@Suite(.serialized)
struct HostileRequestTests {
    @Test(arguments: ["nan", "inf", "-1", "1e999", "0.5.5", "2", ""])
    func `a weight that is no weight weighs nothing`(quality: String) async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await exchange.read(exchange.token(), accept: "text/csv;q=\(quality)")
        }
        #expect(problem?.status == 406, "\(String(describing: problem))")
        let read = try await exchange.read(
            exchange.token(), accept: "text/csv;q=\(quality), application/x-ndjson;q=0.5")
        #expect(read.headers.first(name: "Content-Type") == "application/x-ndjson")
    }

    @Test func `text that is slow to compare is not compared`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let marks = String(repeating: "\u{0301}", count: 20_000)
        let start = ContinuousClock().now
        let form = HubBody.bytes(
            Array("a\(marks)=1&grant_type=client_credentials".utf8), "application/x-www-form-urlencoded")
        let token = try await exchange.consumer.problem(.post, "/oauth/token", body: form)
        #expect(token.status == 400 && token.detail.utf8.count < 1000)
        let header = HubBody.bytes(Array("plane\(marks),seat,fare\n".utf8), "text/csv")
        let data = try await exchange.provider.problem(.put, "/api/v1/datasets/flights/data", body: header)
        #expect(data.status == 422)
        let links = HubBody.bytes(Array("owner_key\(marks),owner\n".utf8), "text/csv")
        let link = try await exchange.provider.problem(.put, "/api/v1/datasets/flights/links", body: links)
        #expect(link.status == 400)
        let large = HubBody.bytes(
            Array(("x=" + String(repeating: "y", count: 70_000)).utf8), "application/x-www-form-urlencoded")
        let long = try await exchange.consumer.problem(.post, "/oauth/token", body: large)
        #expect(long.code == "invalid_request" && long.status == 400)
        #expect(ContinuousClock().now - start < .seconds(20))
    }

    @Test func `what a reader writes in his query never reaches the log`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let token = try await exchange.token()
        let secret = "Jan%20Jansen%2085.07.30"
        let unknown = await #expect(throws: HubProblem.self) {
            _ = try await exchange.read(token, query: "?fields=\(secret)")
        }
        #expect(unknown?.status == 400 && unknown?.code == "field_unknown")
        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets", body: .json(TestExchange.describe("empty")))
        let agreement = try await TestExchange.agreement(
            "empty", ["seat"], exchange.consumer, exchange.provider)
        let other = try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(dataset: "empty", agreement: agreement)
        ).text("access_token")
        let empty = await #expect(throws: HubProblem.self) {
            _ = try await exchange.read(other, query: "?fields=\(secret)", dataset: "empty")
        }
        #expect(empty?.status == 404 && empty?.code == "no_data", "\(String(describing: empty))")
        exchange.hub.stop()
        #expect(!(try exchange.hub.entries().map(\.canonicalText).joined()).contains("Jansen"))
    }

    @Test func `a token covers all agreed fields, however many, without naming them`() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 0)
        let names = (0..<300).map { "column-with-a-long-name-\($0)" }
        let fields = names.map { ["name": .string($0), "id": .string($0), "type": "string"] as JSON }
        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets",
            body: .json([
                "id": "wide", "title": "Wide", "owner_rule": ["single": "airport"], "fields": .array(fields),
            ]))
        let agreement = try await TestExchange.agreement("wide", names, exchange.consumer, exchange.provider)
        let answer = try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(dataset: "wide", agreement: agreement)
        ).json
        #expect(answer["authorization_details"]?.array?.first?["fields"]?.array?.count == 300)
        let named = try await exchange.consumer.problem(
            .post, "/oauth/token",
            body: exchange.tokenForm(["fields": JSON(names)], dataset: "wide", agreement: agreement))
        #expect(named.code == "invalid_authorization_details" && named.status == 400)
        hub.stop()
        #expect(try hub.entries("token.issued").count == 1, "no entry of a token that was not made")
    }

    @Test func `what was sent is logged even if its side file cannot be written`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let side = exchange.hub.data + "/side"
        try FileManager.default.removeItem(atPath: side)
        try Data().write(to: URL(fileURLWithPath: side))
        let read = try await exchange.read(exchange.token())
        #expect(read.rows.count == 1 && read.trailers.first(name: "Sluis-Status") == "complete")
        #expect(exchange.hub.errors.contains("side file"), "the operator is told: \(exchange.hub.errors)")
        exchange.hub.stop()
        let completion = try #require(try exchange.hub.entries("access").first)
        #expect(completion["delivered"] == .null && completion["rows"] == 1)
    }

    @Test func `SIGTERM cuts a reader who takes too long, and says so in the log`() async throws {
        let rows = (0..<20_000).map { "K0,\($0),0.\(String(repeating: "7", count: 400))\n" }.joined()
        let hub = try TestHub(settings: "drain_seconds: 2\n")
        let exchange = try await TestExchange(hub, owners: 1, csv: "plane,seat,fare\n" + rows)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let profile = exchange.consumer.profile.folder
        let request = try hub.scratch.file(
            "request",
            "GET /data/flights HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(token)\r\n\r\n")
        let script = """
            (cat '\(request)'; sleep 30) | timeout 30 openssl s_client -connect \(hub.machines.dropFirst(8)) \
            -CAfile '\(profile)/ca.pem' -cert '\(profile)/certificate.pem' -key '\(profile)/key.pem' \
            -quiet 2>/dev/null | (head -c 1000 >/dev/null; sleep 25)
            """
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/bin/sh")
        reader.arguments = ["-c", script]
        reader.standardOutput = FileHandle.nullDevice
        try reader.run()
        defer { reader.terminate() }
        try await Task.sleep(for: .seconds(1))
        let start = ContinuousClock().now
        hub.stop()
        #expect(ContinuousClock().now - start < .seconds(15))
        let completion = try #require(try hub.entries("access.completed").last)
        #expect(completion["status"] == "cut", "\(completion)")
        #expect(try #require(completion["rows"]?.integer) < 20_000)
    }

    @Test func `a consumer finds the agreement that came of his request`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let listed = try await exchange.consumer.call(.get, "/api/v1/requests?role=consumer").json
        let item = try #require(listed["items"]?.array?.first)
        #expect(item["state"] == "agreed" && item["agreement"] == .string(exchange.agreement))
    }
}
