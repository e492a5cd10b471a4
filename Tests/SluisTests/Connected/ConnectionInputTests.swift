import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Connecting a dataset: what is refused, by route and by command line.
@Suite("Connecting a dataset", .serialized)
struct ConnectionInputTests {
    private static let route = "/api/v1/datasets/flights/upstream"

    @Test("Bad input, and what a connected dataset cannot do") func refused() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        let (provider, origin) = (connected.exchange.provider, connected.server.origin)
        func problem(_ body: JSON) async throws -> String {
            let problem = try await provider.problem(.put, Self.route, body: .json(body))
            return "\(problem.status) \(problem.code) \(problem.field ?? "")"
        }
        let urls = [
            "", "flights.csv", "ftp://x/", "https://", "https://x:99999/", "http://example.org/",
            "https://user@127.0.0.1/", "https://x/#a", "https://X/", "https://x/ y", "https://x\\y/",
        ]
        for url in urls {
            #expect(try await problem(["url": .string(url)]) == "400 bad_upstream_url url", "\(url)")
        }
        #expect(try await problem(["url": "https://example.org/"]) == "403 upstream_not_allowed url")
        #expect(try await problem(["url": .string(origin + "1/")]).hasSuffix("url"))
        #expect(try await problem([:]) == "400 member_missing url")
        #expect(try await problem(["url": .string(origin), "format": "xml"]) == "400 wrong_value format")
        #expect(try await problem(["url": .string(origin), "bearer": "a b"]) == "400 bad_bearer bearer")
        #expect(try await problem(["url": .string(origin), "uri": "x"]) == "400 member_unknown uri")
        let data = "/api/v1/datasets/flights/data"
        for method in [HubClient.Method.put, .post] {
            let found = try await provider.problem(
                method, data, body: .bytes(Array("plane,seat,fare\n".utf8), "text/csv"))
            #expect(found.status == 409 && found.code == "dataset_connected")
        }
        let deleted = try await provider.problem(.delete, "/api/v1/datasets/flights/owners/K0")
        #expect(deleted.code == "dataset_connected")
        let token = try await connected.exchange.token()
        let since = await #expect(throws: HubProblem.self) {
            _ = try await connected.exchange.read(token, query: "?since=x")
        }
        #expect(since?.status == 400 && since?.code == "since_of_connected")
        #expect(connected.server.seen.isEmpty)
    }

    @Test("A dataset that is hosted, has a time column, or is another's cannot be connected")
    func others() async throws {
        let connected = try await ConnectedExchange(owners: 0)
        let (provider, origin) = (connected.exchange.provider, connected.server.origin)
        let body = HubBody.json(["url": .string(origin)])
        try await TestExchange.publish("hosted", "plane,seat,fare\nK0,1,1\n", by: provider)
        #expect(
            try await provider.problem(.put, "/api/v1/datasets/hosted/upstream", body: body).code
                == "dataset_hosted")
        var timed = TestExchange.describe("timed").object ?? [:]
        timed["fields"] = [["name": "plane", "type": "string"], ["name": "day", "type": "date"]]
        timed["time_column"] = "day"
        _ = try await provider.call(.post, "/api/v1/datasets", body: .json(.object(timed)))
        #expect(
            try await provider.problem(.put, "/api/v1/datasets/timed/upstream", body: body).code
                == "time_column_connected")
        let other = try await connected.hub.organisation("other", roles: ["provider"])
        #expect(try await other.problem(.put, Self.route, body: body).status == 404)
        // The hub may read there, but not for everybody: the server trusts the hub.
        _ = try await other.call(.post, "/api/v1/datasets", body: .json(TestExchange.describe("theirs")))
        let foreign = try await other.problem(.put, "/api/v1/datasets/theirs/upstream", body: body)
        #expect(foreign.status == 403 && foreign.remedy?.contains("other=\(origin)") == true)
    }

    @Test("An origin that the operator no longer allows is not read") func withdrawn() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        try await connected.exchange.grant(0)
        connected.hub.stop()
        let path = connected.hub.data + "/sluis.yaml"
        let lines = try String(contentsOfFile: path, encoding: .utf8)
        let other = lines.replacing(connected.server.origin, with: "https://example.org")
        try other.write(toFile: path, atomically: true, encoding: .utf8)
        try connected.hub.start()
        let token = try await connected.exchange.token()
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await connected.exchange.read(token)
        }
        #expect(problem?.status == 502 && problem?.code == "upstream_not_allowed")
        #expect(connected.server.seen.isEmpty)
    }

    @Test("By the command line: connect, again, inspect; and what is missing or not allowed")
    func commands() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        let scratch = ScratchFolder()
        let schema = try scratch.file(
            "schema.json",
            #"[{"name":"plane","type":"string"},{"name":"seat","type":"integer"}]"#)
        let profile = connected.exchange.provider.profile.folder
        let url = connected.server.origin + "/seats"
        func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
            let done = try Program.run("sluis", arguments + ["--profile", profile])
            return (done.status, done.output, done.errors)
        }
        let arguments = [
            "dataset", "connect", "seats", "--url", url, "--title", "Seats", "--open", "--schema", schema,
        ]
        let made = try run(arguments)
        #expect(made.status == 0 && made.output.hasPrefix("connected version 1 of seats, read at \(url)"))
        #expect(made.errors.contains("You confirm"))
        #expect(try run(arguments).output.hasPrefix("connected version 2 of seats"))
        let inspected = try run(["dataset", "inspect", "seats"])
        #expect(inspected.output.contains(url), "\(inspected.output)\(inspected.errors)")
        let without = try run(["dataset", "connect", "x", "--url", url, "--title", "X", "--open"])
        #expect(without.status == 2 && without.errors.contains("--schema"))
        let foreign = try run(
            [
                "dataset", "connect", "x", "--url", "https://a.example/", "--title", "X", "--open",
                "--schema",
                schema,
            ])
        #expect(foreign.status == 1 && foreign.errors.contains("upstream.origins"), "\(foreign.errors)")
    }
}
