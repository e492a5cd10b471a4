import AuditLog
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// The life of requests, agreements and grants over HTTPS, and what readers get at each step.
@Suite(.serialized)
struct LifecycleTests {
    @Test func `readers get exactly what owners grant, from header only to everything and back`() async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 4)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).text == "plane,seat,fare\n")
        let first = try await exchange.grant(1)
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [1], owners: 4))
        try await exchange.grant(3)
        let read = try await exchange.read(token)
        #expect(read.rows == TestExchange.rows(of: [1, 3], owners: 4))
        #expect(read.headers.first(name: "Sluis-Withheld") == nil, "fewer than 20 owners are withheld")
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        let ended = try await exchange.withdraw(first, by: 1)
        #expect(ended["state"] == "Withdrawn")
        #expect(ended["still_readable"] == [])
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [3], owners: 4))
        let again = try await exchange.grant(1)
        #expect(again["grant"] != first["grant"], "a grant after a withdrawal is a new one")
        let epochs = [first, ended, again].compactMap { $0["epoch"]?.integer }
        #expect(epochs == epochs.sorted() && Set(epochs).count == 3)
    }

    @Test func `an amended grant keeps its id and takes away what it no longer covers`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let whole = try await exchange.grant(1)
        let token = try await exchange.token()
        let part = try await exchange.grant(1, ["fields": ["seat"]])
        #expect(part["grant"] == whole["grant"])
        #expect(try await exchange.read(token).rows == [",0,", ",1,"])
        let json = try await exchange.read(token, accept: "application/x-ndjson").text
        #expect(json.split(separator: "\n").sorted() == [#"{"seat":0}"#, #"{"seat":1}"#])
        // A row flows only if a field that is asked for was granted.
        #expect(try await exchange.read(token, query: "?fields=fare").rows == [])
        try await exchange.grant(1)
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [1], owners: 2))
        #expect(try await exchange.read(token, query: "?fields=fare,seat").rows == ["1.0,0", "1.1,1"])
        exchange.hub.stop()
        #expect(try exchange.hub.entries("grant.amended").count == 2)
    }

    @Test func `the owner is asked, refuses, is revoked, and can say yes again`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let owner = exchange.owners[0].client
        func asked() async throws -> JSON {
            let json = try await owner.call(.get, "/api/v1/requests?role=owner").json
            return try #require(json["items"]?.array?.first)
        }
        let first = try await asked()
        #expect(first["state"] == "Requested")
        #expect(first["owner_keys"] == ["K0"])
        #expect(first["notice"] == ["en": "Why we ask"])
        #expect(try await asked()["grant"] == first["grant"], "its id is fixed when first listed")
        let id = try #require(first["grant"]?.string)
        let refused = try await owner.call(
            .post, "/api/v1/grants/\(id)/refuse", body: .json(["reason": "no, thank you"])
        ).json
        #expect(refused["state"] == "Refused")
        let given = try await exchange.grant(0)
        #expect(given["grant"] != first["grant"])
        let revoked = try await exchange.provider.call(
            .post, "/api/v1/grants/\(given["grant"]?.string ?? "")/revoke",
            body: .json(["reason": "by court"])
        ).json
        #expect(revoked["state"] == "Revoked")
        #expect(try await exchange.read(exchange.token()).rows == [])
        try await exchange.grant(0)
        let operatorClient = try exchange.hub.operatorClient
        let last = try #require(try await asked()["grant"]?.string)
        _ = try await operatorClient.call(.post, "/api/v1/grants/\(last)/revoke")
        #expect(try await exchange.read(exchange.token()).rows == [])
        exchange.hub.stop()
        let log = try exchange.hub.entries().map(\.canonicalText).joined()
        #expect(!log.contains("thank you") && !log.contains("court"), "reasons stay out of the log")
        #expect(
            !log.contains("owner-0") && !log.contains(exchange.owners[0].id), "persons stay out of the log")
        #expect(!log.contains("\"K0\""), "owner keys stay out of the log")
    }

    @Test func `the log commits to side files that say whose rows went and whose keys changed`() async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(1)
        _ = try await exchange.read(exchange.token())
        exchange.hub.stop()
        func side(_ entry: JSON, _ commitment: JSON?) throws -> SideFile {
            let stream = try #require(entry["stream"]?.string)
            let path = exchange.hub.data + "/side/" + stream
            return try SideFile(
                file: Array(try Data(contentsOf: URL(fileURLWithPath: path))),
                commitment: try #require(commitment?.string.flatMap { Base64.decodeURL($0) }))
        }
        let linked = try #require(try exchange.hub.entries("link.changed").first)
        #expect(linked["links"] == 2 && linked["owners"]?["count"] == 2)
        let links = try side(linked, linked["owners"]?["commitment"]).lines.compactMap {
            $0?["owner"]?.string
        }
        #expect(Set(links) == Set(exchange.owners.map(\.id)))
        let read = try #require(try exchange.hub.entries("access").first)
        #expect(
            try side(read, read["delivered"]).lines == [
                ["owner": "K1", "rows": 2, "fields": ["plane", "seat", "fare"]]
            ])
    }

    @Test func `a grant with an end ends by itself, also for a token that was taken before`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let end = Instant(milliseconds: Instant.system.milliseconds + 2500)
        try await exchange.grant(1, ["valid_until": JSON(end)])
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows.count == 2)
        try await Task.sleep(for: .milliseconds(max(0, end.milliseconds - Instant.system.milliseconds) + 5))
        #expect(try await exchange.read(token).rows == [])
        try await Task.sleep(for: .seconds(1))
        exchange.hub.stop()
        #expect(try exchange.hub.entries("grant.expired").count == 1)
    }

    @Test func `an agreement with an end ends tokens and reads`() async throws {
        let end = Instant(milliseconds: Instant.system.milliseconds + 4000)
        let exchange = try await TestExchange(TestHub(), owners: 1, validUntil: end)
        try await exchange.grant(0)
        let answer = try await exchange.consumer.call(.post, "/oauth/token", body: exchange.tokenForm()).json
        #expect(try #require(answer["expires_in"]?.integer) <= 4)
        let token = try #require(answer["access_token"]?.string)
        #expect(try await exchange.read(token).rows.count == 1)
        try await Task.sleep(
            for: .milliseconds(max(0, end.milliseconds - Instant.system.milliseconds) + 1100))
        let read = await #expect(throws: HubProblem.self) { _ = try await exchange.read(token) }
        #expect([401, 403].contains(read?.status ?? 0))
        let refused = try await exchange.consumer.problem(.post, "/oauth/token", body: exchange.tokenForm())
        #expect(refused.status == 400 && refused.code == "invalid_grant")
        let grant = try await exchange.owners[0].client.problem(
            .post, "/api/v1/grants", body: .json(["agreement": .string(exchange.agreement)]))
        #expect(grant.status == 409 && grant.code == "agreement_ended")
    }

    @Test
    func `a key that passes to another owner stops for the first, and old rows never reach the new one`()
        async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let token = try await exchange.token()
        try await exchange.grant(0)
        try await exchange.grant(1)
        let relink: JSON = [["owner_key": "K1", "owner": .string(exchange.owners[0].id)]]
        let answer = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/links", body: .json(relink)
        ).json
        #expect(answer["links"] == 1)
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0], owners: 2))
        // A new version: now the rows of K1 are his, and his grant of all keys covers them.
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/data",
            body: .bytes(Array(TestExchange.csv(owners: 2).utf8), "text/csv"))
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0, 1], owners: 2))
        try await exchange.grant(0, ["owner_keys": ["K1"]])
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [1], owners: 2))
        let unlink: JSON = [["owner_key": "K1", "owner": nil]]
        _ = try await exchange.provider.call(.put, "/api/v1/datasets/flights/links", body: .json(unlink))
        #expect(try await exchange.read(token).rows == [])
    }

    @Test func `a dataset of one owner, and one that is open to anyone`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let press = try await exchange.hub.organisation("press", roles: ["owner"])
        let csv = TestExchange.csv(owners: 2)
        try await TestExchange.publish("archive", csv, rule: ["single": "press"], by: exchange.provider)
        let agreement = try await TestExchange.agreement(
            "archive", ["seat"], exchange.consumer, exchange.provider)
        let token = try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(dataset: "archive", agreement: agreement)
        ).text("access_token")
        #expect(try await exchange.read(token, dataset: "archive").text == "seat\n")
        _ = try await press.call(.post, "/api/v1/grants", body: .json(["agreement": .string(agreement)]))
        #expect(try await exchange.read(token, dataset: "archive").rows == ["0", "0", "0", "1", "1"])

        try await TestExchange.publish("open", csv, rule: ["open": true], by: exchange.provider)
        let read = try await exchange.read(nil, query: "?fields=seat", dataset: "open", by: press)
        #expect(read.rows.count == 5)
        #expect(read.headers.first(name: "Sluis-Entry") != nil, "open reads are logged too")
        let request = try await exchange.consumer.problem(
            .post, "/api/v1/requests", body: .json(TestExchange.ask("open", ["seat"])))
        #expect(request.code == "dataset_open" && request.remedy != nil)
        for path in ["/data/archive", "/data/none"] {
            let problem = try await exchange.consumer.problem(.get, path)
            #expect(problem.status == 401 && problem.code == "token_missing")
        }
    }

    @Test func `a second version keeps the dataset's rule; another's dataset is not told`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let body = HubBody.json(TestExchange.describe("flights"))
        let own = try await exchange.provider.problem(.post, "/api/v1/datasets", body: body)
        #expect(own.code == "dataset_exists")
        #expect(own.members["dataset"]?["owner_rule"] == ["column": "plane"])
        #expect(own.members["dataset"]?["null_values"] == ["", "NA"])
        let other = try await exchange.hub.organisation("rival", roles: ["provider"])
        let foreign = try await other.problem(.post, "/api/v1/datasets", body: body)
        #expect(foreign.code == "dataset_exists" && foreign.members["dataset"] == nil)
        let file = try exchange.hub.scratch.file("second.csv", TestExchange.csv(owners: 1))
        let arguments = [
            "dataset", "publish", "flights", "--file", file, "--title", "Flights", "--owner-column", "plane",
            "--null", "NA", "--json", "--profile", exchange.provider.profile.folder,
        ]
        let second = try Program.run("sluis", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(try JSON.parse(second.output)["version"] == 2)
    }

    @Test func `a request is decided once`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let ask = HubBody.json(TestExchange.ask("flights", ["seat"]))
        func request() async throws -> String {
            try await exchange.consumer.call(.post, "/api/v1/requests", body: ask).text("request")
        }
        let refused = try await request()
        let path = "/api/v1/requests/\(refused)"
        let answer = try await exchange.provider.call(
            .post, path + "/refuse", body: .json(["reason": "not for this purpose"])
        ).json
        #expect(answer["state"] == "refused")
        for ending in ["/agree", "/refuse"] {
            let problem = try await exchange.provider.problem(
                .post, path + ending, body: ending == "/agree" ? nil : .json(["reason": "x"]))
            #expect(problem.status == 409 && problem.code == "request_closed")
        }
        let listed = try await exchange.consumer.call(.get, "/api/v1/requests?role=consumer").json
        let item = listed["items"]?.array?.first { $0["request"] == .string(refused) }
        #expect(item?["reason"] == "not for this purpose")
        let agreed = try await request()
        _ = try await exchange.provider.call(.post, "/api/v1/requests/\(agreed)/agree")
        let twice = try await exchange.provider.problem(.post, "/api/v1/requests/\(agreed)/agree")
        #expect(twice.status == 409)
    }

    @Test func `one consumer's agreement is nothing to another`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let thief = try await exchange.hub.organisation("thief", roles: ["consumer"])
        let form = exchange.tokenForm()
        let problem = try await thief.problem(.post, "/oauth/token", body: form)
        #expect(problem.status == 400 && problem.code == "invalid_authorization_details")
        let stolen = try await exchange.token()
        let read = await #expect(throws: HubProblem.self) { _ = try await exchange.read(stolen, by: thief) }
        #expect(read?.status == 401)
        #expect(try await exchange.read(stolen).rows.count == 1, "with its own certificate it still works")
    }
}
