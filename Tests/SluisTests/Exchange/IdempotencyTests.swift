import Foundation
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// A call that is repeated under its `Idempotency-Key` happens once.
@Suite(.serialized)
struct IdempotencyTests {
    private static func key(_ text: String) -> [(String, String)] { [("Idempotency-Key", text)] }

    @Test func `the same call again gets the same answer, and nothing more happens`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let body = HubBody.json(["agreement": .string(exchange.agreement)])
        let owner = exchange.owners[0].client
        func give(_ key: String) async throws -> HubAnswer {
            try await owner.call(.post, "/api/v1/grants", body: body, headers: .init(Self.key(key)))
        }
        let first = try await give("one")
        let size = try await exchange.size()
        let second = try await give("one")
        #expect(second.bytes == first.bytes && second.status == 201 && second.entry == first.entry)
        #expect(second.headers.first(name: "Location") == first.headers.first(name: "Location"))
        #expect(try await exchange.size() == size)
        exchange.hub.kill()
        try exchange.hub.start()
        #expect(try await give("one").bytes == first.bytes, "it is remembered across a crash")
        let other = try await give("two")
        #expect(try other.json["entry"] != first.json["entry"], "another key is another call")
    }

    @Test func `a key is one caller's, and one request's`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let agreement = JSON.string(exchange.agreement)
        let first = exchange.owners[0].client
        _ = try await first.call(
            .post, "/api/v1/grants", body: .json(["agreement": agreement]), headers: .init(Self.key("k")))
        let changed = try await first.problem(
            .post, "/api/v1/grants", body: .json(["agreement": agreement, "fields": ["seat"]]),
            headers: Self.key("k"))
        #expect(changed.status == 409 && changed.code == "idempotency_key_reused")
        #expect(changed.field == "idempotency-key" && changed.remedy != nil)
        let other = try await exchange.owners[1].client.call(
            .post, "/api/v1/grants", body: .json(["agreement": agreement]), headers: .init(Self.key("k")))
        #expect(other.status == 201, "another caller's key is his own")
        for bad in ["", String(repeating: "k", count: 256)] {
            let problem = try await first.problem(
                .post, "/api/v1/grants", body: .json(["agreement": agreement]), headers: Self.key(bad))
            #expect(problem.status == 400 && problem.code == "bad_idempotency_key")
        }
    }

    @Test func `a call that failed can be made again under its key`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let owner = exchange.owners[0].client
        let grant = try await exchange.grant(0)
        let path = "/api/v1/grants/\(grant["grant"]?.string ?? "")"
        let refused = try await owner.problem(.post, path + "/refuse", headers: Self.key("end"))
        #expect(refused.status == 409)
        let ended = try await owner.call(.post, path + "/withdraw", headers: .init(Self.key("end")))
        #expect(try ended.json["state"] == "Withdrawn")
        let again = try await owner.call(.post, path + "/withdraw", headers: .init(Self.key("end")))
        #expect(again.bytes == ended.bytes, "a repeated withdrawal is the same yes, not a conflict")
    }

    @Test func `a file of any length is added once under its key`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let path = "/api/v1/datasets/flights/data"
        // More than any body that is not data may have.
        let rows = String(repeating: "K0,1,0.5\n", count: 4 << 20)
        let file = HubBody.bytes(Array("plane,seat,fare\n\(rows)".utf8), "text/csv")
        let added = try await exchange.provider.call(.post, path, body: file, headers: .init(Self.key("f")))
        #expect(try added.json["version"] == 2)
        let again = try await exchange.provider.call(.post, path, body: file, headers: .init(Self.key("f")))
        #expect(again.bytes == added.bytes && again.entry == added.entry)
        let other = try await exchange.provider.problem(
            .post, path, body: .bytes(Array("plane,seat,fare\nK0,1,0.5\n".utf8), "text/csv"),
            headers: Self.key("f"))
        #expect(other.status == 409 && other.code == "idempotency_key_reused")
        #expect(try added.json["rows"]?.integer.map { $0 > 4 << 20 } == true)
    }

    @Test func `twenty calls at once under one key are one grant`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let body = HubBody.json(["agreement": .string(exchange.agreement)])
        let owner = exchange.owners[0].client
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await owner.call(
                        .post, "/api/v1/grants", body: body, headers: .init(Self.key("same"))
                    ).bytes
                }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(answers.count == 1, "all get the answer of the one")
        exchange.hub.stop()
        #expect(try exchange.hub.entries("grant.given").count == 1)
        #expect(try exchange.hub.entries("grant.amended").isEmpty)
    }
}
