import Foundation
import Model
import Testing

@testable import sluis

/// AuthZEN 1.0 over the wire, out of `sluis policy serve` with the certification fixture.
@Suite(.serialized)
final class PolicyServerTests {
    private let process = Process()
    private let url: String

    init() throws {
        let policies = PolicyCommandTests.root.appending(path: "Policies/authzen").path
        process.executableURL = Program.folder.appendingPathComponent("sluis")
        process.arguments = [
            "policy", "serve", "--policy", policies + "/certification.jsonld", "--entities",
            policies + "/certification.entities.json",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
            line.append(byte)
        }
        let ready = try JSON.parse(line)
        #expect(ready["ready"] == true)
        url = try #require(ready["url"]?.string)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    private func curl(_ arguments: [String]) throws -> (status: Int, fields: [String: String], body: String) {
        let result = try Program.run(
            at: URL(filePath: "/usr/bin/python3"), ["-c", Self.client, url] + arguments)
        let answer = try JSON.parse(result.output)
        let fields = (answer["fields"]?.object ?? [:]).compactMapValues(\.string)
        return (Int(answer["status"]?.integer ?? 0), fields, answer["body"]?.string ?? "")
    }

    /// Python's own HTTP client: method, path, body, then `name:value` fields.
    private static let client = """
        import http.client, json, sys, urllib.parse
        u = urllib.parse.urlparse(sys.argv[1]); c = http.client.HTTPConnection(u.hostname, u.port, timeout=20)
        f = dict(x.split(':', 1) for x in sys.argv[5:])
        c.request(sys.argv[2], sys.argv[3], sys.argv[4].encode() or None, f); r = c.getresponse()
        print(json.dumps({'status': r.status, 'fields': {k.lower(): v for k, v in r.getheaders()},
          'body': r.read().decode()}))
        """

    private static let json = "content-type:application/json"

    private func post(_ path: String, _ body: String, _ fields: String...) throws -> (
        status: Int, fields: [String: String], body: String
    ) {
        try curl(["POST", "/access/v1/" + path, body] + (fields.isEmpty ? [Self.json] : fields))
    }

    private static let alice = #""subject":{"type":"user","id":"alice"}"#
    private static let record = #""resource":{"type":"record","id":"record-1"}"#
    private static let read = "{\(alice),\"action\":{\"name\":\"read\"},\(record)}"

    @Test func `a decision is one member, and the request's identifier comes back`() throws {
        let answer = try post("evaluation", Self.read, Self.json, "x-request-id:a b")
        #expect(answer.status == 200 && answer.body == #"{"decision":true}"#)
        #expect(answer.fields["x-request-id"] == "a b" && answer.fields["content-type"] == "application/json")
        #expect(answer.fields["cache-control"] == "no-store")
        let charset = try post("evaluation", Self.read, "content-type:application/json; charset=utf-8")
        #expect(charset.status == 200)
    }

    @Test(arguments: ["", "{", "[]", "7", "null", "{}", #"{"subject":"alice"}"#, "\u{FEFF}{}"])
    func `a bad body is a 400 that names what is wrong`(_ body: String) throws {
        for path in ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"] {
            let answer = try post(path, body, Self.json, "x-request-id:r")
            #expect(answer.status == 400, "\(path) \(body)")
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.fields["x-request-id"] == "r")
            #expect(try JSON.parse(answer.body)["detail"]?.string?.isEmpty == false)
        }
    }

    @Test func `another media type is a 400, another method a 405, another path a 404`() throws {
        #expect(try post("evaluation", Self.read, "content-type:text/plain").status == 400)
        #expect(try post("evaluation", Self.read, "accept:application/json").status == 400)
        let get = try curl(["GET", "/access/v1/evaluation", ""])
        #expect(get.status == 405 && get.fields["allow"] == "POST")
        #expect(try curl(["GET", "/access/v1", ""]).status == 404)
        #expect(try post("evaluation/", Self.read).status != 500)
    }

    @Test func `the metadata names its own origin`() throws {
        let answer = try curl(["GET", "/.well-known/authzen-configuration", "", "host:evil.example"])
        let metadata = try JSON.parse(answer.body)
        #expect(metadata["policy_decision_point"]?.string == url)
        #expect(metadata["access_evaluation_endpoint"]?.string == url + "/access/v1/evaluation")
        #expect(metadata.object?.count == 6)
    }

    @Test(arguments: [
        ("execute_all", [true, false, true]), ("deny_on_first_deny", [true, false]),
        ("permit_on_first_permit", [true]),
    ])
    func `the three semantics of a batch`(_ semantic: String, _ expected: [Bool]) throws {
        let body = """
            {\(Self.alice),\(Self.record),"options":{"evaluations_semantic":"\(semantic)"},"evaluations":[
            {"action":{"name":"read"}},{"action":{"name":"fly"}},{"action":{"name":"write"}}]}
            """
        let answer = try JSON.parse(try post("evaluations", body).body)
        #expect(answer["evaluations"]?.array?.map { $0["decision"]?.bool } == expected)
        #expect(answer.object?.count == 1)
    }

    @Test func `a faulty item is denied by itself, an unknown semantic refuses the whole`() throws {
        let body = """
            {\(Self.alice),\(Self.record),"evaluations":[{"action":{}},{"action":{"name":"read"}},7]}
            """
        let items = try #require(JSON.parse(try post("evaluations", body).body)["evaluations"]?.array)
        #expect(items.map { $0["decision"] } == [false, true, false])
        #expect(items[0]["context"]?["error"]?["status"] == 400)
        let unknown = body.replacing(
            "\"evaluations\":", with: "\"options\":{\"evaluations_semantic\":\"all\"},\"evaluations\":")
        let refused = try post("evaluations", unknown)
        #expect(refused.status == 400)
        #expect(try JSON.parse(refused.body)["field"] == "options.evaluations_semantic")
    }

    @Test func `searches list type before id, page by page, and know no strangers`() throws {
        let query = #"{"subject":{"type":"user"},"action":{"name":"read"},"# + Self.record
        let all = try post("search/subject", query + "}")
        #expect(all.body == #"{"results":[{"type":"user","id":"alice"},{"type":"user","id":"bob"}]}"#)
        let first = try JSON.parse(try post("search/subject", query + #","page":{"limit":1}}"#).body)
        let token = try #require(first["page"]?["next_token"]?.string)
        #expect(!token.isEmpty && first["page"]?["total"] == 2)
        let second = try post("search/subject", query + #","page":{"token":"\#(token)"}}"#)
        #expect(try JSON.parse(second.body)["page"]?["next_token"] == "")
        #expect(try JSON.parse(second.body)["results"] == [["type": "user", "id": "bob"]])
        let foreign = query.replacing("read", with: "write") + #","page":{"token":"\#(token)"}}"#
        #expect(try post("search/subject", foreign).status == 400)
        let stranger = #"{"subject":{"type":"user","id":"eve"},"# + Self.record + "}"
        #expect(try post("search/action", stranger).body == #"{"results":[]}"#)
    }
}
