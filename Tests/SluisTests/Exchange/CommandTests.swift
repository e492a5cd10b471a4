import Foundation
import Model
import Testing

@testable import sluis

/// The exchange as people type it: every command against a running hub, its answers, exit codes and
/// messages.
@Suite(.serialized)
struct CommandTests {
    private let hub: TestHub

    init() throws { hub = try TestHub() }

    private var operatorProfile: String { hub.data + "/profiles/operator" }

    private func profile(_ name: String) -> String { hub.scratch.path("as-\(name)") }

    private func sluis(as name: String? = nil, _ arguments: String...) throws -> Program.Result {
        try Program.run("sluis", arguments + ["--profile", name.map(profile) ?? operatorProfile])
    }

    /// A command that must succeed, and its `--json` answer.
    private func answer(
        as name: String? = nil, _ arguments: String..., at location: SourceLocation = #_sourceLocation
    ) throws -> JSON {
        let profile = name.map(profile) ?? operatorProfile
        let result = try Program.run("sluis", arguments + ["--json", "--profile", profile])
        try #require(result.status == 0, "\(arguments): \(result.errors)", sourceLocation: location)
        return try JSON.parse(result.output)
    }

    private func text(_ json: JSON, _ name: String) throws -> String { try #require(json[name]?.string) }

    /// Parties, dataset, links, agreement, one grant of everything.
    private func open() throws -> (agreement: String, grant: String) {
        for (id, roles) in [("airport", "provider"), ("authority", "consumer")] {
            let added = try answer(
                "org", "add", id, "--name", id, "--roles", roles, "--out", profile(id))
            #expect(added == ["id": .string(id), "profile": .string(profile(id))])
        }
        let owner = try text(answer("person", "add", "--name", "Ann", "--out", profile("ann")), "id")
        let file = try hub.scratch.file("flights.csv", "plane,seat\nN1,1\nN1,2\nNA,3\n")
        let published = try answer(
            as: "airport", "dataset", "publish", "flights", "--file", file, "--title", "Flights",
            "--owner-column", "plane", "--null", "NA")
        #expect(published["rows"] == 3 && published["owners"] == 1 && published["ownerless_rows"] == 1)
        let links = try hub.scratch.file("links.csv", "owner_key,owner\nN1,\(owner)\n")
        #expect(try answer(as: "airport", "dataset", "link", "flights", "--file", links)["links"] == 1)
        let request = try answer(
            as: "authority", "request", "--dataset", "flights", "--purpose", TestExchange.purpose,
            "--legal-basis", "consent", "--fields", "plane,seat")
        #expect(request["state"] == "open")
        let agreement = try text(answer(as: "airport", "agree", text(request, "request")), "agreement")
        let grant = try answer(as: "ann", "grant", agreement)
        #expect(grant["state"] == "Given" && grant["epoch"]?.integer != nil)
        return (agreement, try text(grant, "grant"))
    }

    @Test func `a reader comes back with the cursor that was printed`() throws {
        let (agreement, grant) = try open()
        let token = try sluis(as: "authority", "token", "--agreement", agreement)
        let file = try hub.scratch.file("token", token.output)
        func read(_ options: String...) throws -> (output: String, account: JSON) {
            let command = ["read", "flights", "--token", file, "--json", "--format", "ndjson"]
            let result = try Program.run(
                "sluis", command + options + ["--profile", profile("authority")])
            #expect(result.status == 0, "\(result.errors)")
            return (result.output, try JSON.parse(result.errors))
        }
        let whole = try read()
        #expect(whole.account["retracted"] == .null && whole.output.contains("N1"))
        let cursor = try text(whole.account, "cursor")
        _ = try answer(as: "ann", "withdraw", grant)
        let since = try read("--since", cursor)
        #expect(since.output == "{\"retract\":\"N1\"}\n")
        #expect(since.account["retracted"] == "owners=1")
    }

    @Test func `from the first organisation to a proof of the last decision`() throws {
        let (agreement, grant) = try open()
        let token = hub.scratch.path("token")
        let taken = try sluis(as: "authority", "token", "--agreement", agreement)
        #expect(taken.status == 0, "\(taken.errors)")
        try Data(taken.output.utf8).write(to: URL(fileURLWithPath: token))
        let headers = hub.scratch.path("headers")
        let read = try sluis(as: "authority", "read", "flights", "--token", token, "--headers", headers)
        #expect(read.status == 0, "\(read.errors)")
        #expect(read.output == "plane,seat\nN1,1\nN1,2\n")
        let lines = try String(contentsOfFile: headers, encoding: .utf8)
        #expect(lines.hasPrefix("HTTP/1.1 200 OK\n") && lines.lowercased().contains("sluis-status: complete"))
        let rows = try sluis(
            as: "authority", "read", "flights", "--token", token, "--format", "ndjson", "--fields", "seat")
        #expect(rows.output == "{\"seat\":1}\n{\"seat\":2}\n")
        let withdrawn = try answer(as: "ann", "withdraw", grant)
        #expect(withdrawn["state"] == "Withdrawn" && withdrawn["still_readable"] == [])
        #expect(try sluis(as: "authority", "read", "flights", "--token", token).output == "plane,seat\n")
        let entry = try #require(withdrawn["entry"]?.integer)
        let proof = try sluis("log", "proof", String(entry))
        #expect(proof.status == 0 && proof.output.hasPrefix("c2sp.org/tlog-proof@v1\n"), "\(proof.output)")
        hub.stop()
        let verified = try Program.run("sluis", ["log", "verify", "--data", hub.data])
        #expect(verified.status == 0)
        #expect(verified.output.split(separator: "\n").last?.hasPrefix("verified ") == true)
        let shown = try Program.run("sluis", ["log", "entry", String(entry), "--data", hub.data])
        #expect(try JSON.parse(shown.output)["type"] == "grant.withdrawn")
        let key = try Program.run("sluis", ["log", "vkey", "--data", hub.data]).output
        let independent = try Program.run(
            "sluis-verify",
            ["--dir", hub.data + "/log", "--vkey", key.trimmingCharacters(in: .whitespacesAndNewlines)])
        #expect(independent.status == 0, "\(independent.output)\(independent.errors)")
    }

    @Test func `refusals are one line, status 1, and name the way out`() throws {
        let (agreement, grant) = try open()
        let request = try text(
            answer(
                as: "authority", "request", "--dataset", "flights", "--purpose", TestExchange.purpose,
                "--legal-basis", "permission", "--fields", "seat"), "request")
        let refused = try answer(as: "airport", "refuse", request, "--reason", "not now")
        #expect(refused["entry"]?.integer != nil)
        let cases: [(who: String?, arguments: [String], says: String)] = [
            ("airport", ["agree", request], "already refused"),
            ("authority", ["grant", agreement], "role"),
            ("ann", ["decline", grant], "Given"),
            ("ann", ["revoke", grant], "role"),
            (
                "airport", ["org", "add", "x", "--name", "x", "--roles", "owner", "--out", profile("x")],
                "role"
            ),
            (
                "authority",
                [
                    "request", "--dataset", "flights", "--purpose", TestExchange.purpose, "--legal-basis",
                    "contract", "--fields", "seat",
                ], "contract"
            ),
            (
                nil, ["org", "add", "airport", "--name", "x", "--roles", "owner", "--out", profile("y")],
                "exists"
            ),
        ]
        for item in cases {
            let result = try Program.run(
                "sluis", item.arguments + ["--profile", item.who.map(profile) ?? operatorProfile])
            #expect(result.status == 1, "\(item.arguments): \(result.status) \(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(result.errors.contains(item.says), "\(item.arguments): \(result.errors)")
            #expect(result.output.isEmpty)
        }
        #expect(!FileManager.default.fileExists(atPath: profile("x")), "no profile of one who was not added")
        let revoked = try answer(as: "airport", "revoke", grant)
        #expect(revoked["state"] == "Revoked")
    }

    @Test func `bad input is status 2 and names option and remedy`() throws {
        _ = try open()
        let ragged = try hub.scratch.file("ragged.csv", "plane,seat\nN1\n")
        let header = try hub.scratch.file("header.csv", "plane,seat\n")
        let publish = ["dataset", "publish", "more", "--title", "T", "--owner-column", "plane", "--file"]
        let cases: [(arguments: [String], says: String)] = [
            (publish + [ragged], "line 2"),
            (publish + [hub.scratch.path("none.csv")], "--file"),
            (["dataset", "publish", "more", "--title", "T", "--file", header], "--owner-column"),
            (["dataset", "publish", "No Slug", "--title", "T", "--open", "--file", header], "No Slug"),
            (
                ["dataset", "publish", "more", "--title", "T", "--owner-column", "wing", "--file", header],
                "wing"
            ),
            (
                [
                    "dataset", "publish", "flights", "--title", "T", "--open", "--null", "NA", "--file",
                    header,
                ], "owner_rule"
            ),
            (["grant", "not-an-id"], "not-an-id"),
            (["withdraw"], "grant"),
            (["agree", "01890000-0000-7000-8000-000000000000"], "request"),
            (["token", "--agreement", "01890000-0000-7000-8000-000000000000"], "agreement"),
            (["read", "flights", "--token", header], "--token"),
        ]
        for item in cases {
            let result = try Program.run("sluis", item.arguments + ["--profile", profile("airport")])
            #expect(result.status == 2, "\(item.arguments): \(result.status) \(result.errors)")
            #expect(result.errors.contains(item.says), "\(item.arguments): \(result.errors)")
            #expect(!result.errors.contains("Error Domain") && !result.errors.contains("Optional("))
        }
        // A header only is a dataset without rows.
        let empty = try answer(
            as: "airport", "dataset", "publish", "empty", "--title", "T", "--owner-column", "plane", "--file",
            header)
        #expect(empty["rows"] == 0)
    }

    @Test func `a hub that is not there is status 3, and so is one that stopped`() throws {
        _ = try open()
        hub.stop()
        for arguments in [["requests", "--role", "provider"], ["log", "proof", "1"]] {
            let result = try Program.run("sluis", arguments + ["--profile", profile("airport")])
            #expect(result.status == 3, "\(arguments): \(result.status) \(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
        let second = try Program.run("sluis", ["serve", "--data", hub.scratch.path("none")])
        #expect(second.status == 2 && second.errors.contains("sluis init"), "\(second.errors)")
    }

    @Test func `two hubs never share a directory`() throws {
        let second = try Program.run(
            "sluis",
            ["serve", "--data", hub.data, "--people", "127.0.0.1:0", "--machines", "127.0.0.1:0"])
        #expect(second.status != 0, "\(second.output)")
        #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
        #expect(hub.isRunning)
    }
}
