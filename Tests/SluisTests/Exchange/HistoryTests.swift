import Foundation
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// Who sees what of the log.
@Suite("Searching the log, and an owner's reading history", .serialized)
struct HistoryTests {
    private static let owners = 3

    /// What a list holds once the index reaches to an entry; it follows the log a moment later.
    private func items(_ client: HubClient, _ path: String, upTo entry: Int64) async throws -> [JSON] {
        for _ in 0..<250 {
            let page = try await client.call(.get, path).json
            if try #require(page["indexed_to"]?.integer) > entry { return try #require(page["items"]?.array) }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NotIndexed()
    }

    private struct NotIndexed: Error {}

    private func completion(_ read: TestExchange.Read) throws -> Int64 {
        let receipt = try #require(
            read.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) })
        return try #require(try JSON.parse(receipt)["completion"]?.integer)
    }

    @Test("Each read is in the history of those whose rows went, with as many rows, and proven")
    func accesses() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let first = try await exchange.read(token)
        try await exchange.grant(2)
        let second = try await exchange.read(token, query: "?fields=plane,seat")
        let last = try completion(second)
        for owner in 0..<Self.owners {
            let accesses = try await items(exchange.owners[owner].client, "/api/v1/accesses", upTo: last)
            let expected = [second, first].compactMap { read -> Int? in
                let count = read.text.split(separator: "\n").dropFirst().count { $0.hasPrefix("K\(owner),") }
                return count == 0 ? nil : count
            }
            #expect(accesses.map { $0["rows"]?.integer.map { Int($0) } } == expected)
            #expect(accesses.allSatisfy { $0["consumer"] == "authority" && $0["dataset"] == "flights" })
            #expect(accesses.allSatisfy { $0["proof"]?.string?.hasPrefix("c2sp.org/tlog-proof@v1") == true })
            #expect(accesses.first?["fields"] == ["plane", "seat"])
        }
        // A side file that is gone shows as unknown, never as not read.
        for name in try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side") {
            try FileManager.default.removeItem(atPath: hub.data + "/side/" + name)
        }
        let lost = try await items(exchange.owners[0].client, "/api/v1/accesses", upTo: last)
        #expect(lost.map { $0["rows"] } == ["unknown", "unknown"])
    }

    @Test("A read under way when a key passes on is in the history of him whose rows went, and of no other")
    func passing() async throws {
        let rows = (0..<300_000).map { "K0,\($0),0.5\n" }.joined() + "K1,1,0.5\n"
        let exchange = try await TestExchange(TestHub(), owners: 2, csv: "plane,seat,fare\n" + rows)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let links = "owner_key,owner\nK0,\(exchange.owners[1].id)\n"
        let read = try await exchange.paused(exchange.token()) {
            _ = try await exchange.provider.call(
                .put, "/api/v1/datasets/flights/links", body: .bytes(Array(links.utf8), "text/csv"))
        }
        let sent = String(decoding: read.body, as: UTF8.self).split(separator: "\n").count {
            $0.hasPrefix("K0,")
        }
        #expect(sent > 0 && sent < 300_000)
        let last = try Int64(#require(read.completion))
        for (owner, expected) in [(0, Int64(sent)), (1, 1)] {
            let accesses = try await items(exchange.owners[owner].client, "/api/v1/accesses", upTo: last)
            #expect(accesses.map { $0["rows"]?.integer } == [expected], "owner \(owner)")
        }
    }

    @Test("Staff without a role see nothing of their organisation") func staff() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let last = try #require(try await exchange.grant(0)["entry"]?.integer)
        let clerk = try await hub.person("clerk", organisation: "airport").client
        let auditor = try await hub.person("auditor", organisation: "airport", role: "auditor").client
        let path = "/api/v1/log/entries?limit=1000"
        let seen = try await items(auditor, path, upTo: last + 2)
        #expect(seen.contains { $0["entry"]?["type"] == "grant.given" })
        let own = try await items(clerk, path, upTo: last + 2)
        #expect(own.allSatisfy { $0["entry"]?["type"] == "person.added" } && own.count <= 1, "\(own)")
        #expect(try await items(clerk, "/api/v1/accesses", upTo: last).isEmpty)
    }

    @Test("An organisation sees what names it, a supervisor all, an owner who looked him up")
    func visibility() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners)
        _ = try await hub.organisation("stranger", roles: ["provider", "consumer"])
        var last: Int64 = 0
        for owner in 0..<Self.owners {
            last = try #require(try await exchange.grant(owner)["entry"]?.integer)
        }
        let auditor = try await hub.person("auditor", organisation: "stranger", role: "auditor").client
        let supervisor = try await hub.person("supervisor", role: "supervisor").client

        let all = try await items(supervisor, "/api/v1/log/entries?limit=1000", upTo: last + 2)
        #expect(all.first?["index"]?.integer == Int64(all.count - 1), "newest first")
        let strange = try await items(auditor, "/api/v1/log/entries?limit=1000", upTo: last + 2)
        #expect(strange.count == 2, "that it was added, and its auditor: \(strange)")
        let given = try await items(exchange.provider, "/api/v1/log/entries?type=grant.given", upTo: last)
        #expect(given.count == Self.owners)

        let (id, client) = exchange.owners[0]
        let viewed = try await supervisor.call(.get, "/api/v1/log/entries?owner=\(id)")
        let entry = try #require(viewed.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        let own = try await items(client, "/api/v1/log/entries?limit=1000", upTo: entry)
        #expect(own.contains { $0["index"]?.integer == entry && $0["entry"]?["type"] == "history.viewed" })
        #expect(own.contains { $0["entry"]?["type"] == "grant.given" })
        #expect(own.allSatisfy { $0["entry"]?["type"] != "org.added" })
        let foreign = try await client.problem(.get, "/api/v1/log/entries?owner=\(exchange.owners[1].id)")
        #expect(foreign.code == "not_yours")
        let bad = try await supervisor.problem(.get, "/api/v1/log/entries?type=nothing")
        #expect(bad.status == 400 && bad.field == "type")
    }
}
