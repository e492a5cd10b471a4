import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// A consumer who keeps a copy and comes back with cursors, on a real hub.
@Suite("What came since a cursor, over the wire", .serialized)
struct CursorReadTests {
    private static func cursor(_ read: TestExchange.Read) throws -> String {
        try #require(read.trailers.first(name: "Sluis-Cursor"))
    }

    private static func since(_ cursor: String) -> String { "?since=\(cursor)" }

    @Test("New rows, a withdrawal and a deletion, in NDJSON and in CSV; after kill -9 too") func story()
        async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        let grants = [try await exchange.grant(0), try await exchange.grant(1)]
        let token = try await exchange.token()
        func read(_ query: String, _ format: String = "application/x-ndjson") async throws
            -> TestExchange.Read
        { try await exchange.read(token, query: query, accept: format) }
        let whole = try await read("")
        #expect(whole.text.split(separator: "\n").count == 3)
        #expect(whole.headers.first(name: "Sluis-Retracted") == nil)
        let none = try await read(Self.since(try Self.cursor(whole)))
        #expect(none.text.isEmpty && none.headers.first(name: "Sluis-Retracted") == "owners=0")

        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets/flights/data",
            body: .bytes(Array("plane,seat,fare\nK1,8,1\nK2,9,1\n".utf8), "text/csv"))
        try await exchange.withdraw(grants[0], by: 0)
        try await exchange.grant(2, ["fields": ["plane", "seat"]])
        let cursor = try Self.cursor(none)
        let some = try await read(Self.since(cursor))
        let lines = some.text.split(separator: "\n")
        #expect(lines.first == #"{"retract":"K0"}"#, "\(some.text)")
        #expect(
            lines.dropFirst().sorted() == [
                #"{"plane":"K1","seat":8,"fare":1}"#, #"{"plane":"K2","seat":0}"#,
                #"{"plane":"K2","seat":1}"#, #"{"plane":"K2","seat":2}"#, #"{"plane":"K2","seat":9}"#,
            ])
        let csv = try await read(Self.since(cursor), "text/csv")
        #expect(csv.rows == ["K1,8,1", "K2,0,", "K2,1,", "K2,2,", "K2,9,"])
        #expect(csv.headers.first(name: "Sluis-Retracted") == "owners=1")

        exchange.hub.kill()
        try exchange.hub.start()
        _ = try await exchange.provider.call(.delete, "/api/v1/datasets/flights/owners/K1")
        let again = try await exchange.token()
        let last = try await exchange.read(
            again, query: Self.since(try Self.cursor(some)), accept: "application/x-ndjson")
        #expect(last.text == "{\"retract\":\"K1\"}\n")
        exchange.hub.stop()
        let schema = try EntrySchema()
        let entries = try exchange.hub.entries().filter {
            $0["type"] == "access" || $0["type"] == "access.decided"
        }
        #expect(entries.allSatisfy { schema.faults(of: $0) == [] })
        #expect(entries.map { $0["since"] } == [.null, 1, 1, 1, 2])
    }

    @Test("A cursor that is none, is gone, or is of another read: status, code and what to do")
    func refusals() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let cursor = try Self.cursor(try await exchange.read(token))
        func refusal(_ query: String, _ token: String?) async throws -> HubProblem {
            try await exchange.consumer.problem(
                .get, "/data/flights\(query)",
                headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [])
        }
        let bad = try await refusal("?since=abc", token)
        #expect(bad.status == 400 && bad.code == "bad_cursor" && bad.members["field"] == "since")
        let other = try await refusal("?fields=plane&since=\(cursor)", token)
        #expect(other.status == 400 && other.code == "cursor_other_read")
        let without = try await refusal("?fields=seat&since=\(cursor)", token)
        #expect(without.status == 400 && without.code == "since_needs_owner_column")
        let seats = try await exchange.read(token, query: "?fields=seat")
        #expect(seats.trailers.first(name: "Sluis-Cursor") == nil)
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/data",
            body: .bytes(Array("plane,seat,fare\nK0,1,1\n".utf8), "text/csv"))
        let gone = try await refusal("?since=\(cursor)", token)
        #expect(gone.status == 410 && gone.code == "cursor_gone")
        #expect(gone.members["remedy"]?.string?.contains("read the dataset anew") == true)
    }
}
