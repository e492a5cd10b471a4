import Cryptography
import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// What a provider's server does wrong: before anything was sent a problem with its status, behind that the
/// rows are cut off, and the log says why.
@Suite("Trouble with an upstream", .serialized)
struct UpstreamTroubleTests {
    private typealias Answer = AnsweringServer.Answer

    private static let rows = "plane,seat,fare\nK0,0,0.0\n"

    private static func text(_ text: String, _ headers: HTTPHeaders = [:], ends: Bool = true) -> Answer {
        Answer(headers: headers, pieces: [Array(text.utf8)], ends: ends)
    }

    /// Half a megabyte of good rows, which are surely sent before what follows comes.
    private static let many = "plane,seat,fare\n" + String(repeating: "K0,0,0.0000000\n", count: 200_000)

    private static func early() -> [(String, Answer, UInt, String)] {
        [
            ("refuses", Answer(status: .notFound), 502, "upstream_refused"),
            ("sends elsewhere", Answer(status: .found, headers: ["Location": "/b"]), 502, "upstream_refused"),
            ("says nothing", Answer(isSilent: true), 504, "upstream_silent"),
            ("stalls", Answer(pieces: [Array("pla".utf8)], goOn: { _ in }), 504, "upstream_silent"),
            ("breaks off", text("plane,seat,fa", ends: false), 502, "upstream_broke_off"),
            ("packs otherwise", text(rows, ["Content-Encoding": "br"]), 502, "upstream_coding"),
            ("packs badly", text(rows, ["Content-Encoding": "gzip"]), 502, "bad_gzip"),
            (
                "sends too much", text(many, ["Content-Length": "\(many.utf8.count)"]), 413,
                "upstream_too_large"
            ),
            ("sends nothing", text(""), 502, "no_header"),
            ("lacks a column", text("plane,seat\nK0,1\n"), 502, "missing_column"),
            ("breaks a quote", text("plane,seat,fare\nK0,\"1,2\n"), 502, "unterminated_quote"),
            ("is ragged", text("plane,seat,fare\nK0,1\n"), 502, "ragged_row"),
            ("sends another type", text("plane,seat,fare\nK0,x,1\n"), 502, "wrong_type"),
        ]
    }

