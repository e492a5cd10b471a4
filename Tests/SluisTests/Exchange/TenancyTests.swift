import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// A meter that stays when its tenant moves, over the wire: each tenant gives, sees and has erased what is of
/// his own time.
@Suite("Tenants of one key", .serialized) struct TenancyTests {
    private static let moved = "2026-03-01T00:00:00Z"

    /// An hour a row: one meter of two tenants, one of a single owner.
    private static let csv =
        "meter,at,kwh\n"
        + (1...28).map { day in
            let month = day <= 14 ? "02" : "03"
            let date = "2026-\(month)-\(day < 10 ? "0" : "")\(day)T12:00:00Z"
            return "M1,\(date),\(day)\nM2,\(date),\(100 + day)\n"
        }.joined() + "M1,,77\n"

    private struct Cast {
        let hub: TestHub
        let provider: HubClient
        let consumer: HubClient
        let tenants: [(id: String, client: HubClient)]
        let agreement: String
    }

    private func link(_ cast: Cast, _ lines: String) async throws -> HubAnswer {
        try await cast.provider.call(
            .put, "/api/v1/datasets/meters/links",
            body: .bytes(Array("owner_key,owner,from,to\n\(lines)".utf8), "text/csv"))
    }

    private func story() async throws -> Cast {
        let hub = try TestHub()
        let provider = try await hub.organisation("grid", roles: ["provider"])
        let consumer = try await hub.organisation("bureau", roles: ["consumer"])
        var tenants: [(String, HubClient)] = []
        for name in ["first", "second", "neighbour"] { tenants.append(try await hub.person(name)) }
        let dataset: JSON = [
            "id": "meters", "title": "Meters", "owner_rule": ["column": "meter"], "time_column": "at",
            "null_values": [""],
            "fields": [
                ["id": "meter", "name": "meter", "type": "string"],
                ["id": "at", "name": "at", "type": "datetime"],
                ["id": "kwh", "name": "kwh", "type": "integer"],
            ],
        ]
        _ = try await provider.call(.post, "/api/v1/datasets", body: .json(dataset))
        _ = try await provider.call(
            .put, "/api/v1/datasets/meters/data", body: .bytes(Array(Self.csv.utf8), "text/csv"))
        let agreement = try await TestExchange.agreement(
            "meters", ["meter", "at", "kwh"], consumer, provider)
        let cast = Cast(
            hub: hub, provider: provider, consumer: consumer, tenants: tenants, agreement: agreement)
        let linked = try await link(
            cast, "M1,\(tenants[0].0),,\(Self.moved)\nM1,\(tenants[1].0),2026-03-01,\nM2,\(tenants[2].0),,\n")
        #expect(try linked.json["links"] == 2)
        return cast
    }

    private func grant(_ cast: Cast, _ tenant: Int) async throws -> String {
        let body: JSON = ["agreement": .string(cast.agreement)]
        return try await cast.tenants[tenant].client.call(.post, "/api/v1/grants", body: .json(body)).text(
            "grant")
    }

    /// The lines that the consumer gets, and the index of the entry that tells of them.
    private func read(_ cast: Cast) async throws -> (lines: [String], completion: Int64) {
        let details: JSON = [
            [
                "type": "sluis_dataset", "identifier": "meters", "agreement": .string(cast.agreement),
                "actions": ["read"],
            ]
        ]
        let token = try await cast.consumer.call(
            .post, "/oauth/token",
            body: .form([
                "grant_type": "client_credentials", "authorization_details": details.canonicalText,
            ])
        ).text("access_token")
        let body = Mutex<[UInt8]>([])
        let answer = try await cast.consumer.download(
            "/data/meters", headers: ["Authorization": "Bearer \(token)", "Accept": "text/csv"]
        ) { bytes in body.withLock { $0 += bytes } }
        let entry = try #require(answer.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        let text = String(decoding: body.withLock { $0 }, as: UTF8.self)
        return (text.split(separator: "\n").dropFirst().map(String.init).sorted(), entry)
    }

    private static func lines(_ key: String, before moved: Bool? = nil) -> [String] {
        csv.split(separator: "\n").dropFirst().map(String.init).filter { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return cells[0] == key && !cells[1].isEmpty
                && (moved.map { (cells[1] < Self.moved) == $0 } ?? true)
        }.sorted()
    }

