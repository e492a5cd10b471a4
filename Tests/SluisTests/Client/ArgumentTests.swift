import ArgumentParser
import Model
import NIOHTTP1
import Testing

@testable import sluis

@Suite("What may stand on the command line")
struct ArgumentTests {
    private static let id = Sample.id

    static let good: [[String]] = [
        ["org", "add", "kbo", "--name", "KBO", "--roles", "provider", "--out", "d"],
        [
            "org", "add", "kbo", "--name", "KBO", "--roles", "provider,consumer,owner", "--certificate",
            "c.pem",
            "--profile", "p", "--json",
        ],
        ["person", "add", "--name", "An", "--out", "d"],
        ["person", "add", "--name", "An", "--org", "kbo", "--role", "auditor", "--out", "d"],
        [
            "dataset", "publish", "f", "--file", "f.csv", "--title", "T", "--owner-column", "tailnum",
            "--null", "NA",
        ],
        [
            "dataset", "publish", "f", "--file", "f.csv", "--title", "T", "--owner", "kbo", "--bad-lines",
            "quarantine",
        ],
        [
            "dataset", "publish", "f", "--file", "f.csv", "--title", "T", "--open", "--schema", "s",
            "--offer", "o",
        ],
        ["dataset", "link", "f", "--file", "l.csv"],
        [
            "request", "--dataset", "f", "--purpose", "https://w3id.org/dpv#ResearchAndDevelopment",
            "--legal-basis",
            "consent", "--fields", "a,b",
        ],
        [
            "request", "--dataset", "f", "--purpose", "urn:x:y", "--legal-basis", "public-task", "--fields",
            "a",
            "--until", "2027-01-31T12:00:00Z", "--retention", "P90D", "--notice", "n.json",
        ],
        ["requests", "--role", "owner"],
        ["agree", id], ["refuse", id, "--reason", "no"],
        ["grant", id], ["grant", id, "--fields", "a,b", "--until", "2027-01-31", "--owner-keys", "N1,N2"],
        ["withdraw", id], ["decline", id], ["revoke", id, "--json"],
        ["token", "--agreement", id], ["token", "--agreement", id, "--fields", "a"],
        ["read", "f"],
        ["read", "f", "--token", "-", "--fields", "a,b", "--format", "ndjson", "--headers", "h"],
        ["read", "f", "--out", "r.csv", "--resume"], ["read", "f", "--out", "r.csv", "--compress"],
        ["log", "vkey", "--data", "d"], ["log", "verify", "--data", "d"],
        ["log", "verify", "--dir", "d", "--vkey", "k", "--json"],
        ["log", "verify", "--data", "d", "--vkey", "k"],
        ["log", "proof", "0"], ["log", "entry", "18446744073709551615", "--data", "d"],
    ]

    @Test("Every command is understood", arguments: good)
    func understood(arguments: [String]) throws {
        _ = try Sluis.parseAsRoot(arguments)
    }