    @Test("Before anything was sent: 502, 504 or 413, with what is wrong") func early() async throws {
        let connected = try await ConnectedExchange(
            owners: 1, settings: ["patience_seconds: 1", "max_bytes: 1000000"])
        let exchange = connected.exchange
        try await exchange.grant(0)
        let token = try await exchange.token()
        let cases = Self.early()
        for (name, answer, status, code) in cases {
            connected.script.answer = answer
            let problem = await #expect(throws: HubProblem.self, "\(name)") {
                _ = try await exchange.read(token)
            }
            #expect(
                problem.map { UInt($0.status) } == status && problem?.code == code,
                "\(name): \(String(describing: problem))")
            let told = try JSON.object(#require(problem).members).canonicalText
            #expect(!told.contains("127.0.0.1"), "\(name): where it is, is not told")
        }
        connected.script.answer = Self.text(Self.rows)
        #expect(try await exchange.read(token).text == Self.rows, "and then all is well again")
        connected.hub.stop()
        let entries = try connected.accesses()
        #expect(entries.count == 2 * cases.count + 2)
        for (number, (name, _, _, code)) in cases.enumerated() {
            let completion = entries[2 * number + 1]
            #expect(completion["fault"]?["code"] == .string(code), "\(name)")
            #expect(completion["status"] == "cut" && completion["rows"] == 0 && completion["bytes"] == 0)
        }
        #expect(connected.hub.errors.contains("upstream_refused"), "the operator is told")
    }

    private static func late() -> [(String, Answer, String)] {
        let good = Array(many.utf8)
        func behind(_ text: String) -> Answer { Answer(pieces: [good, Array(text.utf8)]) }
        return [
            ("a broken quote", behind("K0,\"1,2\n"), "unterminated_quote"),
            ("a wrong type", behind("K0,0,x\n"), "wrong_type"),
            ("a break", Answer(pieces: [good], ends: false), "upstream_broke_off"),
            ("a stall", Answer(pieces: [good], goOn: { _ in }), "upstream_silent"),
            ("too much", Answer(pieces: [good, good, good]), "upstream_too_large"),
        ]
    }

    @Test("Behind rows that were sent: they are cut off, and the reader is told why")
    func late() async throws {
        let connected = try await ConnectedExchange(
            owners: 1, settings: ["patience_seconds: 1", "max_bytes: 7000000"])
        let exchange = connected.exchange
        try await exchange.grant(0)
        let token = try await exchange.token()
        let cases = Self.late()
        for (name, answer, code) in cases {
            connected.script.answer = answer
            let read = try await exchange.read(token)
            #expect(read.trailers.first(name: "Sluis-Status") == "cut", "\(name)")
            #expect(read.trailers.first(name: "Sluis-Fault") == code, "\(name)")
            #expect(read.rows.count > 0 && read.rows.allSatisfy { $0 == "K0,0,0.0000000" }, "\(name)")
            if !code.hasPrefix("upstream_") { #expect(read.rows.count == 200_000, "\(name)") }
        }
        connected.hub.stop()
        let completions = try connected.accesses().filter { $0["type"] == "access.completed" }
        #expect(completions.map { $0["fault"]?["code"] } == cases.map { .string($0.2) })
        #expect(completions.map { $0["fault"]?["line"] == .null } == [false, false, true, true, true])
        #expect(completions[0]["fault"]?["line"] == 200_002)
    }

    @Test("A server that nobody vouches for, or that is not there") func untrusted() async throws {
        let stranger = try await AnsweringServer(asksCertificate: false) { _ in Self.text(Self.rows) }
        let gone = "https://127.0.0.1:1"
        let hub = try TestHub(
            settings: "upstream: {origins: [\"airport=\(stranger.origin)\", \"airport=\(gone)\"]}\n")
        let exchange = try await TestExchange(
            hub, owners: 1, upstream: ["url": .string(stranger.origin + "/")])
        try await exchange.grant(0)
        let token = try await exchange.token()
        for url in [stranger.origin, gone] {
            _ = try await exchange.provider.call(
                .put, "/api/v1/datasets/flights/upstream", body: .json(["url": .string(url)]))
            let problem = await #expect(throws: HubProblem.self) { _ = try await exchange.read(token) }
            #expect(problem?.status == 502 && problem?.code == "upstream_unreachable")
        }
        #expect(stranger.seen.isEmpty)
    }

    @Test("The hub shows its certificate to a server that asks who it is") func mutual() async throws {
        let server = try await AnsweringServer { _ in Self.text(Self.rows) }
        let scratch = ScratchFolder()
        let shown = try TestProfile.write(to: scratch.path("profile"))
        let hub = try TestHub(
            settings: """
                upstream:
                  origins: ["airport=\(server.origin)"]
                  ca: \(try scratch.file("ca.pem", server.authority.certificate.pem))
                  certificate: \(scratch.path("profile/certificate.pem"))
                  key: \(scratch.path("profile/key.pem"))

                """)
        let exchange = try await TestExchange(hub, owners: 1, upstream: ["url": .string(server.origin)])
        try await exchange.grant(0)
        #expect(try await exchange.read(try await exchange.token()).text == Self.rows)
        #expect(server.seen.last?.thumbprint == shown.thumbprint)
    }

    @Test("A reader who goes lets the server go") func hangUp() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        let exchange = connected.exchange
        try await exchange.grant(0)
        let (rests, rest) = AsyncStream.makeStream(of: AnsweringServer.Rest.self)
        connected.script.answer = Answer(pieces: [Array(Self.many.utf8)], goOn: { rest.yield($0) })
        let token = try await exchange.token()
        let wantsMore = Atomic(true)
        async let read = exchange.raw(token) { _ in
            if !wantsMore.load(ordering: .relaxed) { throw CancellationError() }
        }
        for await rest in rests {
            #expect(rest.isOpen)
            wantsMore.store(false, ordering: .relaxed)
            // A server that does not read while it answers sees it when TLS has waited five seconds for it.
            for _ in 0..<1000 where rest.isOpen {
                rest.send(Array("K0,0,0.0\n".utf8))
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(!rest.isOpen)
            break
        }
        _ = try? await read
        connected.hub.stop()
        let completion = try #require(try connected.accesses().last)
        #expect(completion["status"] == "cut" && completion["fault"] == nil)
    }
}
