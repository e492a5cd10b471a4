import Foundation
import Model
import Testing

@testable import sluis

/// `sluis policy` as people and programs call it.
struct PolicyCommandTests {
    private let scratch = ScratchFolder()

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func write(_ name: String, _ text: String) throws -> String { try scratch.file(name, text) }

    private func offer(_ constraint: String, kind: String = "Set") throws -> String {
        try write(
            "policy-\(UUID()).jsonld",
            """
            {"@context":["http://www.w3.org/ns/odrl.jsonld",{"dpv":"https://w3id.org/dpv#"}],
             "@type":"\(kind)","uid":"urn:x:policy","assigner":"urn:x:city","target":"urn:x:counts",
             "permission":[{"uid":"urn:x:rule","action":"read","constraint":[\(constraint)]}]}
            """)
    }

    private static let research = """
        {"uid":"urn:x:c","leftOperand":"purpose","operator":"isA",
         "rightOperand":{"@id":"dpv:ResearchAndDevelopment"}}
        """

    private func request(_ purpose: String) throws -> String {
        try write(
            "request-\(UUID()).json",
            """
            {"@context":["http://www.w3.org/ns/odrl.jsonld",{"dpv":"https://w3id.org/dpv#"}],
             "@type":"Request","uid":"urn:x:request",
             "permission":{"action":"read","assignee":"urn:x:lab","target":"urn:x:counts",
             "context":{"leftOperand":"purpose","operator":"eq","rightOperand":{"@id":"dpv:\(purpose)"}}}}
            """)
    }

    private func run(_ arguments: String...) throws -> (status: Int32, json: JSON, errors: String) {
        let result = try Program.run("sluis", ["policy"] + arguments + ["--json"])
        return (result.status, (try? JSON.parse(result.output)) ?? .null, result.errors)
    }

    @Test func `a request is evaluated down to the constraint`() throws {
        let policy = try offer(Self.research)
        let state = try write("state.json", "{}")
        let permit = try run(
            "evaluate", "--policy", policy, "--request", request("AcademicResearch"), "--state", state,
            "--now", "2026-11-22T12:00:00Z")
        #expect(permit.status == 0 && permit.json["decision"] == "permit")
        let deny = try run(
            "evaluate", "--policy", policy, "--request", request("Marketing"), "--state", state)
        #expect(deny.status == 1 && deny.json["decision"] == "deny")
        let rule = deny.json["reports"]?.array?.first?["rules"]?.array?.first
        #expect(rule?["activation"] == "Inactive")
        #expect(rule?["premises"] == ["action": "Satisfied", "target": "Satisfied"])
        #expect(rule?["constraints"]?["urn:x:c"]?["state"] == "Unsatisfied")
        #expect(deny.json["reasons"]?.array?.first?["code"] == "purpose_not_permitted")
    }

    @Test func `an offer grants nothing by itself`() throws {
        let result = try run(
            "evaluate", "--policy", offer(Self.research, kind: "Offer"), "--request",
            request("AcademicResearch"), "--state", write("state.json", "{}"))
        #expect(result.status == 1)
        #expect(result.json["reasons"]?.array?.first?["code"] == "offer_grants_nothing")
    }

    @Test func `why-not names the smallest change, and with it the request is permitted`() throws {
        let policy = try offer(Self.research)
        let state = try write("state.json", "{}")
        let answer = try run(
            "why-not", "--policy", policy, "--request", request("Marketing"), "--state", state)
        #expect(answer.status == 1)
        let changes = try #require(answer.json["changes"]?.array)
        #expect(changes.count == 1 && changes[0]["what"] == "purpose" && changes[0]["in"] == "request")
        let to = try #require(changes[0]["to"]?.string)
        let purpose = try #require(to.split(separator: "#").last.map(String.init))
        let again = try run(
            "evaluate", "--policy", policy, "--request", request(purpose), "--state", state)
        #expect(again.json["decision"] == "permit")
    }

