import Cryptography
import Foundation
import Model
import Testing

@testable import sluis

/// The JSON Schemas of docs/wire-formats.md, and as much of JSON Schema 2020-12 as they use.
struct EntrySchema {
    private var definitions: [String: JSON] = [:]
    /// By entry type.
    private(set) var types: [String: JSON] = [:]

    init() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/wire-formats.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for block in text.components(separatedBy: "```json\n").dropFirst() {
            let json = try JSON.parse(Array(block.components(separatedBy: "\n```")[0].utf8))
            if let title = json["title"]?.string {
                types[title] = json
            } else {
                definitions = json["$defs"]?.object ?? [:]
            }
        }
    }

    /// What is wrong with an entry; empty if it is as its type's schema wants it.
    func faults(of entry: JSON) -> [String] {
        guard let schema = entry["type"]?.string.flatMap({ types[$0] }) else {
            return ["no schema of its type"]
        }
        return check(entry, schema, "entry")
    }

    private func check(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        var faults: [String] = []
        func expect(_ holds: Bool, _ rule: String) { if !holds { faults.append("\(place): \(rule)") } }
        for (keyword, rule) in schema.object ?? [:] {
            switch keyword {
            case "title", "$schema", "unevaluatedProperties", "additionalProperties", "properties": break
            case "$ref": faults += check(value, definition(rule), place)
            case "allOf": for part in rule.array ?? [] { faults += check(value, part, place) }
            case "anyOf":
                expect((rule.array ?? []).contains { check(value, $0, place).isEmpty }, "none of \(keyword)")
            case "const": expect(value == rule, "is not \(rule.canonicalText)")
            case "enum": expect(rule.array?.contains(value) == true, "is none of \(rule.canonicalText)")
            case "type":
                let names = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
                expect(names.contains(Self.type(of: value)), "is no \(names.joined(separator: " or "))")
            case "required":
                for name in rule.array?.compactMap(\.string) ?? [] {
                    expect(value[name] != nil, "lacks \(name)")
                }
            case "pattern":
                let found = value.string?.range(of: rule.string ?? "", options: .regularExpression)
                expect(found != nil, "does not match \(rule.canonicalText)")
            case "minimum": expect(value.integer.map { $0 >= rule.integer ?? 0 } ?? true, "is too small")
            case "items":
                for (index, item) in (value.array ?? []).enumerated() {
                    faults += check(item, rule, "\(place)[\(index)]")
                }
            case "minItems", "maxItems":
                let count = Int64(value.array?.count ?? 0)
                expect(
                    keyword == "minItems" ? count >= rule.integer ?? 0 : count <= rule.integer ?? 0, keyword)
            default: expect(false, "the schema has a keyword that this test does not know: \(keyword)")
            }
        }
        let properties = schema["properties"]?.object ?? [:]
        for (name, rule) in properties {
            if let member = value[name] { faults += check(member, rule, "\(place).\(name)") }
        }
        if schema["unevaluatedProperties"] == .bool(false) || schema["additionalProperties"] == .bool(false) {
            let known = Set(properties.keys).union(inherited(schema))
            for name in (value.object ?? [:]).keys where !known.contains(name) {
                expect(false, "has the unknown member \(name)")
            }
        }
        return faults
    }

    private func definition(_ reference: JSON) -> JSON {
        let name = reference.string?.split(separator: "/").last.map(String.init) ?? ""
        return definitions[name] ?? .object(["const": .string("no definition of \(name)")])
    }

    private func inherited(_ schema: JSON) -> [String] {
        (schema["allOf"]?.array ?? []).flatMap { part in
            definition(part["$ref"] ?? .null)["properties"]?.object.map { Array($0.keys) } ?? []
        }
    }

    private static func type(of value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

@Suite("Entries are as docs/wire-formats.md says", .serialized)
struct WireFormatTests {
    /// Organisations come and go, and what is theirs ends.
    private static func changeParties(_ exchange: TestExchange, _ token: String) async throws {
        let hub = exchange.hub
        let keeper = try hub.operatorClient
        let client = try KeyClient("bureau", of: hub)
        for id in ["bureau", "squatter"] {
            _ = try await keeper.call(
                .post, "/api/v1/registrations",
                body: .json(["id": .string(id), "name": "N", "roles": ["consumer"], "jwks": client.jwks]))
        }
        _ = try await keeper.call(.post, "/api/v1/organisations/bureau/approve")
        _ = try await keeper.call(.post, "/api/v1/organisations/squatter/refuse")
        let certificate = try hub.certificate("bureau").0
        let path = "/api/v1/organisations/bureau"
        _ = try await keeper.call(
            .post, path + "/credentials", body: .json(["certificate": .string(certificate.pem)]))
        _ = try await keeper.call(.delete, path + "/credentials/\(certificate.thumbprint)")
        let agreement = "/api/v1/agreements/\(exchange.agreement)"
        _ = try await exchange.consumer.call(.put, agreement + "/processors", body: .json(["bureau"]))
        let theirs = try await client.token(exchange.agreement, ["act_for": "authority"])
        #expect(try await client.read(theirs).status == 200)
        _ = try await exchange.consumer.call(.post, "/oauth/revoke", body: .form(["token": theirs]))
        _ = try await keeper.call(.post, path + "/suspend")
        _ = try await keeper.call(.post, path + "/resume")
        _ = try await keeper.call(.post, "/api/v1/keys/rotate")
        _ = try await exchange.provider.call(.post, agreement + "/end")
        #expect(try await exchange.raw(token).status == 403)
    }

    @Test("Every entry of a story in which everything happens has the form of its type")
    func everything() async throws {
        let schema = try EntrySchema()
        #expect(Set(schema.types.keys) == Set(EntryType.allCases.map(\.rawValue)))
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 4)
        let soon = Instant.system.adding(seconds: 2)
        var grants: [JSON] = []
        for owner in 0..<3 {
            _ = try await exchange.owners[owner].client.call(.get, "/api/v1/requests?role=owner")
            grants.append(try await exchange.grant(owner, owner == 2 ? ["valid_until": JSON(soon)] : [:]))
        }
        let token = try await exchange.token()
        _ = try await exchange.read(token)
        try await exchange.grant(0, ["fields": ["plane"]])
        try await exchange.withdraw(grants[1], by: 1)
        let id = try #require(grants[0]["grant"]?.string)
        _ = try await exchange.provider.call(.post, "/api/v1/grants/\(id)/revoke")
        let asked = try await exchange.owners[3].client.call(.get, "/api/v1/requests?role=owner").json
        let open = try #require(asked["items"]?.array?.first?["grant"]?.string)
        _ = try await exchange.owners[3].client.call(.post, "/api/v1/grants/\(open)/refuse")
        let request = try await exchange.consumer.call(
            .post, "/api/v1/requests", body: .json(TestExchange.ask("flights", ["seat"]))
        ).text("request")
        _ = try await exchange.provider.call(
            .post, "/api/v1/requests/\(request)/refuse", body: .json(["reason": "no"]))
        // Too long for one entry.
        let rows = String(repeating: "K1,1,1\n", count: 10_000)
        try await TestExchange.publish(
            "open-flights", "plane,seat,fare\n" + rows, rule: ["open": true], by: exchange.provider)
        _ = try await exchange.read(nil, dataset: "open-flights")
        _ = try await exchange.consumer.problem(
            .post, "/oauth/token", body: exchange.tokenForm(["purpose": "https://w3id.org/dpv#Marketing"]))
        let supervisor = try await hub.person("supervisor", role: "supervisor").client
        _ = try await supervisor.call(.get, "/api/v1/log/entries?owner=\(exchange.owners[1].id)")
        _ = try await exchange.owners[1].client.call(.post, "/api/v1/persons/\(exchange.owners[1].id)/erase")
        try await Self.changeParties(exchange, token)
        try await Task.sleep(for: .seconds(3))
        hub.stop()
        let entries = try hub.entries()
        for entry in entries { #expect(schema.faults(of: entry) == [], "\(entry.canonicalText)") }
        let missing = Set(schema.types.keys).subtracting(entries.compactMap { $0["type"]?.string })
        // A log of this length is not pruned, and one that follows another is looked at in SuccessionTests.
        #expect(missing == ["log.pruned", "log.closed"])
        // A check that cannot fail would be none.
        let first = try #require(entries.first?.object)
        #expect(schema.faults(of: .object(first.merging(["more": 1]) { $1 })) != [])
        #expect(schema.faults(of: .object(first.merging(["at": "2026-01-01"]) { $1 })) != [])
        #expect(schema.faults(of: .object(first.filter { $0.key != "nonce" })) != [])
    }
}