    /// How many rows of his each access delivered, newest first.
    private func history(_ cast: Cast, _ tenant: Int, upTo entry: Int64) async throws -> [JSON?] {
        for _ in 0..<250 {
            let page = try await cast.tenants[tenant].client.call(.get, "/api/v1/accesses").json
            if try #require(page["indexed_to"]?.integer) > entry {
                return try #require(page["items"]?.array).map { $0["rows"] }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NotIndexed()
    }

    private struct NotIndexed: Error {}

    @Test("Each tenant releases, and sees read, the rows of his own time; erasing one leaves the other's")
    func tenants() async throws {
        let cast = try await story()
        _ = try await grant(cast, 0)
        let first = try await read(cast)
        #expect(first.lines == Self.lines("M1", before: true))
        let second = try await grant(cast, 1)
        let both = try await read(cast)
        #expect(both.lines == Self.lines("M1"))
        #expect(try await history(cast, 0, upTo: both.completion) == [14, 14])
        #expect(try await history(cast, 1, upTo: both.completion) == [14])
        #expect(try await history(cast, 2, upTo: both.completion) == [])
        // The second withdraws: the first's rows flow on.
        _ = try await cast.tenants[1].client.call(.post, "/api/v1/grants/\(second)/withdraw")
        #expect(try await read(cast).lines == Self.lines("M1", before: true))

        _ = try await cast.hub.operatorClient.call(.post, "/api/v1/persons/\(cast.tenants[0].id)/erase")
        let after = try await read(cast)
        #expect(after.lines == [])
        #expect(try await history(cast, 1, upTo: after.completion) == [14])
    }

    @Test("The day on which a tenant moved is put right: what was published as another's stays out")
    func correction() async throws {
        let cast = try await story()
        for tenant in 0..<2 { _ = try await grant(cast, tenant) }
        let (one, two) = (cast.tenants[0].id, cast.tenants[1].id)
        // He moved a week later: of the days between, the first tenant has what is published from now on.
        _ = try await link(
            cast,
            "M1,\(one),,\(Self.moved)\nM1,\(one),\(Self.moved),2026-03-20T00:00:00Z\nM1,\(two),2026-03-20,\n")
        let between = Self.lines("M1").filter { $0.contains("2026-03-1") }
        #expect(between.count == 5)
        let rest = Self.lines("M1").filter { !between.contains($0) }
        #expect(try await read(cast).lines == rest)
        _ = try await cast.provider.call(
            .put, "/api/v1/datasets/meters/data", body: .bytes(Array(Self.csv.utf8), "text/csv"))
        #expect(try await read(cast).lines == Self.lines("M1"))
        #expect(cast.hub.stop() == 0)
        let fsck = try Program.run("sluis", ["log", "fsck", "--data", cast.hub.data])
        #expect(fsck.status == 0, "\(fsck.output) \(fsck.errors)")
    }

    @Test("Bad times are refused with their place, and nothing changes") func refusals() async throws {
        let cast = try await story()
        for (line, code, field) in [
            ("M1,\(cast.tenants[0].id),yesterday,", "wrong_value", "[0].from"),
            ("M1,\(cast.tenants[0].id),2026-03-02,2026-03-01", "link_time", "[0].from"),
            ("M1,,2026-03-02,", "link_time", "[0].from"),
        ] {
            let problem = try await cast.provider.problem(
                .put, "/api/v1/datasets/meters/links",
                body: .bytes(Array("owner_key,owner,from,to\n\(line)\n".utf8), "text/csv"))
            #expect(problem.status == 400 && problem.code == code && problem.field == field, "\(problem)")
        }
        let overlapping: JSON = [
            ["owner_key": "M1", "owner": .string(cast.tenants[0].id), "to": "2026-03-02T00:00:00Z"],
            ["owner_key": "M1", "owner": .string(cast.tenants[1].id), "from": "2026-03-01T00:00:00Z"],
        ]
        let problem = try await cast.provider.problem(
            .put, "/api/v1/datasets/meters/links", body: .json(overlapping))
        #expect(problem.code == "owner_key_twice" && problem.field == "[1].owner_key")
        _ = try await grant(cast, 1)
        #expect(try await read(cast).lines == Self.lines("M1", before: false))
    }
}
