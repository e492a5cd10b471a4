import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// A provider adds rows to a dataset and deletes those of one owner, on a real hub.
@Suite("Rows come and go under the grants that there are", .serialized)
struct AppendTests {
    private static let path = "/api/v1/datasets/flights/data"

    private func append(_ rows: String, _ exchange: TestExchange) async throws -> JSON {
        try await exchange.provider.call(
            .post, Self.path, body: .bytes(Array("plane,seat,fare\n\(rows)".utf8), "text/csv")
        ).json
    }

    private func segmentFiles(_ hub: TestHub, _ version: Int) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: hub.data + "/data/flights/\(version)")
            .filter { $0.hasPrefix("rows-") }.count
    }

    @Test("What is added belongs to the owners of its keys, and flows where they granted")
    func added() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(0)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows == ["K0,0,0.0"])
        let answer = try await append("K1,8,1\nK0,9,2\nK7,1,1\nNA,1,1\n", exchange)
        #expect(answer["version"] == 2 && answer["rows"] == 9 && answer["owners"] == 3)
        #expect(answer["ownerless_rows"] == 3 && answer["bad_line_count"] == 0)
        #expect(try await exchange.read(token).rows.sorted() == ["K0,0,0.0", "K0,9,2"])
        try await exchange.grant(1)
        #expect(try await exchange.read(token).rows.count == 5)
        let ordered = try await exchange.read(token, query: "?order=original")
        #expect(
            ordered.text == "plane,seat,fare\nK0,0,0.0\nK1,0,1.0\nK1,1,1.1\nK1,8,1\nK0,9,2\n")
        let wrong = try await exchange.consumer.problem(
            .get, "/data/flights?order=random", headers: [("Authorization", "Bearer \(token)")])
        #expect(wrong.status == 400 && wrong.code == "wrong_value")
        // Rows of an owner in several segments are one line of his history.
        let index = try #require(ordered.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        var found: [Int64] = []
        for _ in 0..<500 where found.isEmpty {
            let page = try await exchange.owners[1].client.call(.get, "/api/v1/accesses").json
            found =
                page["items"]?.array?.filter { $0["entry"]?.integer == index }
                .compactMap { $0["rows"]?.integer } ?? []
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(found == [3])
        exchange.hub.stop()
        #expect(try exchange.hub.entries("dataset.versioned").count == 2)
        try exchange.hub.start()
        #expect(try await exchange.read(token).rows.count == 5, "after a restart too")
    }

    @Test("Bad lines change nothing, and a first file may be added as well as put")
    func refused() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let problem = try await exchange.provider.problem(
            .post, Self.path, body: .bytes(Array("plane,seat,fare\nK0,x,1\n".utf8), "text/csv"))
        #expect(problem.status == 422 && problem.code == "bad_lines")
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows == ["K0,0,0.0"])
        let other = try await exchange.hub.organisation("other", roles: ["provider"])
        let foreign = try await other.problem(
            .post, Self.path, body: .bytes(Array("plane,seat,fare\nK0,1,1\n".utf8), "text/csv"))
        #expect(foreign.status == 403 || foreign.status == 404)
        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets", body: .json(TestExchange.describe("fresh", rule: ["open": true])))
        let first = try await exchange.provider.call(
            .post, "/api/v1/datasets/fresh/data",
            body: .bytes(Array("plane,seat,fare\nK0,1,1\n".utf8), "text/csv")
        ).json
        #expect(first["version"] == 1 && first["rows"] == 1)
        #expect(try await exchange.read(nil, dataset: "fresh").rows == ["K0,1,1"])
    }

    @Test("However often a little is added, there are few segments, and reads are right all the while")
    func often() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        for number in 1...20 {
            _ = try await append("K0,\(number),1\nK9,\(number),1\n", exchange)
            #expect(try await exchange.read(token).rows.count == number + 1)
        }
        for _ in 0..<200 where try segmentFiles(exchange.hub, 21) > 6 {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try segmentFiles(exchange.hub, 21) <= 6)
        let seats = try await exchange.read(token).rows.map { $0.split(separator: ",")[1] }
        #expect(Set(seats) == Set((0...20).map { "\($0)" }))
        exchange.hub.kill()
        try exchange.hub.start()
        #expect(try await exchange.read(token).rows.count == 21)
    }

    @Test("Many who add at once: each is added whole or told to wait, and the hub goes on")
    func atOnce() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let outcomes = await withTaskGroup(of: Int?.self) { group in
            for number in 1...24 {
                group.addTask {
                    do {
                        _ = try await self.append("K0,\(number),1\n", exchange)
                        return nil
                    } catch {
                        return (error as? HubProblem)?.status ?? 0
                    }
                }
            }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }
        let refused = outcomes.compactMap { $0 }
        #expect(refused.allSatisfy { $0 == 409 || $0 == 503 }, "\(refused)")
        let added = outcomes.count - refused.count
        #expect(added >= 1)
        #expect(try await exchange.read(token).rows.count == 1 + added)
        _ = try await append("K0,99,1\n", exchange)
        #expect(try await exchange.read(token).rows.count == 2 + added)
        #expect(exchange.hub.stop() == 0)
        #expect(try exchange.hub.entries("dataset.versioned").count == 2 + added)
    }

    @Test("A key that passed to another owner releases to him what comes, never what was")
    func passedOn() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(0)
        try await exchange.grant(1)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows.count == 3)
        let link = "owner_key,owner\nK0,\(exchange.owners[1].id)\n"
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/links", body: .bytes(Array(link.utf8), "text/csv"))
        #expect(try await exchange.read(token).rows.count == 2, "the rows of before are nobody's to give")
        _ = try await append("K0,50,5\n", exchange)
        let rows = try await exchange.read(token).rows
        #expect(rows.count == 3 && rows.contains("K0,50,5") && !rows.contains("K0,0,0.0"))
    }

    @Test("Rows of a deleted key are in no answer and no file; the command says what is left")
    func deleted() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 3)
        for owner in 0..<3 { try await exchange.grant(owner) }
        _ = try await append("K1,70,7\nK2,71,7\n", exchange)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows.count == 8)
        let profile = exchange.provider.profile.folder
        let deleted = try Program.run(
            "sluis", ["dataset", "delete-owner", "flights", "K1", "--profile", profile])
        #expect(deleted.status == 0, "\(deleted.errors)")
        #expect(deleted.output.hasPrefix("published version 3 of flights"), "\(deleted.output)")
        #expect(deleted.output.contains("7 rows of 2 owners; 2 rows of nobody"))
        #expect(try await exchange.read(token).rows.allSatisfy { !$0.hasPrefix("K1,") })
        for _ in 0..<100 where FileManager.default.fileExists(atPath: hub.data + "/data/flights/2") {
            try await Task.sleep(for: .milliseconds(20))
        }
        let found = try Program.run(
            // What readers were released holds no key, but random bytes, in which anything may stand.
            at: URL(filePath: "/usr/bin/env"),
            ["grep", "-rla", "--exclude-dir=releases", "K1", hub.data + "/data"])
        #expect(found.output.isEmpty, "\(found.output)")
        let again = try Program.run(
            "sluis", ["dataset", "delete-owner", "flights", "K1", "--profile", profile])
        #expect(again.status == 2 && again.errors.contains("no rows of this owner key"), "\(again.errors)")
        let file = try hub.scratch.file("more.ndjson", "{\"plane\":\"K1\",\"seat\":1,\"fare\":2}\n")
        let added = try Program.run(
            "sluis", ["dataset", "append", "flights", "--file", file, "--profile", profile, "--json"])
        #expect(added.status == 0, "\(added.errors)")
        #expect(try JSON.parse(added.output)["version"] == 4)
        #expect(try await exchange.read(token).rows.contains("K1,1,2"))
    }
}
