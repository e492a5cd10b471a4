import Cryptography
import Foundation
import Model
import Testing

@testable import sluis

/// Everything that can be wrong with a request, over HTTPS: each gets its own error, which names the place
/// and the way out, and none changes anything.
@Suite(.serialized)
struct BadInputTests {
    private enum Who: String { case op, provider, consumer, owner, stranger, other }

    private struct Case {
        var who: Who
        var method: HubClient.Method
        var path: String
        var body: HubBody?
        var status: Int
        var code: String
        var field: String?

        init(
            _ who: Who, _ method: HubClient.Method, _ path: String, _ body: HubBody?, _ status: Int,
            _ code: String, _ field: String? = nil
        ) {
            (self.who, self.method, self.path, self.body) = (who, method, path, body)
            (self.status, self.code, self.field) = (status, code, field)
        }

        init(
            _ who: Who, _ path: String, _ json: JSON, _ status: Int, _ code: String, _ field: String? = nil
        ) {
            self.init(who, .post, path, .json(json), status, code, field)
        }
    }

    /// The parties of one exchange, with one request open and one grant given.
    private struct World {
        let hub: TestHub
        let exchange: TestExchange
        let clients: [Who: HubClient]
        let openRequest: String
        let grant: String
        let certificate: String

        init() async throws {
            hub = try TestHub()
            exchange = try await TestExchange(hub, owners: 2)
            openRequest = try await exchange.consumer.call(
                .post, "/api/v1/requests", body: .json(TestExchange.ask("flights", ["seat"]))
            ).text("request")
            grant = try #require(try await exchange.grant(0)["grant"]?.string)
            certificate = try hub.certificate("newcomer").0.pem
            clients = [
                .op: try hub.operatorClient, .provider: exchange.provider, .consumer: exchange.consumer,
                .owner: exchange.owners[0].client, .stranger: try hub.client("stranger"),
                .other: try await hub.organisation("other", roles: ["provider", "consumer", "owner"]),
            ]
        }
    }

    private func expect(_ cases: [Case], in world: World) async throws {
        let before = try await world.exchange.size()
        for (number, item) in cases.enumerated() {
            let client = try #require(world.clients[item.who])
            let name = "case \(number): \(item.who) \(item.method.rawValue) \(item.path)"
            do {
                let answer = try await client.call(item.method, item.path, body: item.body)
                Issue.record("\(name) was answered \(answer.status), not \(item.status) \(item.code)")
            } catch let problem as HubProblem {
                #expect(problem.status == item.status, "\(name): \(problem.members)")
                #expect(problem.code == item.code, "\(name): \(problem.members)")
                #expect(problem.field == item.field, "\(name): \(problem.members)")
                if problem.members["error"] == nil {
                    #expect(problem.members["type"] == .string("urn:sluis:problem:\(item.code)"), "\(name)")
                    #expect(problem.members["title"]?.string?.isEmpty == false, "\(name)")
                }
                #expect(!problem.detail.isEmpty && !problem.detail.contains("Optional("), "\(name)")
            }
        }
        #expect(try await world.exchange.size() == before, "a refused request left an entry")
        #expect(world.hub.isRunning)
        #expect(!world.hub.errors.contains("failed to answer"), "\(world.hub.errors)")
    }

