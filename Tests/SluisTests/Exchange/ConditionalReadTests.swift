import Foundation
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import sluis

/// HEAD and conditional requests: they tell of the data without any of it, and each has its entry.
@Suite("Reads that get no data: HEAD, 304, 412", .serialized)
struct ConditionalReadTests {
    /// The entries about reads, each in the form of its type.
    private static func accesses(_ hub: TestHub) throws -> [JSON] {
        let schema = try EntrySchema()
        return try hub.entries().filter { entry in
            guard entry["type"]?.string?.hasPrefix("access") == true else { return false }
            #expect(schema.faults(of: entry) == [], "\(entry.canonicalText)")
            return true
        }
    }

    /// Of an answer that no data went with.
    private static func expectNothingSent(_ entry: JSON, _ location: SourceLocation = #_sourceLocation) {
        #expect(entry["type"] == "access" && entry["decision"] == "permit", sourceLocation: location)
        #expect(
            entry["rows"] == 0 && entry["bytes"] == 0 && entry["epochs"] == [] && entry["delivered"] == .null,
            sourceLocation: location)
    }

    private static func head(
        _ exchange: TestExchange, _ token: String?, _ query: String = "", _ more: HTTPHeaders = [:]
    ) async throws -> HubAnswer {
        var headers = more
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        return try await exchange.consumer.call(.head, "/data/flights\(query)", headers: headers)
    }

    @Test("A condition that holds gets the rows; one that does not gets none, until the data change")
    func conditions() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let grant = try await exchange.grant(0)
        let token = try await exchange.token()
        let first = try await exchange.raw(token)
        let tag = try #require(first.headers.first(name: "ETag"))
        #expect(first.status == 200 && first.headers["Vary"] == ["Accept, Accept-Encoding"])
        let same = try await exchange.raw(token, "", ["If-None-Match": tag])
        #expect(same.status == 304 && same.body.isEmpty)
        #expect(same.headers.first(name: "ETag") == tag && !same.headers["Date"].isEmpty)
        #expect(
            same.headers["Vary"] == first.headers["Vary"] && same.headers["Cache-Control"] == ["no-store"])
        #expect(same.headers["Content-Type"].isEmpty && same.headers["Transfer-Encoding"].isEmpty)
        #expect(try await exchange.raw(token, "", ["If-Match": "\"x\", \(tag)"]).body == first.body)
        // Another answer has another tag.
        for (query, more) in [
            ("?fields=plane", [:]), ("?limit=1", [:]), ("?order=original", [:]),
            ("", ["Accept-Encoding": "gzip"]),
            ("", ["Accept": "application/x-ndjson"]),
        ] as [(String, HTTPHeaders)] {
            var fields = more
            fields.add(name: "If-None-Match", value: tag)
            #expect(try await exchange.raw(token, query, fields).status == 200, "\(query) \(more)")
        }
        try await exchange.withdraw(grant, by: 0)
        let changed = try await exchange.raw(token, "", ["If-None-Match": tag])
        #expect(changed.status == 200 && changed.body == Array("plane,seat,fare\n".utf8))
        let stale = try await exchange.raw(token, "", ["If-Match": tag])
        #expect(stale.status == 412 && stale.headers["Content-Type"] == ["application/problem+json"])
        let both = try await exchange.raw(token, "", ["If-Match": tag, "If-None-Match": "*"])
        #expect(both.status == 412)

        exchange.hub.stop()
        let entries = try Self.accesses(exchange.hub)
        #expect(entries.count == 11)
        for answer in [same, stale, both] { Self.expectNothingSent(try exchange.entry(answer.entry)) }
        #expect(try exchange.entry(changed.entry)["bytes"] == 16)
    }

    @Test("A HEAD says what a GET would, on the same connection, and is a decision")
    func heads() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 40)
        for owner in 0..<3 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let get = try await exchange.raw(token, "?limit=1")
        for _ in 0..<3 {
            let head = try await Self.head(exchange, token, "?limit=1")
            #expect(head.status == 200 && head.bytes.isEmpty && head.headers["Content-Length"].isEmpty)
            for name in [
                "ETag", "Sluis-Epoch", "Sluis-Withheld", "Content-Type", "Vary", "Accept-Ranges", "Trailer",
            ] {
                #expect(head.headers[name] == get.headers[name] && !get.headers[name].isEmpty, "\(name)")
            }
            #expect(head.entry != get.entry && head.entry != nil)
        }
        let coded = try await Self.head(exchange, token, "", ["Accept-Encoding": "zstd"])
        #expect(coded.headers["Content-Encoding"] == ["zstd"] && coded.headers["Accept-Ranges"].isEmpty)
        func status(_ token: String?, _ query: String = "", _ more: HTTPHeaders = [:]) async throws -> Int {
            do { return try await Self.head(exchange, token, query, more).status } catch let no as HubProblem
            {
                #expect(no.members.isEmpty, "no body follows a HEAD")
                return no.status
            }
        }
        let tag = try #require(get.headers.first(name: "ETag"))
        #expect(try await status(token, "?limit=1", ["If-None-Match": tag]) == 304)
        #expect(try await status(token, "?limit=1", ["Range": "bytes=0-1", "If-Range": tag]) == 200)
        #expect(try await status(token, "", ["If-Match": tag]) == 412)
        #expect(try await status(nil) == 401)
        #expect(try await status(token, "?fields=nothing") == 400)
        #expect(try await status(token, "?where=seat%20%3D%20'a'") == 400)
        #expect(try await status(token, "", ["Accept": "image/png"]) == 406)
        #expect(try await status(token, "", ["Accept-Encoding": "identity;q=0"]) == 406)
        let narrow = try await exchange.token(["fields": ["plane"]])
        #expect(try await status(narrow, "?fields=plane,seat") == 403)

        exchange.hub.stop()
        let entries = try Self.accesses(exchange.hub)
        #expect(entries.map { $0["decision"] } == [JSON](repeating: "permit", count: 8) + ["deny"])
        for entry in entries[1..<8] { Self.expectNothingSent(entry) }
        #expect(entries[1]["limit"] == 1 && entries[1]["withheld"] == entries[0]["withheld"])
    }

    @Test(
        "Without a log they get no answer",
        .enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"))
    func noLog() async throws {
        let disk = try Tmpfs(sizeKiB: 65_536)
        let hub = try TestHub(settings: "disk_reserve_bytes: 8388608\n", in: disk.path)
        let exchange = try await TestExchange(hub, owners: 2)
        let grants = [try await exchange.grant(0), try await exchange.grant(1)]
        let token = try await exchange.token()
        let tag = try #require(try await exchange.raw(token).headers.first(name: "ETag"))
        try disk.fill(leavingKiB: 4096)
        // The shortage is seen by the next commit.
        try await exchange.withdraw(grants[1], by: 1)
        for fields in [["If-None-Match": "*"], ["If-Match": tag], [:]] as [HTTPHeaders] {
            let answer = try await exchange.raw(token, "", fields)
            #expect(answer.status == 503 && !answer.headers["Retry-After"].isEmpty)
            #expect(answer.headers["ETag"].isEmpty && answer.headers["Sluis-Epoch"].isEmpty)
        }
        let head = await #expect(throws: HubProblem.self) { _ = try await Self.head(exchange, token) }
        #expect(head?.status == 503)
        withExtendedLifetime(disk) {}
    }
}
