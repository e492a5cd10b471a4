import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Reads of some rows only: `where` and `limit`.
@Suite("Reads with a condition and a limit", .serialized)
struct SelectedReadTests {
    private static func query(_ pairs: KeyValuePairs<String, String>) -> String {
        "?" + PercentEncoder.pairs(pairs)
    }

    /// The entries about reads, each in the form of its type.
    private static func accesses(_ hub: TestHub) throws -> [JSON] {
        let schema = try EntrySchema()
        return try hub.entries().filter { entry in
            guard entry["type"]?.string?.hasPrefix("access") == true else { return false }
            #expect(schema.faults(of: entry) == [], "\(entry.canonicalText)")
            return true
        }
    }

    private static func salted(_ text: String, _ read: TestExchange.Read) throws -> JSON {
        let receipt = try JSON.parse(
            try #require(read.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) }))
        let salt = try #require(receipt["salt"]?.string.flatMap { Base64.decodeURL($0) })
        return .string(Base64.encodeURL(SHA256.hash(salt + Array(text.utf8))))
    }

    @Test("Fewer rows come, of what owners granted; the log holds the condition only salted")
    func story() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 4)
        for owner in 0..<3 { try await exchange.grant(owner, owner == 1 ? ["fields": ["plane"]] : [:]) }
        let token = try await exchange.token()
        let condition = "plane in ('K0', 'K1', 'K2', 'K3') and not seat = 1"
        let read = try await exchange.read(token, query: Self.query(["where": condition]))
        #expect(
            read.rows == ["K0,0,0.0", "K2,0,2.0", "K2,2,2.2"], "K1's seat was not granted, K3 not at all")
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        let plane = try await exchange.read(
            token, query: Self.query(["fields": "plane", "where": "fare >= 2.10"]))
        #expect(plane.rows == ["K2", "K2"])
        let none = try await exchange.read(token, query: Self.query(["limit": "0"]))
        #expect(none.text == "plane,seat,fare\n")
        let two = try await exchange.read(
            token, query: Self.query(["where": "fare is not null", "limit": "2"]))
        #expect(two.rows.count == 2)
        let all = try await exchange.read(token, query: Self.query(["limit": "9007199254740992"]))
        #expect(all.rows.count == 6)
        let tags = [read, plane, none, two, all].map { $0.headers.first(name: "ETag") }
        #expect(Set(tags).count == 5)

        hub.stop()
        let entries = try Self.accesses(hub)
        #expect(entries.map { $0["type"] } == [JSON](repeating: "access", count: 5))
        #expect(entries[0]["where"] == (try Self.salted(condition, read)) && entries[0]["limit"] == .null)
        #expect(entries[2]["where"] == .null && entries[2]["limit"] == 0 && entries[2]["rows"] == 0)
        #expect(entries[3]["limit"] == 2 && entries[4]["limit"]?.integer == 1 << 53)
        #expect(entries[1]["fields"] == ["plane"] && entries[0]["rows"] == 3)
        #expect(!entries.contains { $0.canonicalText.contains("'K3'") })
    }

    @Test("A field outside the token is 403, an unknown one and a condition that is none 400")
    func refused() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let narrow = try await exchange.token(["fields": ["plane", "fare"]])
        func problem(_ query: String) async throws -> HubProblem {
            try #require(
                await #expect(throws: HubProblem.self) {
                    _ = try await exchange.read(narrow, query: query)
                }, "\(query)")
        }
        for condition in ["seat = 1", "plane = 'K0' or seat is null"] {
            let denied = try await problem(Self.query(["where": condition]))
            #expect(denied.status == 403 && denied.code == "field_not_agreed", "\(condition)")
        }
        for (condition, code, found) in [
            ("salary = 1", "field_unknown", "salary"), ("plane = 1", "where_wrong_type", "1"),
            ("plane = 'K0' and", "where_malformed", "the end"), ("", "where_malformed", "the end"),
            (String(repeating: "(", count: 4_000), "where_too_large", nil),
            ("plane = '" + String(repeating: "x", count: 8_192) + "'", "where_too_large", nil),
        ] {
            let refused = try await problem(Self.query(["where": condition]))
            #expect(refused.status == 400 && refused.code == code, "\(condition.prefix(40)): \(refused.code)")
            #expect(refused.members["field"] == "where" && refused.members["found"]?.string == found)
            #expect(refused.members["expected"]?.string != nil)
        }
        for limit in ["-1", "", "1.5", "ten", "9007199254740993", "99999999999999999999"] {
            #expect(try await problem(Self.query(["limit": limit])).status == 400, "\(limit)")
        }
        for query in ["?where=a&where=b", "?limit=1&limit=1", "?wher=plane%20is%20null"] {
            #expect(try await problem(query).status == 400, "\(query)")
        }
        let long = "plane = '" + String(repeating: "é", count: 4_000) + "' or fare = 0"
        #expect(try await exchange.read(narrow, query: Self.query(["where": long])).rows == ["K0,0.0"])

        hub.stop()
        let entries = try Self.accesses(hub)
        #expect(entries.map { $0["decision"] } == ["deny", "deny", "permit"])
        for entry in entries[..<2] {
            #expect(entry["type"] == "access.decided" && entry["fields"] == ["plane", "fare"])
            #expect(entry["where"]?.string?.count == 43 && !entry.canonicalText.contains("seat "))
        }
    }

    @Test("A stream finds one row of 300,000, and its entries say so")
    func stream() async throws {
        let hub = try TestHub()
        let rows = (0..<300_000).map { "K0,\($0),0.5\n" }
        let exchange = try await TestExchange(hub, owners: 1, csv: "plane,seat,fare\n" + rows.joined())
        try await exchange.grant(0)
        let token = try await exchange.token()
        let condition = "seat = 299999 or seat < 0"
        let read = try await exchange.read(token, query: Self.query(["where": condition]))
        #expect(read.rows == ["K0,299999,0.5"] && read.trailers.first(name: "Sluis-Status") == "complete")
        let nothing = try await exchange.read(
            token, query: Self.query(["where": "seat < 0"]), accept: "application/x-ndjson")
        #expect(nothing.text == "" && nothing.trailers.first(name: "Sluis-Status") == "complete")
        let some = try await exchange.read(
            token, query: Self.query(["where": "seat >= 100000", "limit": "10000"]))
        #expect(some.rows.count == 10_000)
        hub.stop()
        let entries = try Self.accesses(hub)
        let types: [JSON] = ["access.decided", "access.completed"]
        #expect(entries.map { $0["type"] } == types + types + types)
        #expect(entries[0]["where"] == (try Self.salted(condition, read)) && entries[1]["where"] == nil)
        #expect(entries.map { $0["rows"]?.integer } == [nil, 1, nil, 0, nil, 10_000])
        #expect(entries[4]["limit"] == 10_000 && entries[5]["limit"] == nil)
    }

    @Test("On the command line, with the hub's own words for what is wrong")
    func commandLine() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 0)
        try await TestExchange.publish(
            "open", "plane,seat,fare\nK1,1,2.5\nK2,2,3\nK3,3,1e1\n", rule: ["open": true],
            by: exchange.provider)
        func read(_ options: String...) throws -> Program.Result {
            try Program.run(
                "sluis", ["read", "open", "--profile", hub.data + "/profiles/operator"] + options)
        }
        let some = try read("--where", "fare >= 2.50 and plane != 'K1'", "--limit", "1")
        #expect(some.status == 0 && some.output == "plane,seat,fare\nK2,2,3\n", "\(some.errors)")
        let wrong = try read("--where", "fare >= 'a'")
        #expect(wrong.status == 2 && wrong.output.isEmpty)
        #expect(wrong.errors.contains("the decimal field `fare`") && wrong.errors.contains("`'a'`"))
        #expect(try read("--limit=-1").status == 2)
    }
}
