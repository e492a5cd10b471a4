import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Synchronization
import Testing

@testable import sluis

@Suite("Calls over mutual TLS")
struct HubClientTests {
    private let scratch = ScratchFolder()
    private typealias Answer = AnsweringServer.Answer

    private func json(_ json: JSON, _ status: HTTPResponseStatus = .ok, entry: String? = nil) -> Answer {
        var answer = Answer(status: status, pieces: [json.canonical])
        if let entry { answer.headers.add(name: "Sluis-Entry", value: entry) }
        return answer
    }

    @Test("A call sends its body and certificate, and takes the whole answer with its trailers")
    func call() async throws {
        let reply = json(["id": "kbo"], .created, entry: "12")
        let server = try await AnsweringServer { _ in
            var reply = reply
            reply.trailers = ["Sluis-Status": "complete"]
            return reply
        }
        let client = try server.client(scratch)
        let answer = try await client.call(
            .post, "/api/v1/organisations?x=1", body: .json(["b": 1, "a": [2]]),
            headers: ["Idempotency-Key": "k"])
        #expect(answer.status == 201)
        #expect(answer.entry == 12)
        #expect(try answer.text("id") == "kbo")
        #expect(answer.trailers["sluis-status"] == ["complete"])
        let seen = try #require(server.seen.first)
        #expect(seen.head.method == .POST)
        #expect(seen.head.uri == "/api/v1/organisations?x=1")
        #expect(seen.head.headers["content-type"] == ["application/json"])
        #expect(seen.head.headers["idempotency-key"] == ["k"])
        #expect(seen.body == Array(#"{"a":[2],"b":1}"#.utf8))
        let certificate = try X509Certificate(
            pem: String(contentsOfFile: client.profile.folder + "/certificate.pem", encoding: .utf8))
        #expect(seen.thumbprint == certificate.thumbprint)
    }

