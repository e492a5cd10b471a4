import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// A provider changes the fields of a dataset over the wire and by the command line.
@Suite("Fields that change, on a real hub", .serialized) struct FieldChangeTests {
    private static let path = "/api/v1/datasets/flights/fields"

    private static func fields(_ fields: (name: String, type: String)...) -> JSON {
        .array(fields.map { ["name": .string($0.name), "type": .string($0.type)] })
    }

    @Test("What breaks is told with the agreements; the version brings the fields, in any kind of upload")
    func wire() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(0)
        let token = try await exchange.token(["fields": ["plane", "seat", "fare"]])
        let next = Self.fields(("plane", "string"), ("fare", "string"), ("gate", "string"))
        let refused = try await exchange.provider.problem(
            .put, Self.path, body: .json(["fields": next]))
        #expect(refused.status == 409 && refused.code == "agreements_broken" && refused.field == "breaks")
        let lost: JSON = [
            "agreement": .string(exchange.agreement), "consumer": "authority", "fields": ["seat", "fare"],
        ]
        #expect(refused.breaks == [lost])
        #expect(refused.lines.last == "agreement \(exchange.agreement) with authority loses seat, fare")
        #expect(try await exchange.provider.call(.get, Self.path).json["next"] == .null)
        let change = HubBody.json(["fields": next, "breaks": [.string(exchange.agreement)]])
        let plan = try await exchange.provider.call(.put, Self.path, body: change).json
        #expect(plan["dropped"] == ["seat", "fare"] && plan["added"] == ["fare", "gate"])
        #expect(plan["next"]?.array?.map { $0["id"] } == ["plane", "fare-2", "gate"])
        #expect(plan["breaks"] == [lost] && plan["renamed"] == [])
        let kept = try await exchange.provider.call(.delete, Self.path)
        #expect(kept.status == 204)
        let rows = HubBody.bytes(Array("plane,fare,gate\nK0,free,A1\nK1,free,A2\n".utf8), "text/csv")
        let early = try await exchange.provider.problem(
            .put, "/api/v1/datasets/flights/data", body: rows)
        #expect(early.status == 422)
        _ = try await exchange.provider.call(.put, Self.path, body: change)
        #expect(try await exchange.read(token).rows == ["K0,0,0.0"], "nothing has changed yet")
        let published = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/data", body: rows
        ).json
        #expect(published["fields"]?.array?.map { $0["name"] } == ["plane", "fare", "gate"])
        // The token names fields that are gone.
        let old = try await exchange.consumer.problem(
            .get, "/data/flights", headers: [("Authorization", "Bearer \(token)")])
        #expect(old.status == 403 && old.code == "field_not_agreed")
        let fresh = try await exchange.token()
        #expect(try await exchange.read(fresh).text == "plane\nK0\n")
        let foreign = try await exchange.consumer.problem(
            .get, "/data/flights?fields=fare", headers: [("Authorization", "Bearer \(fresh)")])
        #expect(foreign.status == 403)
        exchange.hub.kill()
        try exchange.hub.start()
        #expect(try await exchange.read(fresh).text == "plane\nK0\n")
        let schema = try EntrySchema()
        for entry in try exchange.hub.entries("dataset.versioned") {
            #expect(schema.faults(of: entry) == [])
        }
        #expect(
            try exchange.hub.entries("dataset.versioned").last?["breaks"]
                == ["count": 1, "agreements": [.string(exchange.agreement)]])
    }

    @Test("Connected datasets change where they are read and in what fields")
    func connected() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        let exchange = connected.exchange
        try await exchange.grant(0)
        connected.script.answer = ConnectedExchange.rows("plane,seat,fare\nK0,1,2\n")
        #expect(try await exchange.read(exchange.token()).rows == ["K0,1,2"])
        let next = Self.fields(("plane", "string"), ("fare", "decimal"), ("gate", "string"))
        _ = try await exchange.provider.call(
            .put, Self.path,
            body: .json(["fields": next, "breaks": [.string(exchange.agreement)]]))
        let moved: JSON = ["url": .string(connected.server.origin + "/other.csv")]
        let answer = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/upstream", body: .json(moved)
        ).json
        #expect(answer["fields"]?.array?.map { $0["name"] } == ["plane", "fare", "gate"])
        connected.script.answer = ConnectedExchange.rows("gate,fare,plane\nA1,2,K0\n")
        #expect(try await exchange.read(exchange.token()).text == "plane,fare\nK0,2\n")
    }

    @Test("By the command line: shown, changed, taken back, and published with what may break")
    func commands() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let profile = exchange.provider.profile.folder
        func run(_ arguments: String...) throws -> Program.Result {
            try Program.run("sluis", arguments + ["--profile", profile])
        }
        let shown = try run("dataset", "fields", "flights")
        #expect(shown.status == 0 && shown.output.contains("fare"), "\(shown.errors)")
        let schema = try exchange.hub.scratch.file(
            "schema.json",
            #"[{"name":"plane","type":"string"},{"name":"place","id":"seat","type":"integer"}]"#)
        let refused = try run("dataset", "fields", "flights", "--schema", schema)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("agreement \(exchange.agreement) with authority loses fare"))
        let changed = try run(
            "dataset", "fields", "flights", "--schema", schema, "--break", exchange.agreement)
        #expect(changed.status == 0, "\(changed.errors)")
        for line in ["renamed: seat is place", "dropped: fare"] { #expect(changed.output.contains(line)) }
        #expect(try run("dataset", "fields", "flights", "--keep").status == 0)
        #expect(try !run("dataset", "fields", "flights").output.contains("place"))
        #expect(try run("dataset", "fields", "flights", "--break", exchange.agreement).status == 2)
        let file = try exchange.hub.scratch.file("next.csv", "plane,place\nK0,7\n")
        let publish = [
            "dataset", "publish", "flights", "--file", file, "--title", "Flights", "--owner-column", "plane",
            "--null", "NA", "--schema", schema,
        ]
        let unsaid = try Program.run("sluis", publish + ["--profile", profile])
        #expect(unsaid.status == 1 && unsaid.errors.contains("loses fare"), "\(unsaid.errors)")
        let published = try Program.run(
            "sluis", publish + ["--break", exchange.agreement, "--profile", profile])
        #expect(published.status == 0, "\(published.errors)")
        #expect(published.errors.contains("renamed: seat is place"))
        #expect(try await exchange.read(exchange.token()).text == "plane,place\nK0,7\n")
    }
}