    /// Arguments, and what the message must name.
    static let bad: [([String], String)] = [
        (["org", "add", "Kbo", "--name", "K", "--roles", "owner", "--out", "d"], "<id>"),
        (["org", "add", id, "--name", "K", "--roles", "owner", "--out", "d"], "<id>"),
        (["org", "add", "kbo", "--name", "", "--roles", "owner", "--out", "d"], "--name"),
        (["org", "add", "kbo", "--name", "K", "--roles", "owner,king", "--out", "d"], "--roles"),
        (["org", "add", "kbo", "--name", "K", "--roles", "owner,owner", "--out", "d"], "--roles"),
        (["org", "add", "kbo", "--name", "K", "--roles", "owner"], "--certificate, --jwks and --out"),
        (
            ["org", "add", "kbo", "--name", "K", "--roles", "owner", "--out", "d", "--certificate", "c"],
            "give one of"
        ),
        (["person", "add", "--name", "An"], "--out"),
        (["person", "add", "--name", "An", "--out", "d", "--role", "king"], "--role"),
        (["person", "add", "--name", "An", "--out", "d", "--org", "K B O"], "--org"),
        (["dataset", "publish", "f", "--file", "f.csv", "--title", "T"], "--open"),
        (
            ["dataset", "publish", "f", "--file", "f.csv", "--title", "T", "--open", "--owner", "kbo"],
            "one of"
        ),
        (["dataset", "publish", "f", "--file", "f.csv", "--owner", "kbo"], "--title"),
        (["dataset", "publish", "f", "--title", "T", "--owner", "kbo"], "--file"),
        (["dataset", "publish", "f", "--file", "f", "--title", "T", "--owner", "K K"], "--owner"),
        (
            ["dataset", "publish", "f", "--file", "f", "--title", "T", "--open", "--bad-lines", "keep"],
            "--bad-lines"
        ),
        (["dataset", "publish", "f", "--file", "f", "--title", "T", "--owner-column", ""], "--owner-column"),
        (["dataset", "link", "f"], "--file"),
        (
            ["request", "--dataset", "F", "--purpose", "urn:a", "--legal-basis", "consent", "--fields", "a"],
            "--dataset"
        ),
        (
            ["request", "--dataset", "f", "--purpose", "fun", "--legal-basis", "consent", "--fields", "a"],
            "--purpose"
        ),
        (
            ["request", "--dataset", "f", "--purpose", "a b:c", "--legal-basis", "consent", "--fields", "a"],
            "--purpose"
        ),
        (
            ["request", "--dataset", "f", "--purpose", "urn:a", "--legal-basis", "fun", "--fields", "a"],
            "--legal-basis"
        ),
        (
            [
                "request", "--dataset", "f", "--purpose", "urn:a", "--legal-basis", "consent", "--fields",
                "a,",
            ], "--fields"
        ),
        (
            [
                "request", "--dataset", "f", "--purpose", "urn:a", "--legal-basis", "consent", "--fields",
                "a,a",
            ], "--fields"
        ),
        (
            [
                "request", "--dataset", "f", "--purpose", "urn:a", "--legal-basis", "consent", "--fields",
                "a", "--until",
                "tomorrow",
            ], "--until"
        ),
        (
            [
                "request", "--dataset", "f", "--purpose", "urn:a", "--legal-basis", "consent", "--fields",
                "a",
                "--retention", "90 days",
            ], "--retention"
        ),
        (["requests"], "--role"), (["requests", "--role", "operator"], "--role"),
        (["agree"], "<request>"), (["agree", id.uppercased().replacing("9", with: "A")], "<request>"),
        (["refuse", id], "--reason"), (["refuse", id, "--reason", ""], "--reason"),
        (["grant", "x"], "<agreement>"), (["grant", id, "--owner-keys", ",a"], "--owner-keys"),
        (["withdraw", "x"], "<grant>"), (["decline"], "<grant>"), (["revoke", id, id], id),
        (["token"], "--agreement"), (["token", "--agreement", "x"], "--agreement"),
        (["read"], "<dataset>"), (["read", "f", "--format", "xml"], "--format"),
        (["read", "f", "--limit", "x"], "--limit"), (["read", "f", "--fields", ""], "--fields"),
        (["log", "vkey"], "--data"), (["log", "verify"], "--data"),
        (["log", "verify", "--dir", "d"], "--vkey"),
        (["log", "verify", "--dir", "d", "--data", "d"], "either"),
        (["log", "proof", "-1"], "<index>"), (["log", "proof", "x"], "<index>"),
        (["log", "entry", "1"], "--data"),
    ]

    @Test("What cannot be is refused as bad input, and the message names it", arguments: bad)
    func refused(arguments: [String], names: String) throws {
        let error = try #require(throws: (any Error).self) { _ = try Sluis.parseAsRoot(arguments) }
        #expect(ExitCodes.code(for: error) == 2)
        let message = ExitCodes.message(for: error)
        #expect(message.contains(names), "\(message)")
        #expect(!message.contains("\n"))
    }

    @Test("Null markers follow one option or several")
    func nulls() throws {
        let common = ["f", "--file", "f", "--title", "T", "--open"]
        for arguments in [["--null", "NA", "-"], ["--null", "NA", "--null", "-"]] {
            let command = try #require(
                try? DatasetPublishCommand.parse(common + arguments), "\(arguments)")
            #expect(command.terms.nulls == ["NA", "-"])
        }
        #expect(try DatasetPublishCommand.parse(common + ["--null", ""]).terms.nulls == [""])
        for nulls in [[String(repeating: "x", count: 101)], (0..<100).map { "x\($0)" }] {
            #expect(throws: (any Error).self) {
                _ = try DatasetPublishCommand.parse(common + ["--null"] + nulls)
            }
        }
    }
}

@Suite("What the commands send")
struct CommandBodyTests {
    @Test("An organisation")
    func organisation() throws {
        let command = try OrgAddCommand.parse(
            ["kbo", "--name", "KBO", "--roles", "owner,provider", "--out", "d"])
        #expect(
            command.body(["certificate": "PEM"]).canonicalText
                == #"{"certificate":"PEM","id":"kbo","name":"KBO","roles":["owner","provider"]}"#)
    }