    @Test func `conflicts come with a witness that evaluate confirms`() throws {
        func window(_ comparison: String, _ day: String) -> String {
            """
            {"leftOperand":"dateTime","operator":"\(comparison)",
                 "rightOperand":{"@value":"\(day)","@type":"xsd:date"}}
            """
        }
        let before = try offer(window("lt", "2026-06-01"))
        let after = try offer(window("gteq", "2026-06-01"))
        let from = try offer(window("gteq", "2026-05-01"))
        let conflict = try run("conflicts", "--policy", before, "--policy", after)
        #expect(conflict.status == 0 && conflict.json["verdict"] == "Conflict")
        let compatible = try run("conflicts", "--policy", before, "--policy", from)
        #expect(compatible.json["verdict"] == "Compatible")
        let witness = try #require(compatible.json["witness"])
        let asked = try write("asked.json", #require(witness["request"]).canonicalText)
        let world = try write("world.json", #require(witness["state"]).canonicalText)
        for policy in [before, from] {
            let shown = try run("evaluate", "--policy", policy, "--request", asked, "--state", world)
            #expect(shown.json["decision"] == "permit", "\(shown.json)")
        }
    }

    @Test(arguments: [
        ("nl", "mag `urn:x:counts` lezen"), ("fr", "peut lire `urn:x:counts`"),
        ("de", "darf `urn:x:counts` lesen"), ("en", "may read `urn:x:counts`"),
    ])
    func `a policy is explained in four languages`(_ language: String, _ words: String) throws {
        let answer = try run("explain", "--policy", offer(Self.research), "--language", language)
        let sentences = (answer.json["sentences"]?.array ?? []).compactMap(\.string)
        #expect(sentences.contains { $0.contains(words) && $0.contains("Research and Development") })
    }

    @Test func `check tells line and column, and warns of a duty that comes after access`() throws {
        let policy = try write(
            "bad.jsonld",
            """
            {"@context":"http://www.w3.org/ns/odrl.jsonld","@type":"Set","uid":"urn:x:p",
             "permission":[{"action":"read","duty":{"action":"delete"},
               "constraint":{"leftOperand":"mood","operator":"eq","rightOperand":"good"}}]}
            """)
        let answer = try run("check", policy)
        #expect(answer.status == 1)
        let problems = try #require(answer.json["problems"]?.array)
        #expect(problems.map { $0["code"] } == ["duty_after_access", "left_operand_unknown"])
        #expect(problems.map { $0["line"] } == [2, 3])
        #expect(problems.map { $0["severity"] } == ["warning", "error"])
        let broken = try run("check", write("broken.jsonld", "{\n  \"a\": ]"))
        #expect(broken.status == 1)
        #expect(broken.json["problems"]?.array?.first?["line"] == 2)
        #expect(try run("check", offer(Self.research)).json["problems"] == [])
    }

    @Test func `check finds what is wrong in every policy of a document`() throws {
        let answer = try run(
            "check",
            write(
                "several.jsonld",
                """
                {"@context":"http://www.w3.org/ns/odrl.jsonld","@graph":[
                  {"@type":"Ticket","uid":"urn:x:1","permission":[{"action":"read"}]},
                  {"@type":"Set","uid":"urn:x:2","permission":[]},
                  {"@type":"Set","uid":"urn:x:3","permission":[{"action":"fly"}]},
                  {"@type":"Set","uid":"urn:x:4","permission":7}]}
                """))
        #expect(answer.status == 1)
        let problems = try #require(answer.json["problems"]?.array)
        #expect(
            problems.map { $0["code"] }
                == ["policy_malformed", "rules_missing", "action_unknown", "policy_malformed"])
        #expect(problems.map { $0["line"] } == [2, 3, 4, 5])
        let twins = try run(
            "check",
            write(
                "twins.jsonld",
                """
                {"@context":"http://www.w3.org/ns/odrl.jsonld","@graph":[
                  {"@type":"Set","uid":"urn:x:2","permission":[{"action":"read"}]},
                  {"@type":"Set","uid":"urn:x:2","permission":[{"action":"print"}]}]}
                """))
        #expect(twins.status == 0)
        #expect(twins.json["problems"]?.array?.map { $0["code"] } == ["uid_repeated"])
    }

    @Test func `an Unknown says why`() throws {
        func elapsed(_ comparison: String, _ time: String) -> String {
            """
            {"leftOperand":"elapsedTime","operator":"\(comparison)",
                 "rightOperand":{"@value":"\(time)","@type":"xsd:duration"}}
            """
        }
        let months = elapsed("eq", "P1M") + "," + elapsed("lt", "P30D")
        let answer = try run("conflicts", "--policy", offer(months))
        #expect(answer.json["verdict"] == "Unknown")
        let reasons = answer.json["reasons"]?.array?.compactMap(\.string) ?? []
        #expect(reasons.count == 1 && reasons[0].contains("elapsed time") && reasons[0].contains("`P1M`"))
        let unknown = try run(
            "conflicts", "--policy", offer(#"{"leftOperand":"mood","operator":"eq","rightOperand":"good"}"#))
        #expect(unknown.json["verdict"] == "Unknown")
        #expect(unknown.json["reasons"]?.array?.first?.string?.contains("/mood`") == true)
    }

    @Test(arguments: [
        ("nl", "reden voor toegang: de linkeroperand `http"),
        ("fr", "donner accès : l'opérande de gauche `http"),
        ("de", "Grund für Zugang: der linke Operand `http"),
        ("en", "reason for access: the left operand `http"),
    ])
    func `what is not understood is told in the reader's language`(_ language: String, _ words: String) throws
    {
        let policy = try offer(#"{"leftOperand":"mood","operator":"eq","rightOperand":"good"}"#)
        let answer = try run("explain", "--policy", policy, "--language", language)
        let sentences = (answer.json["sentences"]?.array ?? []).compactMap(\.string)
        #expect(sentences.contains { $0.contains(words) }, "\(sentences)")
    }

    @Test func `format changes no value, and does not change what it wrote`() throws {
        let policy = try offer(Self.research)
        let once = try Program.run("sluis", ["policy", "format", policy]).output
        #expect(try JSON.parse(once) == JSON.parse(Array(Data(contentsOf: URL(filePath: policy)))))
        let twice = try Program.run("sluis", ["policy", "format", write("once.jsonld", once)]).output
        #expect(once == twice)
    }

    @Test func `the shipped policies pass their tests, and a wrong expectation fails`() throws {
        let all = try run("test", Self.root.appending(path: "Policies").path)
        #expect(all.status == 0 && all.json["failed"] == 0, "\(all.json)")
        let policy = try offer(Self.research)
        let trial = try write(
            "wrong.tests.json",
            """
            {"policy":"\(URL(filePath: policy).lastPathComponent)",
             "tests":[{"given":"nothing",
              "when":{"request":{"@type":"Request","permission":{"action":"read"}}},
              "then":{"decision":"permit"}}]}
            """)
        let wrong = try run("test", trial)
        #expect(wrong.status == 1 && wrong.json["failed"] == 1)
    }

    @Test(arguments: [
        ["evaluate"], ["evaluate", "--policy", "/none", "--request", "/none", "--state", "/none"],
        ["conflicts"], ["conflicts", "--policy", "a", "--policy", "b", "--policy", "c"],
        ["explain", "--policy", "/dev/null"], ["explain", "--policy", "x", "--language", "la"],
        ["check", "/none"],
        ["format", "/none"], ["test", "/none"], ["test", "/tmp/none"],
        ["serve", "--policy", "x", "--listen", "0.0.0.0:1"],
        ["serve", "--policy", "x", "--listen", "nowhere"],
    ])
    func `bad input is status 2 and one clear line`(_ arguments: [String]) throws {
        let result = try Program.run("sluis", ["policy"] + arguments)
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.hasPrefix("sluis: ") && result.errors.split(separator: "\n").count == 1)
        #expect(result.output.isEmpty)
    }

    @Test func `inputs of the wrong shape are refused with their path`() throws {
        let policy = try offer(Self.research)
        let state = try write("state.json", "{}")
        let asked = try run(
            "evaluate", "--policy", policy, "--request", write("r.json", "{\"a\":1}"), "--state", state)
        #expect(asked.status == 2 && asked.errors.contains("nothing that asks"))
        let world = try run(
            "evaluate", "--policy", policy, "--request", request("Marketing"), "--state", write("s.json", "7")
        )
        #expect(world.status == 2 && world.errors.contains("the state is malformed at `$`"))
    }
}