    @Test("A profile keeps its connection; another profile never gets it")
    func connections() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [Array("{}".utf8)]) }
        let one = try server.client(scratch)
        let other = try server.client(scratch)
        for client in [one, one, other, one, other] { _ = try await client.call(.get, "/") }
        let connections = server.seen.map(\.connection)
        #expect(Set(connections).count == 2)
        #expect(connections[0] == connections[1])
        let thumbprints = server.seen.map(\.thumbprint)
        #expect(thumbprints[0] == thumbprints[3])
        #expect(thumbprints[0] != thumbprints[2])
        #expect(thumbprints[2] == thumbprints[4])
    }

    @Test("The same folder read twice is the same caller, and shares its connection")
    func reread() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [Array("{}".utf8)]) }
        let folder = try server.profile(scratch).folder
        for _ in 0..<2 { _ = try await HubClient(Profile(folder: folder)).call(.get, "/") }
        #expect(Set(server.seen.map(\.thumbprint)).count == 1)
    }

    @Test("Many profiles at once each come with their own certificate")
    func many() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [Array("{}".utf8)]) }
        let clients = try (0..<40).map { _ in try server.client(scratch) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { _ = try await client.call(.get, "/") } }
            try await group.waitForAll()
        }
        #expect(Set(server.seen.compactMap(\.thumbprint)).count == 40)
    }

    @Test("A no becomes a problem with what the hub said")
    func problem() async throws {
        let reply = json(["code": "role_missing", "detail": "this needs the role operator"], .forbidden)
        let server = try await AnsweringServer { _ in reply }
        let client = try server.client(scratch)
        let problem = await #expect(throws: HubProblem.self) { _ = try await client.call(.get, "/") }
        #expect(problem?.code == "role_missing")
        #expect(problem?.exitStatus == 1)
    }

    @Test("A redirect is not followed: the certificate and the token are for the hub alone")
    func redirect() async throws {
        let server = try await AnsweringServer { _ in
            AnsweringServer.Answer(status: .found, headers: ["Location": "/elsewhere"])
        }
        let client = try server.client(scratch)
        await #expect(throws: HubProblem.self) { _ = try await client.call(.get, "/") }
        #expect(server.seen.count == 1)
    }

    @Test("A hub under another authority is not talked to")
    func foreignAuthority() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer() }
        let client = HubClient(try server.profile(scratch, authority: TestProfile.authority()))
        let error = await #expect(throws: HubUnreachable.self) { _ = try await client.call(.get, "/") }
        #expect(
            error?.reason.contains("not one of the profile's authority") == true,
            "\(String(describing: error))")
        #expect(error?.mayHaveArrived == false)
        #expect(server.seen.isEmpty)
    }

    @Test("A hub under another name is not talked to")
    func foreignName() async throws {
        let server = try await AnsweringServer(names: ["elsewhere.example"]) { _ in AnsweringServer.Answer() }
        let client = try server.client(scratch)
        let error = await #expect(throws: HubUnreachable.self) { _ = try await client.call(.get, "/") }
        #expect(error?.reason.contains("another name") == true, "\(String(describing: error))")
        #expect(server.seen.isEmpty)
    }

    @Test(
        "Where nothing listens, that is said at once, with the address and the remedy",
        arguments: ["127.0.0.1", "localhost"])
    func refused(host: String) async throws {
        let folder = scratch.path("p")
        try TestProfile.write(to: folder, machines: "https://\(host):1")
        let client = HubClient(try Profile(folder: folder))
        let error = await #expect(throws: HubUnreachable.self) { _ = try await client.call(.get, "/x") }
        #expect(error?.reason == "nothing listens there")
        #expect(error?.mayHaveArrived == false)
        #expect(error?.description.contains("https://\(host):1/x") == true)
        #expect(error?.description.contains("\(folder)/profile.json") == true)
    }

    @Test("A hub that stays silent is given up, and may have acted")
    func silence() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(isSilent: true) }
        let client = try server.client(scratch, patience: .milliseconds(300))
        let error = await #expect(throws: HubUnreachable.self) { _ = try await client.call(.get, "/") }
        #expect(error?.reason == "no answer in time")
        #expect(error?.mayHaveArrived == true)
    }

    @Test("A connection that ends before the answer is no answer")
    func broken() async throws {
        let server = try await AnsweringServer { _ in
            AnsweringServer.Answer(pieces: [[1]], ends: false)
        }
        let client = try server.client(scratch)
        let error = await #expect(throws: HubUnreachable.self) { _ = try await client.call(.get, "/") }
        #expect(error?.mayHaveArrived == true)
    }

    @Test("A download comes piece by piece, then its trailers")
    func download() async throws {
        let pieces = (0..<50).map { [UInt8](repeating: UInt8($0), count: 10_000) }
        let server = try await AnsweringServer { _ in
            AnsweringServer.Answer(pieces: pieces, trailers: ["Sluis-Status": "complete"])
        }
        let client = try server.client(scratch)
        let got = Mutex((bytes: [UInt8](), largest: 0, status: UInt(0)))
        let answer = try await client.download(
            "/data/f", headers: ["Accept": "text/csv"],
            onHead: { status, _ in got.withLock { $0.status = status.code } },
            onBytes: { bytes in
                got.withLock { state in
                    state.bytes += bytes
                    state.largest = max(state.largest, bytes.count)
                }
            })
        #expect(got.withLock { $0.bytes } == pieces.flatMap { $0 })
        #expect(got.withLock { $0.largest } < 500_000)
        #expect(got.withLock { $0.status } == 200)
        #expect(answer.bytes == [])
        #expect(answer.trailers["Sluis-Status"] == ["complete"])
    }

    @Test("A download whose reader leaves ends with his reason")
    func readerLeaves() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [[1], [2]]) }
        let client = try server.client(scratch)
        await #expect(throws: OutputClosed.self) {
            _ = try await client.download("/data/f") { _ in throw OutputClosed() }
        }
    }

    @Test("A denied download shows its head and becomes a problem; nothing of it is data")
    func deniedDownload() async throws {
        let reply = json(["code": "denied", "detail": "no agreement"], .forbidden, entry: "3")
        let server = try await AnsweringServer { _ in reply }
        let client = try server.client(scratch)
        let head = Mutex(UInt(0))
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await client.download(
                "/data/f", onHead: { status, _ in head.withLock { $0 = status.code } },
                onBytes: { _ in Issue.record("a problem is no data") })
        }
        #expect(problem?.entry == 3)
        #expect(head.withLock { $0 } == 403)
    }

    @Test("A file is sent as it is, with its length, and its progress is told")
    func upload() async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [Array("{}".utf8)]) }
        let text = String(repeating: "a,b\n", count: 700_000)
        let path = try scratch.file("rows.csv", text)
        let told = Mutex(0)
        let upload = try FileUpload(path, option: "--file") { count in told.withLock { $0 += count } }
        _ = try await server.client(scratch).call(.put, "/x", body: .file(upload, "text/csv"))
        let seen = try #require(server.seen.first)
        #expect(seen.body == Array(text.utf8))
        #expect(seen.head.headers["content-length"] == ["2800000"])
        #expect(seen.head.headers["content-type"] == ["text/csv"])
        #expect(told.withLock { $0 } == 2_800_000)
    }

    @Test(
        "A file that grows or shrinks while it is sent is not sent as if it were whole",
        arguments: [true, false])
    func changedFile(grows: Bool) async throws {
        let server = try await AnsweringServer { _ in AnsweringServer.Answer(pieces: [Array("{}".utf8)]) }
        let path = try scratch.file("rows.csv", "abcdef")
        let upload = try FileUpload(path, option: "--file") { _ in }
        _ = try scratch.file("rows.csv", grows ? "abcdefg" : "abc")
        let client = try server.client(scratch)
        let fault = await #expect(throws: ClientFault.self) {
            _ = try await client.call(.put, "/x", body: .file(upload, "text/csv"))
        }
        #expect(fault?.code == "file_changed")
        #expect(server.seen.isEmpty)
    }

    @Test("An answer that lacks what a hub always says is not taken for one")
    func foreignAnswer() async throws {
        let server = try await AnsweringServer { head in
            AnsweringServer.Answer(pieces: [Array((head.uri == "/a" ? "{}" : "<html>").utf8)])
        }
        let client = try server.client(scratch)
        for path in ["/a", "/b"] {
            let answer = try await client.call(.get, path)
            #expect(throws: Refusal.self) { _ = try answer.members("id") }
            #expect(throws: Refusal.self) { _ = try answer.text("id") }
        }
    }
}
