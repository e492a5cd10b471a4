import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Limits of what one organisation takes of one dataset, as its reader meets them.
@Suite("Limits", .serialized)
struct LimitTests {
    private static func refused(_ answer: RawAnswer, _ code: String) throws {
        #expect(answer.status == 429)
        let wait = try #require(answer.headers.first(name: "Retry-After").flatMap { Int($0) })
        #expect((1...60).contains(wait), "\(code): \(wait)")
    }

    @Test("Requests: answers say what is left, then 429 says when") func requests() async throws {
        let exchange = try await TestExchange(
            TestHub(settings: "limits:\n  requests_per_minute: 3\n"), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        for left in [2, 1, 0] {
            let read = try await exchange.raw(token)
            #expect(read.status == 200)
            #expect(read.headers.first(name: "RateLimit")?.hasPrefix("\"requests\";r=\(left);t=") == true)
            #expect(read.headers.first(name: "RateLimit-Policy") == "\"requests\";q=3;w=60")
        }
        try Self.refused(try await exchange.raw(token), "requests")
        let problem = await #expect(throws: HubProblem.self) { try await exchange.read(token) }
        #expect(problem?.code == "too_many_requests" && problem?.expected == "at most 3 a minute")
        // Others, and other datasets, are not touched by it; nor is what takes away.
        let rule: JSON = ["open": true]
        try await TestExchange.publish(
            "open-flights", "plane,seat,fare\nX,1,1\n", rule: rule, by: exchange.provider)
        #expect(try await exchange.read(nil, dataset: "open-flights").rows == ["X,1,1"])
        let helper = try await exchange.hub.organisation("helper", roles: ["consumer"])
        _ = try await exchange.consumer.call(
            .put, "/api/v1/agreements/\(exchange.agreement)/processors", body: .json(["helper"]))
        let theirs = try await helper.call(
            .post, "/oauth/token", body: exchange.tokenForm(["act_for": "authority"])
        ).text("access_token")
        #expect(try await exchange.read(theirs, by: helper).rows == ["K0,0,0.0"])
        exchange.hub.stop()
        let reads = try exchange.hub.entries().filter {
            $0["type"]?.string?.hasPrefix("access") == true && $0["actor"]?["org"] == "authority"
        }
        #expect(reads.count == 3, "what was refused is no decision")
    }

    @Test("Bytes: an answer that goes beyond is whole, and the next one waits") func bytes() async throws {
        let csv = CodedReadTests.csv(owners: 1, rowsOfEach: 2_000, digits: 252)
        let exchange = try await TestExchange(
            TestHub(settings: "limits:\n  bytes_per_minute: 400000\n"), owners: 1, csv: csv)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let read = try await exchange.raw(token)
        #expect(read.status == 200 && read.trailers.first(name: "Sluis-Status") == "complete")
        #expect(read.body.count == csv.utf8.count)
        try Self.refused(try await exchange.raw(token, "?limit=1"), "bytes")
    }

    @Test("Streams: a place is free again when its reader is done or gone") func streams() async throws {
        let csv = CodedReadTests.csv(owners: 1, rowsOfEach: 50_000, digits: 252)
        let exchange = try await TestExchange(
            TestHub(settings: "limits:\n  streams: 1\n"), owners: 1, csv: csv)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let read = try await exchange.paused(token) {
            let other = try await exchange.raw(token, "?limit=1")
            #expect(other.status == 429)
        }
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        #expect(try await exchange.raw(token, "?limit=1").status == 200)
        await #expect(throws: Gone.self) {
            _ = try await exchange.raw(token) { _ in throw Gone() }
        }
        for _ in 0..<100 {
            if try await exchange.raw(token, "?limit=1").status == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("a reader who left keeps his place")
    }

    private struct Gone: Error {}

    @Test("Tokens, too") func tokens() async throws {
        let exchange = try await TestExchange(
            TestHub(settings: "limits:\n  tokens_per_minute: 2\n"), owners: 0)
        for _ in 0..<2 { _ = try await exchange.token() }
        let problem = try await exchange.consumer.problem(
            .post, "/oauth/token", body: exchange.tokenForm())
        #expect(problem.status == 429 && problem.members["error"] == "temporarily_unavailable")
    }

    @Test("A limit that is none is told at the start", arguments: ["-1", "many", "1.5"])
    func bad(value: String) throws {
        let hub = try TestHub()
        hub.stop()
        try hub.configure("limits:\n  streams: \(value)\n")
        let result = try Program.run(
            "sluis", ["serve", "--data", hub.data, "--people", "127.0.0.1:0", "--machines", "127.0.0.1:0"])
        #expect(result.status == 2 && result.errors.contains("limits.streams"), "\(result)")
    }
}
