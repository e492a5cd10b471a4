import ArgumentParser
import Cryptography
import DataPlane
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Synchronization
import Testing

@testable import sluis

@Suite("A file is checked before anything is sent")
struct PublicationTests {
    private let scratch = ScratchFolder()

    private func publication(_ csv: String, _ options: String...) throws -> Publication {
        let path = try scratch.file("rows.csv", csv)
        return try DatasetPublishCommand.parse(["f", "--file", path, "--title", "T"] + options).publication()
    }

    @Test("Types are inferred from the whole file, and the empty cell is always a null")
    func inference() throws {
        let publication = try publication(
            "plane,delay,day,code\nN1,5,2013-01-01,01\n,NA,2013-01-02,2\n", "--owner-column", "plane",
            "--null", "NA")
        #expect(
            publication.draft.json.canonicalText == #"""
                {"fields":[{"id":"plane","name":"plane","required":false,"type":"string"},\#
                {"id":"delay","name":"delay","required":false,"type":"integer"},\#
                {"id":"day","name":"day","required":false,"type":"date"},\#
                {"id":"code","name":"code","required":false,"type":"string"}],\#
                "id":"f","null_values":["","NA"],"owner_rule":{"column":"plane"},"title":"T"}
                """#)
    }

    @Test("The three owner rules as the hub takes them")
    func rules() throws {
        #expect(try publication("a\n1\n", "--open").draft.json["owner_rule"] == ["open": true])
        #expect(try publication("a\n1\n", "--owner", "kbo").draft.json["owner_rule"] == ["single": "kbo"])
        #expect(try publication("a\n1\n", "--open").draft.json["offer"] == nil)
    }

    @Test("A schema and an offer are read and sent")
    func schema() throws {
        let schema = try scratch.file(
            "s.json",
            #"[{"name":"a","type":"decimal","required":true},{"name":"b","type":"string","id":"bee"}]"#)
        let offer = try scratch.file("o.json", #"{"@type":"Offer"}"#)
        let publication = try publication("b,a\nx,1.5\n", "--open", "--schema", schema, "--offer", offer)
        #expect(publication.draft.json["offer"] == ["@type": "Offer"])
        #expect(publication.draft.fields.map(\.id) == ["a", "bee"])
        #expect(publication.draft.fields.map(\.isRequired) == [true, false])
    }

    @Test(
        "A bad schema is refused with its place",
        arguments: [
            ("{", "not JSON"), ("[]", "no fields"), ("{\"fields\":[]}", "no fields"),
            ("[1]", "no name in fields[0]"),
            (#"[{"name":"a"}]"#, "type in fields[0]"),
            (#"[{"name":"a","type":"float"}]"#, "type in fields[0]"),
            (#"[{"name":"a","type":"string","unit":"m"}]"#, "`unit`"),
            (#"[{"name":"a","type":"string","required":"no"}]"#, "`required`"),
            (#"[{"name":"a","type":"string","id":1}]"#, "bad id"),
            (#"[{"name":"a","type":"string"},{"name":"a","type":"date"}]"#, "twice"),
            (#"[{"name":"a","type":"string"},{"name":"b","type":"date","id":"a"}]"#, "one id"),
        ])
    func badSchema(text: String, says: String) throws {
        let schema = try scratch.file("s.json", text)
        let fault = #expect(throws: ClientFault.self) {
            _ = try publication("a\n1\n", "--open", "--schema", schema)
        }
        #expect(fault?.field == "--schema")
        #expect(fault?.description.contains(says) == true, "\(String(describing: fault))")
    }

    @Test(
        "Bad lines are told here, as the hub would tell them",
        arguments: ["a,b\n1\n1,2\n", "a\n\u{0}\n", "a\nx\"y\n"])
    func badLines(csv: String) throws {
        let problem = #expect(throws: HubProblem.self) { _ = try publication(csv, "--open") }
        #expect(problem?.exitStatus == 2)
        #expect(problem?.code == "bad_lines")
        #expect(problem?.lines.count == 2)
    }

    @Test("Quarantined lines do not stop the file; a broken quote does")
    func quarantine() throws {
        let publication = try publication("a,b\n1\n1,2\n", "--open", "--bad-lines", "quarantine")
        #expect(publication.badLines == .quarantine)
        #expect(throws: HubProblem.self) {
            _ = try self.publication("a,b\nx\"y,2\n", "--open", "--bad-lines", "quarantine")
        }
    }

    @Test("No header, no file, no owner column, no offer: bad input")
    func faults() throws {
        #expect(throws: ClientFault.self) { _ = try publication("", "--open") }
        let column = #expect(throws: ClientFault.self) {
            _ = try publication("a\n1\n", "--owner-column", "b")
        }
        #expect(column?.code == "missing_owner_column")
        let offer = try scratch.file("o.json", "[]")
        let fault = #expect(throws: ClientFault.self) {
            _ = try publication("a\n1\n", "--open", "--offer", offer)
        }
        #expect(fault?.field == "--offer")
        for path in [scratch.path("none"), scratch.path] {
            let command = try DatasetPublishCommand.parse(["f", "--file", path, "--title", "T", "--open"])
            let fault = #expect(throws: ClientFault.self) { _ = try command.publication() }
            #expect(fault?.field == "--file")
        }
    }

    private static let published: JSON = [
        "dataset": "f", "version": 1, "fields": [], "rows": 1, "owners": 0, "ownerless_rows": 0,
        "bad_lines": [],
        "bad_line_count": 0, "entry": 4,
    ]

    private func server(_ conflict: JSON?) async throws -> AnsweringServer {
        try await AnsweringServer { head in
            if head.method == .PUT { return AnsweringServer.Answer(pieces: [Self.published.canonical]) }
            guard let conflict else {
                return AnsweringServer.Answer(status: .created, pieces: [Array("{}".utf8)])
            }
            return AnsweringServer.Answer(status: .conflict, pieces: [conflict.canonical])
        }
    }

    @Test("The dataset is added, then the rows are sent, with the policy for bad lines")
    func send() async throws {
        let server = try await server(nil)
        let answer = try await publication("a\n1\n", "--open", "--bad-lines", "quarantine")
            .send(by: server.client(scratch))
        #expect(answer == Self.published)
        #expect(
            server.seen.map { "\($0.head.method) \($0.head.uri)" } == [
                "POST /api/v1/datasets", "PUT /api/v1/datasets/f/data?bad_lines=quarantine",
            ])
        #expect(server.seen.last?.body == Array("a\n1\n".utf8))
    }

    @Test(
        "A packed file of objects is checked unpacked and sent as it is",
        arguments: [
            ContentCoding.gzip, .zstd,
        ])
    func packed(coding: ContentCoding) async throws {
        let lines = Array("{\"a\":1,\"b\":\"2013-01-01\"}\n{\"b\":null}\n".utf8)
        let bytes = try Compressor(coding).compress(lines, flush: .end)
        let path = scratch.path("rows.ndjson" + (coding == .gzip ? ".gz" : ".zst"))
        try Data(bytes).write(to: URL(filePath: path))
        let command = try DatasetPublishCommand.parse(["f", "--file", path, "--title", "T", "--open"])
        let publication = try command.publication()
        #expect(publication.draft.fields.map(\.type) == [.integer, .date])
        let server = try await server(nil)
        _ = try await publication.send(by: server.client(scratch))
        let seen = try #require(server.seen.last)
        #expect(seen.body == bytes)
        #expect(seen.head.headers["Content-Encoding"] == [coding.rawValue])
        #expect(seen.head.headers["Content-Type"] == ["application/x-ndjson"])
        try Data(bytes.dropLast(3)).write(to: URL(filePath: path))
        let fault = #expect(throws: ClientFault.self) { _ = try command.publication() }
        #expect(fault?.code == "truncated_\(coding.rawValue)")
    }

    @Test(
        "The end of a file's name says what it holds",
        arguments: [
            ("a.csv", FileFormat.csv, ContentCoding.identity), ("a", .csv, .identity),
            ("a.txt", .csv, .identity),
            ("d/a.ndjson", .ndjson, .identity), ("a.JSONL", .ndjson, .identity), ("a.csv.gz", .csv, .gzip),
            ("a.ndjson.zst", .ndjson, .zstd), ("a.jsonl.GZ", .ndjson, .gzip), ("a.gz", .csv, .gzip),
            ("a.gz.zst", .csv, .zstd), ("x.ndjson/a.csv", .csv, .identity), ("ndjson", .csv, .identity),
        ])
    func kinds(name: String, format: FileFormat, coding: ContentCoding) {
        let kind = FileKind(path: name)
        #expect(kind.format == format && kind.coding == coding)
        #expect((kind.contentEncoding == nil) == (coding == .identity))
    }

    @Test("A dataset that is there already with the same rule gets its next version")
    func nextVersion() async throws {
        let server = try await server([
            "code": "dataset_exists", "detail": "x",
            "dataset": ["owner_rule": ["column": "a"], "null_values": [""]],
        ])
        _ = try await publication("a\n1\n", "--owner-column", "a").send(by: server.client(scratch))
        #expect(server.seen.map(\.head.method) == [.POST, .PUT])
    }

    @Test("Rows that have owners are never sent to a dataset that is open, nor to another's dataset")
    func otherRule() async throws {
        let open: JSON = [
            "code": "dataset_exists", "detail": "x",
            "dataset": ["owner_rule": ["open": true], "null_values": [""]],
        ]
        let server = try await server(open)
        let client = try server.client(scratch)
        let publication = try publication("a\n1\n", "--owner-column", "a")
        let fault = await #expect(throws: ClientFault.self) { _ = try await publication.send(by: client) }
        #expect(fault?.code == "dataset_differs")
        #expect(fault?.field == "--owner-column")
        let foreign = try await self.server(["code": "dataset_exists", "detail": "x"])
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await publication.send(by: foreign.client(scratch))
        }
        #expect(problem?.exitStatus == 1)
        #expect(problem?.lines == ["the dataset `f` exists and is not yours"])
        #expect((server.seen + foreign.seen).allSatisfy { $0.head.method == .POST })
    }

    @Test("Links are sent only with the columns of links")
    func links() throws {
        for text in [
            "owner_key,owner\nN1,kbo\n", "\u{FEFF}owner_key,owner,from,to\r\n", "\"owner_key\",\"owner\"",
        ] {
            #expect(try DatasetLinkCommand.links(scratch.file("l.csv", text)) == Array(text.utf8))
        }
        for text in ["", "owner,owner_key\n", "owner_key;owner\n", "owner_key,owner,from\n"] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try DatasetLinkCommand.links(scratch.file("l.csv", text))
            }
            #expect(fault?.field == "--file")
        }
    }
}

@Suite("A newcomer's profile")
struct NewcomerTests {
    private let scratch = ScratchFolder()

    private func caller() throws -> Profile {
        let folder = scratch.path("operator")
        try TestProfile.write(to: folder)
        return try Profile(folder: folder)
    }

    @Test("It reaches the hub that the operator reaches, with a certificate of its own")
    func made() throws {
        let caller = try caller()
        let newcomer = try Newcomer(
            to: scratch.path("kbo"), commonName: "kbo", userID: "kbo", like: caller, at: TestProfile.now)
        let profile = try Profile(folder: scratch.path("kbo"))
        #expect(profile.people == caller.people)
        #expect(profile.machines == caller.machines)
        #expect(profile.authority == caller.authority)
        #expect(newcomer.certificate.subjectCommonName == "kbo")
        #expect(!newcomer.certificate.isAuthority)
        #expect(newcomer.certificate.isValid(at: TestProfile.now))
        #expect(newcomer.answer(id: "kbo") == ["id": "kbo", "profile": .string(scratch.path("kbo"))])
    }

    @Test(
        "A profile stays unless the hub surely did not add its owner",
        arguments: [(409, false), (403, false), (400, false), (500, true), (503, true)])
    func refused(status: Int, stays: Bool) async throws {
        let newcomer = try Newcomer(
            to: scratch.path("kbo"), commonName: "kbo", userID: nil, like: caller(), at: TestProfile.now)
        await #expect(throws: HubProblem.self) {
            _ = try await newcomer.register {
                throw HubProblem(status: status, headers: [:], bytes: [], url: "u")
            }
        }
        #expect(FileManager.default.fileExists(atPath: scratch.path("kbo")) == stays)
    }

    @Test("One who brings his certificate gets no profile; what is none is refused")
    func certificate() throws {
        let caller = try caller()
        let newcomer = try Newcomer(certificateFile: caller.folder + "/certificate.pem")
        #expect(newcomer.answer(id: "kbo") == ["id": "kbo", "profile": nil])
        for text in ["", "x"] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try Newcomer(certificateFile: scratch.file("c.pem", text))
            }
            #expect(fault?.field == "--certificate")
        }
    }
}