    @Test func `organisations and persons`() async throws {
        let world = try await World()
        let organisation: [String: JSON] = [
            "id": "new", "name": "New", "roles": ["owner"], "certificate": .string(world.certificate),
        ]
        let person: [String: JSON] = ["name": "New", "certificate": .string(world.certificate)]
        func with(_ base: [String: JSON], _ name: String, _ value: JSON?) -> JSON {
            var all = base
            all[name] = value
            return .object(all)
        }
        let old = try SelfSignedCertificate.client(
            commonName: "old", userID: "old", key: PrivateKey.generate(.es256),
            at: Instant(milliseconds: Instant.system.milliseconds - 86_400_000 * 9), validDays: 1)
        let organisations = "/api/v1/organisations"
        let persons = "/api/v1/persons"
        try await expect(
            [
                Case(.op, organisations, with(organisation, "id", nil), 400, "member_missing", "id"),
                Case(.op, organisations, with(organisation, "id", "No Slug"), 400, "wrong_value", "id"),
                Case(.op, organisations, with(organisation, "id", 5), 400, "wrong_value", "id"),
                Case(.op, organisations, with(organisation, "name", ""), 400, "bad_name", "name"),
                Case(
                    .op, organisations,
                    with(organisation, "name", .string(String(repeating: "x", count: 201))),
                    400, "bad_name", "name"),
                Case(.op, organisations, with(organisation, "roles", []), 400, "roles_missing", "roles"),
                Case(.op, organisations, with(organisation, "roles", "owner"), 400, "wrong_value", "roles"),
                Case(.op, organisations, with(organisation, "roles", ["king"]), 400, "wrong_value", "roles"),
                Case(
                    .op, organisations, with(organisation, "certificate", "x"), 400, "bad_certificate",
                    "certificate"),
                Case(
                    .op, organisations, with(organisation, "certificate", .string(old.pem)), 400,
                    "certificate_expired", "certificate"),
                Case(
                    .op, organisations, with(organisation, "colour", "red"), 400, "member_unknown", "colour"),
                Case(
                    .op, organisations, with(organisation, "id", "airport"), 409, "organisation_exists",
                    "id"),
                Case(.op, organisations, [], 400, "wrong_type"),
                Case(
                    .op, .post, organisations, .bytes(Array("{".utf8), "application/json"), 400, "bad_json"),
                Case(
                    .op, .post, organisations,
                    .bytes(Array(#"{"id":"a","id":"b"}"#.utf8), "application/json"),
                    400, "bad_json"),
                Case(
                    .op, .post, organisations, .bytes([0xff, 0xfe], "application/json"), 400, "bad_json"),
                Case(
                    .op, .post, organisations,
                    .bytes([UInt8](repeating: UInt8(ascii: "["), count: 100_000), "application/json"), 400,
                    "bad_json"),
                Case(
                    .op, .post, organisations,
                    .bytes(Array("id=a".utf8), "application/x-www-form-urlencoded"),
                    415, "wrong_content_type", "content-type"),
                Case(.op, persons, with(person, "name", nil), 400, "member_missing", "name"),
                Case(.op, persons, with(person, "role", "king"), 400, "wrong_value", "role"),
                Case(
                    .op, persons, with(person, "role", "auditor"), 400, "organisation_missing", "organisation"
                ),
                Case(
                    .op, persons, with(person, "organisation", "nobody"), 404, "organisation_unknown",
                    "organisation"),
                Case(.op, persons, with(person, "certificate", nil), 400, "member_missing", "certificate"),
            ], in: world)
    }

    @Test func `datasets, data and links`() async throws {
        let world = try await World()
        let datasets = "/api/v1/datasets"
        let data = "/api/v1/datasets/flights/data"
        let links = "/api/v1/datasets/flights/links"
        func dataset(_ name: String, _ value: JSON?) -> JSON {
            var all = TestExchange.describe("more").object ?? [:]
            all[name] = value
            return .object(all)
        }
        func field(_ more: [String: JSON]) -> JSON {
            var all: [String: JSON] = ["id": "plane", "name": "plane", "type": "string"]
            all.merge(more) { _, new in new }
            return [.object(all)]
        }
        func csv(_ text: String) -> HubBody { .bytes(Array(text.utf8), "text/csv") }
        let unknown = UUID().uuidString.lowercased()
        let fields: [Case] = [
            Case(.provider, datasets, dataset("fields", []), 400, "bad_field_count", "fields"),
            Case(
                .provider, datasets, dataset("fields", field(["type": "float"])), 400, "wrong_value",
                "fields[0].type"),
            Case(
                .provider, datasets, dataset("fields", field(["unit": "m"])), 400, "member_unknown",
                "fields[0].unit"),
            Case(
                .provider, datasets, dataset("fields", field(["name": ""])), 400, "bad_field_name",
                "fields[0].name"),
            Case(
                .provider, datasets, dataset("fields", field(["name": "other"])), 400, "owner_column_unknown",
                "owner_rule.column"),
            Case(.provider, datasets, dataset("owner_rule", nil), 400, "member_missing", "owner_rule"),
            Case(
                .provider, datasets, dataset("owner_rule", ["open": false]), 400, "wrong_value",
                "owner_rule"),
            Case(
                .provider, datasets, dataset("owner_rule", ["open": true, "single": "x"]), 400, "wrong_value",
                "owner_rule"),
            Case(
                .provider, datasets, dataset("owner_rule", ["single": .string(unknown)]), 400, "wrong_value",
                "owner_rule"),
            Case(
                .provider, datasets, dataset("owner_rule", ["single": "nobody"]), 404, "owner_unknown",
                "owner_rule.single"),
            Case(.provider, datasets, dataset("title", ""), 400, "bad_title", "title"),
            Case(.provider, datasets, dataset("null_values", "NA"), 400, "wrong_value", "null_values"),
            Case(.provider, datasets, dataset("offer", "open"), 400, "wrong_value", "offer"),
            Case(.provider, datasets, dataset("offer", [:]), 400, "policy_malformed", "offer.@context"),
            Case(.provider, datasets, dataset("id", "flights"), 409, "dataset_exists", "id"),
            Case(.consumer, datasets, dataset("id", "mine"), 403, "role_missing"),
            Case(.stranger, datasets, dataset("id", "mine"), 401, "certificate_unknown"),
        ]
        let rows: [Case] = [
            Case(.provider, .put, data, csv(""), 422, "empty_file"),
            Case(.provider, .put, data, csv("plane,seat\nK0,1\n"), 422, "header_mismatch", "fare"),
            Case(.provider, .put, data, csv("seat,fare\n1,1\n"), 422, "missing_owner_column", "plane"),
            Case(.provider, .put, data, csv("plane,plane,seat,fare\n"), 422, "duplicate_field", "plane"),
            Case(.provider, .put, data, csv("plane,seat,fare\nK0,1\n"), 422, "bad_lines"),
            Case(.provider, .put, data, csv("plane,seat,fare\nK0,one,1\n"), 422, "bad_lines", "seat"),
            Case(.provider, .put, data, csv("plane,seat,fare\nK0,\"1\"x,1\n"), 422, "bad_lines", "seat"),
            Case(.provider, .put, data, csv("plane,seat,fare\nK\u{0},1,1\n"), 422, "bad_lines", "plane"),
            Case(
                .provider, .put, data,
                .bytes(Array("plane,seat,fare\nK".utf8) + [0xff, 0x2c, 0x31, 0x2c, 0x31], "text/csv"), 422,
                "bad_lines", "plane"),
            Case(
                .provider, .put, data, .bytes([1], "application/zip"), 415, "wrong_content_type",
                "content-type"),
            Case(.provider, .put, data + "?bad_lines=ignore", csv("x"), 400, "wrong_value", "bad_lines"),
            Case(.provider, .put, data + "?mode=append", csv("x"), 400, "parameter_unknown", "mode"),
            Case(.other, .put, data, csv("plane,seat,fare\n"), 404, "dataset_unknown", "dataset"),
            Case(
                .provider, .put, "/api/v1/datasets/none/data", csv("a\n"), 404, "dataset_unknown", "dataset"),
            Case(.provider, .put, "/api/v1/datasets/No%20Slug/data", csv("a\n"), 400, "wrong_value", "id"),
        ]
        let owners: [Case] = [
            Case(.provider, .put, links, .json([]), 400, "links_missing"),
            Case(.provider, .put, links, .json([:]), 400, "wrong_type"),
            Case(
                .provider, .put, links, .json([["owner_key": "K9", "owner": "nobody"]]), 404, "owner_unknown",
                "[0].owner"),
            Case(
                .provider, .put, links, .json([["owner_key": "", "owner": nil]]), 400, "bad_owner_key",
                "[0].owner_key"),
            Case(
                .provider, .put, links, .json([["owner": "airport"]]), 400, "member_missing",
                "[0].owner_key"),
            Case(.provider, .put, links, .json([["owner_key": "K9"]]), 400, "member_missing", "[0].owner"),
            Case(
                .provider, .put, links, .json([["owner_key": "K9", "owner": "Not A Slug"]]), 400,
                "wrong_value", "[0].owner"),
            Case(
                .provider, .put, links,
                .json([["owner_key": "K9", "owner": "airport"], ["owner_key": "K9", "owner": nil]]), 400,
                "owner_key_twice", "[1].owner_key"),
            Case(.provider, .put, links, csv("key,owner\n"), 400, "bad_header"),
            Case(
                .other, .put, links, .json([["owner_key": "K9", "owner": "other"]]), 404, "dataset_unknown",
                "dataset"),
        ]
        try await expect(fields + rows + owners, in: world)
    }

    @Test func `requests, agreements and grants`() async throws {
        let world = try await World()
        let requests = "/api/v1/requests"
        func ask(_ name: String, _ value: JSON?) -> JSON {
            var all = TestExchange.ask("flights", ["seat"]).object ?? [:]
            all[name] = value
            return .object(all)
        }
        func give(_ more: [String: JSON]) -> JSON {
            var all: [String: JSON] = ["agreement": .string(world.exchange.agreement)]
            all.merge(more) { _, new in new }
            return .object(all)
        }
        let nowhere = "01890000-0000-7000-8000-000000000000"
        let past: JSON = "2020-01-01T00:00:00Z"
        let agree = requests + "/\(world.openRequest)/agree"
        let grant = "/api/v1/grants/\(world.grant)"
        let asked: [Case] = [
            Case(.consumer, requests, ask("dataset", "none"), 404, "dataset_unknown", "dataset"),
            Case(
                .consumer, requests, ask("purpose", "https://w3id.org/dpv#World"), 400, "purpose_unknown",
                "purpose"),
            Case(.consumer, requests, ask("legal_basis", "because"), 400, "wrong_value", "legal_basis"),
            Case(
                .consumer, requests, ask("legal_basis", "public-task"), 403, "legal_basis_not_served",
                "legal_basis"),
            Case(.consumer, requests, ask("fields", []), 400, "fields_missing", "fields"),
            Case(.consumer, requests, ask("fields", ["seat", "seat"]), 400, "field_twice", "fields"),
            Case(.consumer, requests, ask("fields", ["wing"]), 400, "field_unknown", "fields"),
            Case(.consumer, requests, ask("valid_until", past), 400, "time_past", "valid_until"),
            Case(.consumer, requests, ask("valid_until", "tomorrow"), 400, "wrong_value", "valid_until"),
            Case(.consumer, requests, ask("retention", "90 days"), 400, "bad_duration", "retention"),
            Case(.consumer, requests, ask("notice", ["en": 1]), 400, "wrong_value", "notice"),
            Case(.consumer, requests, ask("wish", 1), 400, "member_unknown", "wish"),
            Case(.provider, requests, ask("fields", ["seat"]), 403, "role_missing"),
            Case(.consumer, .get, requests, nil, 400, "wrong_value", "role"),
            Case(.consumer, .get, requests + "?role=king", nil, 400, "wrong_value", "role"),
            Case(.consumer, .get, requests + "?role=provider", nil, 403, "role_missing", "role"),
            Case(.consumer, .get, requests + "?role=consumer&limit=0", nil, 400, "wrong_value", "limit"),
            Case(.consumer, .get, requests + "?role=consumer&cursor=x", nil, 400, "bad_cursor", "cursor"),
            Case(
                .consumer, .get, requests + "?role=consumer&role=owner", nil, 400, "parameter_twice", "role"),
            Case(.other, agree, [:], 404, "request_unknown"),
            Case(.provider, requests + "/\(nowhere)/agree", [:], 404, "request_unknown"),
            Case(.provider, requests + "/1/agree", [:], 400, "wrong_value", "id"),
            Case(.provider, agree, ["fast": true], 400, "member_unknown", "fast"),
            Case(.provider, requests + "/\(world.openRequest)/refuse", [:], 400, "member_missing", "reason"),
            Case(
                .provider, requests + "/\(world.openRequest)/refuse", ["reason": ""], 400, "reason_missing",
                "reason"),
            Case(
                .other, .get, "/api/v1/agreements/\(world.exchange.agreement)", nil, 404,
                "agreement_unknown"),
        ]
        let given: [Case] = [
            Case(.owner, "/api/v1/grants", [:], 400, "member_missing", "agreement"),
            Case(.owner, "/api/v1/grants", ["agreement": "x"], 400, "wrong_value", "agreement"),
            Case(
                .owner, "/api/v1/grants", ["agreement": .string(nowhere)], 404, "agreement_unknown",
                "agreement"),
            Case(.owner, "/api/v1/grants", give(["fields": ["wing"]]), 400, "field_unknown", "fields"),
            Case(.owner, "/api/v1/grants", give(["fields": []]), 400, "fields_missing", "fields"),
            Case(.owner, "/api/v1/grants", give(["valid_until": past]), 400, "time_past", "valid_until"),
            Case(
                .owner, "/api/v1/grants", give(["owner_keys": ["K1"]]), 403, "owner_key_foreign", "owner_keys"
            ),
            Case(.owner, "/api/v1/grants", give(["owner_keys": []]), 400, "owner_keys_missing", "owner_keys"),
            Case(.other, "/api/v1/grants", give([:]), 404, "agreement_unknown", "agreement"),
            Case(.consumer, "/api/v1/grants", give([:]), 403, "role_missing"),
            Case(.owner, grant + "/refuse", [:], 409, "grant_state", "state"),
            Case(.owner, grant + "/revoke", [:], 403, "role_missing"),
            Case(.provider, grant + "/withdraw", [:], 403, "role_missing"),
            Case(.op, grant + "/withdraw", [:], 403, "not_the_owner"),
            Case(.other, grant + "/withdraw", [:], 404, "grant_unknown", "grant"),
            Case(.other, grant + "/revoke", [:], 404, "grant_unknown", "grant"),
            Case(
                .owner, grant + "/withdraw", ["reason": .string(String(repeating: "x", count: 2001))], 400,
                "wrong_value", "reason"),
            Case(.owner, "/api/v1/grants/\(nowhere)/withdraw", [:], 404, "grant_unknown", "grant"),
        ]
        try await expect(asked + given, in: world)
    }
}

extension TestExchange {
    /// How many entries the log has: a proof of one that it has not says so.
    func size() async throws -> Int {
        let problem = try await consumer.problem(.get, "/log/proof/99999999")
        let last = problem.expected?.split(separator: " ").last.flatMap { Int($0) }
        return try #require(last, "\(problem.members)") + 1
    }
}
