import AsyncHTTPClient
import Cryptography
import MerkleLog
import Model
import NIOHTTP1
import Testing

@testable import RemoteHub
@testable import sluis

@Suite("A server that is in trouble is asked again, a few times; what it says is not held against the log")
struct RemoteTroubleTests {
    typealias Answer = AnsweringServer.Answer

    private let broken = Answer(pieces: [[1, 2, 3]], ends: false)
    private let silent = Answer(isSilent: true)

    private func unreachable(_ log: ServedLog, http: HTTPClient = .logs) async throws -> HubUnreachable? {
        let remote = try log.remote(try await log.server(), http: http)
        let outcome = try await log.verify(remote)
        #expect(!outcome.verdict.isVerified)
        let trouble = remote.trouble as? HubUnreachable
        #expect(trouble.map { ExitCodes.code(for: $0) } == 3)
        return trouble
    }

    @Test(
        "Trouble that passes does not show",
        arguments: [.internalServerError, .serviceUnavailable, .tooManyRequests] as [HTTPResponseStatus])
    func passing(status: HTTPResponseStatus) async throws {
        let log = try ServedLog(entries: 1000)
        let later = Answer(status: status, headers: ["Retry-After": "86400"], pieces: [Array("later".utf8)])
        for path in ["checkpoint", "tile/0/001"] { log.answer(path, with: later, later, later) }
        let remote = try log.remote(try await log.server())
        #expect(try await log.verify(remote).verdict.isVerified)
        #expect(log.asked["checkpoint"] == 5 && log.asked["tile/0/001"] == 4)
        #expect(log.asked["tile/0/002"] == 1)
    }

    @Test("Trouble that stays ends it: the hub is unreachable, not the log wrong")
    func staying() async throws {
        let log = try ServedLog(entries: 1000)
        let later = Answer(status: .badGateway)
        log.answer("tile/0/001", with: later, later, later, later, later)
        let trouble = try await unreachable(log)
        #expect(trouble?.reason == "it answered with status 502")
        #expect(trouble?.url.hasSuffix("/log/tile/0/001") == true)
        #expect(log.asked["tile/0/001"] == 5, "once ahead, and four times with patience")
    }

    @Test("A connection that ends in the middle of a file is made anew")
    func ending() async throws {
        let log = try ServedLog(entries: 1000)
        for path in ["checkpoint", "tile/0/000", "tile/0/003.p/232", "tile/1/000.p/3"] {
            log.answer(path, with: broken, broken)
        }
        #expect(try await log.verify(log.remote(log.server())).verdict.isVerified)
        log.answer("tile/0/002", with: broken, broken, broken, broken, broken)
        #expect(try await unreachable(log)?.reason.contains("connection") == true)
    }

    @Test("A server that says nothing is given up, and asked again", .timeLimit(.minutes(1)))
    func silence() async throws {
        let log = try ServedLog(entries: 1000)
        for path in ["checkpoint", "tile/0/001"] { log.answer(path, with: silent, silent) }
        let remote = try await log.remote(log.server(), http: ServedLog.impatient)
        #expect(try await log.verify(remote).verdict.isVerified)
        log.answer("tile/0/002", with: silent, silent, silent, silent, silent)
        #expect(try await unreachable(log, http: ServedLog.impatient)?.reason == "no answer in time")
    }

    @Test("Who may not read is told so at once, and by whom; that is bad input and no verdict")
    func refused() async throws {
        let log = try ServedLog(entries: 300)
        let server = try await log.server(asksCertificate: true)
        let remote = try log.remote(server, profile: server.profile(log.scratch))
        let detail = JSON.object(["detail": "this needs the role supervisor\u{1B}[2J"]).canonical
        let no = Answer(status: .forbidden, pieces: [detail])
        log.answer("tile/entries/000", with: no, no, no)
        #expect(try await !log.verify(remote).verdict.isVerified)
        let fault = try #require(remote.trouble as? ClientFault)
        #expect(fault.code == RemoteLog.refusal && fault.field == "--profile")
        #expect(ExitCodes.code(for: fault) == 2)
        #expect(fault.description.contains("this needs the role supervisor\\u{1b}[2J"))
        #expect(try #require(log.asked["tile/entries/000"]) <= 2)
        // An endless refusal is not read to its end.
        let endless = Answer(
            status: .unauthorized, pieces: Array(repeating: [UInt8](repeating: 7, count: 100_000), count: 100)
        )
        log.answer("checkpoint", with: endless)
        let other = try await log.remote(log.server())
        #expect(try await !log.verify(other).verdict.isVerified)
        #expect((other.trouble as? ClientFault)?.description.contains("status 401") == true)
    }

    @Test("A server under another authority, or under another name, gets no request")
    func foreign() async throws {
        let log = try ServedLog(entries: 3)
        let (server, other) = (try await log.server(), try await log.server())
        let authority = try log.scratch.file("other.pem", other.authority.certificate.pem)
        let named = try await AnsweringServer(names: ["elsewhere.example"], asksCertificate: false) { _ in
            Answer()
        }
        let own = try log.scratch.file("named.pem", named.authority.certificate.pem)
        for (server, authority, reason) in [
            (server, authority, "not one of an authority that is trusted here"), (named, own, "another name"),
            (server, nil, "not one of an authority that is trusted here"),
        ] {
            let remote = try RemoteLog(url: server.origin, authorityFile: authority)
            let outcome = try await log.verify(remote)
            #expect(!outcome.verdict.isVerified)
            let trouble = try #require(remote.trouble as? HubUnreachable)
            #expect(trouble.reason.contains(reason), "\(trouble)")
            #expect(trouble.remedy.contains("--ca"))
            #expect(server.seen.isEmpty)
        }
    }

    @Test("Where nothing listens, that is said after a few attempts")
    func nobody() async throws {
        let log = try ServedLog(entries: 3)
        let remote = try RemoteLog(url: "https://127.0.0.1:1/log")
        #expect(try await !log.verify(remote).verdict.isVerified)
        #expect((remote.trouble as? HubUnreachable)?.reason == "nothing listens there")
    }
}