    @Test("A person: what is not said is not sent")
    func person() throws {
        #expect(
            try PersonAddCommand.parse(["--name", "An", "--out", "d"]).body(certificate: "PEM").canonicalText
                == #"{"certificate":"PEM","name":"An"}"#)
        #expect(
            try PersonAddCommand.parse(["--name", "An", "--out", "d", "--org", "kbo", "--role", "auditor"])
                .body(certificate: "PEM").canonicalText
                == #"{"certificate":"PEM","name":"An","organisation":"kbo","role":"auditor"}"#)
    }

    private static let ask = [
        "--dataset", "f", "--purpose", "urn:x:y", "--legal-basis", "vital-interest", "--fields", "b,a",
    ]

    @Test("A request, its times in one form")
    func request() throws {
        #expect(
            try RequestCommand.parse(Self.ask).body().canonicalText
                == #"{"dataset":"f","fields":["b","a"],"legal_basis":"vital-interest","purpose":"urn:x:y"}"#)
        let more = try RequestCommand.parse(
            Self.ask + ["--until", "2027-01-31T13:00:00+01:00", "--retention", "P90D"]
        ).body()
        #expect(more["valid_until"] == "2027-01-31T12:00:00.000Z")
        #expect(more["retention"] == "P90D")
    }

    @Test("A notice is an English text, or texts by language")
    func notice() throws {
        let scratch = ScratchFolder()
        #expect(
            try RequestCommand.notice(scratch.file("a", "We count delays.\n")) == ["en": "We count delays."])
        #expect(
            try RequestCommand.notice(scratch.file("b", " {\"en\":\"A\",\"nl\":\"B\"}"))
                == ["en": "A", "nl": "B"])
        for text in ["{", "{\"en\":1}"] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try RequestCommand.notice(scratch.file("c", text))
            }
            #expect(fault?.field == "--notice")
        }
        let command = try RequestCommand.parse(Self.ask + ["--notice", scratch.path("none")])
        #expect(throws: ClientFault.self) { _ = try command.body() }
    }

    @Test("A grant, whole or in part")
    func grant() throws {
        #expect(try GrantCommand.parse([Sample.id]).body == ["agreement": .string(Sample.id)])
        let part = try GrantCommand.parse(
            [Sample.id, "--fields", "a", "--until", "2027-01-31", "--owner-keys", "N1,N2"])
        #expect(
            part.body == [
                "agreement": .string(Sample.id), "fields": ["a"], "valid_until": "2027-01-31T00:00:00.000Z",
                "owner_keys": ["N1", "N2"],
            ])
    }

    @Test("A token request has exactly one element of details")
    func token() throws {
        let command = try TokenTakeCommand.parse(["--agreement", Sample.id, "--fields", "a,b"])
        #expect(
            command.details(dataset: "f") == [
                "type": "sluis_dataset", "identifier": "f", "agreement": .string(Sample.id),
                "actions": ["read"],
                "fields": ["a", "b"],
            ])
        #expect(command.form(dataset: "f").contentType == "application/x-www-form-urlencoded")
        #expect(
            try TokenTakeCommand.parse(["--agreement", Sample.id])
                .details(dataset: "f").object?.keys.contains(
                    "fields")
                == false)
    }

    @Test("A read asks for its fields, format and token")
    func read() throws {
        let scratch = ScratchFolder()
        let token = try scratch.file("t", #"{"access_token":"aa.bb.c-_","token_type":"Bearer"}"# + "\n")
        let command = try ReadCommand.parse(
            ["flights", "--fields", "dep delay,é&x", "--format", "ndjson", "--token", token])
        #expect(command.path == "/data/flights?fields=dep%20delay%2C%C3%A9%26x")
        let headers = try command.requestHeaders()
        #expect(headers["accept"] == ["application/x-ndjson"])
        #expect(headers["authorization"] == ["Bearer aa.bb.c-_"])
        let some = try ReadCommand.parse(["flights", "--where", "a > 1 and b = 'é+'", "--limit", "0"])
        #expect(some.path == "/data/flights?where=a%20%3E%201%20and%20b%20%3D%20%27%C3%A9%2B%27&limit=0")
        let open = try ReadCommand.parse(["flights"])
        #expect(open.path == "/data/flights")
        #expect(try open.requestHeaders()["authorization"] == [])
        #expect(try open.requestHeaders()["accept"] == ["text/csv"])
    }

    @Test("A bare token is one too; anything else is none")
    func bearer() throws {
        #expect(try ReadCommand.bearer(" aa.bb.cc\n") == "aa.bb.cc")
        for text in [
            "", "{}", "{\"access_token\":1}", "a b", "a\u{0}", "{\"access_token\":\"a\\r\\nX: y\"}", "é",
        ] {
            let fault = #expect(throws: ClientFault.self) { _ = try ReadCommand.bearer(text) }
            #expect(fault?.field == "--token")
        }
    }
}
