import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// What happens below the routes: certificates, resumed sessions, limits, draining.
@Suite(.serialized)
struct ConnectionTests {
    /// One connection of `openssl s_client` to the machines listener.
    static func connect(
        _ hub: TestHub, _ client: HubClient, _ text: String, _ more: [String] = []
    ) throws -> String {
        let profile = client.profile.folder
        let input = try hub.scratch.file("request-\(UUID())", text)
        let script = """
            (cat '\(input)'; sleep 2) | openssl s_client -connect \(hub.machines.dropFirst(8)) \
            -CAfile '\(profile)/ca.pem' -cert '\(profile)/certificate.pem' -key '\(profile)/key.pem' \
            \(more.joined(separator: " ")) 2>&1
            """
        return try Program.run(at: URL(fileURLWithPath: "/bin/sh"), ["-c", script]).output
    }

    private static func get(_ path: String, close: Bool = true) -> String {
        "GET \(path) HTTP/1.1\r\nHost: hub\r\n\(close ? "Connection: close\r\n" : "")\r\n"
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `a resumed session is still its certificate's`(version: String) async throws {
        let hub = try TestHub()
        let first = try await hub.organisation("first", roles: ["provider"])
        let second = try await hub.organisation("second", roles: ["consumer"])
        let session = hub.scratch.path("session")
        let request = Self.get("/api/v1/requests?role=provider")
        let made = try Self.connect(hub, first, request, [version, "-sess_out", session])
        #expect(made.contains("HTTP/1.1 200"), "\(made)")
        #expect(FileManager.default.fileExists(atPath: session), "the hub gave no session: \(made)")
        let resumed = try Self.connect(hub, first, request, [version, "-sess_in", session])
        #expect(resumed.contains("Reused, TLS") && resumed.contains("HTTP/1.1 200"), "\(resumed)")
        // Another's certificate beside the session: whoever the hub takes him for has made the handshake.
        let mixed = try Self.connect(
            hub, second, Self.get("/api/v1/requests?role=consumer"), [version, "-sess_in", session])
        #expect(mixed.contains("Reused, TLS") && mixed.contains("HTTP/1.1 403"), "\(mixed)")
    }

    @Test func `a certificate ends on an open connection, and in a resumed session`() async throws {
        let hub = try TestHub()
        let now = Instant.system.milliseconds
        // Ends in eight seconds.
        let key = try PrivateKey.generate(.es256)
        let certificate = try SelfSignedCertificate.client(
            commonName: "brief", userID: "brief", key: key,
            at: Instant(milliseconds: now - 86_400_000 + 8000), validDays: 1)
        let brief = try await hub.organisation("brief", roles: ["provider"], (certificate, key))
        let client = HubClient(brief.profile)
        #expect(try await client.call(.get, "/api/v1/requests?role=provider").status == 200)
        let session = hub.scratch.path("session")
        let request = Self.get("/api/v1/requests?role=provider")
        _ = try Self.connect(hub, brief, request, ["-sess_out", session])
        let rest = certificate.notAfter.milliseconds - Instant.system.milliseconds
        try await Task.sleep(for: .milliseconds(max(0, rest) + 1100))
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await client.call(.get, "/api/v1/requests?role=provider")
        }
        #expect(problem?.status == 401 && problem?.code == "certificate_expired")
        let resumed = try Self.connect(hub, brief, request, ["-sess_in", session])
        #expect(!resumed.contains("HTTP/1.1 200"), "\(resumed)")
    }

    @Test func `a certificate of nobody's authority does not get in, one that was registered does`()
        async throws
    {
        let hub = try TestHub()
        let key = try PrivateKey.generate(.es256)
        let own = try SelfSignedCertificate.client(
            commonName: "own", userID: "own", key: key, at: .system, validDays: 2)
        let stranger = try hub.client("own", (own, key))
        await #expect(throws: HubUnreachable.self) {
            _ = try await stranger.call(.get, "/log/checkpoint")
        }
        let member = try await hub.organisation("own", roles: ["provider"], (own, key))
        #expect(try await member.call(.get, "/api/v1/requests?role=provider").status == 200)
    }

    @Test func `the people listener serves what is public and nothing else`() async throws {
        let hub = try TestHub()
        let client = try hub.operatorClient
        for path in ["/log/checkpoint", "/oauth/jwks", "/.well-known/oauth-authorization-server"] {
            #expect(try await client.call(.get, path, on: .people).status == 200)
        }
        for path in ["/api/v1/requests?role=owner", "/log/tile/entries/000", "/"] {
            let problem = await #expect(throws: HubProblem.self) {
                _ = try await client.call(.get, path, on: .people)
            }
            #expect(problem?.status == 404, "\(path): \(String(describing: problem))")
        }
        let request = await #expect(throws: HubProblem.self) {
            _ = try await client.call(.post, "/api/v1/requests", on: .people)
        }
        #expect(request?.status == 404)
    }

    @Test func `methods, heads and bodies beyond the limits`() async throws {
        let hub = try TestHub()
        let client = try await hub.organisation("first", roles: ["provider", "consumer"])
        let method = try await client.problem(.put, "/api/v1/requests", body: .json([:]))
        #expect(method.status == 405 && method.expected == "GET, POST")
        let long = try Self.connect(
            hub, client, Self.get("/log/checkpoint?" + String(repeating: "x", count: 40_000)))
        #expect(!long.contains("HTTP/1.1 200"), "\(long.prefix(4000))")
        let heads = (0..<200).map { "X-\($0): y\r\n" }.joined()
        let many = try Self.connect(
            hub, client, "GET /log/checkpoint HTTP/1.1\r\nHost: hub\r\n\(heads)\r\n")
        #expect(!many.contains("HTTP/1.1 200"), "\(many.prefix(4000))")
        let large = try await client.problem(
            .post, "/api/v1/requests",
            body: .bytes([UInt8](repeating: 32, count: (32 << 20) + 1), "application/json"))
        #expect(large.status == 413 && large.code == "body_too_large")
        let broken = try Self.connect(
            hub, client, "PUT / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")
        #expect(!broken.contains("HTTP/1.1 200"))
        #expect(hub.isRunning)
        #expect(try await client.call(.get, "/log/checkpoint").status == 200)
    }

    @Test func `small answers keep their place among others on one connection`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(1)
        let token = try await exchange.token()
        let read = "GET /data/flights HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(token)\r\n\r\n"
        let other = Self.get("/log/checkpoint", close: false)
        let output = try Self.connect(
            exchange.hub, exchange.consumer, read + other + read + read + Self.get("/log/checkpoint"))
        let answers = output.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
        #expect(answers.map { $0.contains("Sluis-Status: complete") } == [true, false, true, true, false])
        for answer in answers where answer.contains("Sluis-Status: ") {
            #expect(answer.contains("K1,1,1.1\n") && !answer.contains("K0,"), "\(answer)")
            #expect(answer.lowercased().components(separatedBy: "\r\ndate: ").count == 2)
            #expect(answer.lowercased().contains("transfer-encoding: chunked\r\n"))
        }
        #expect(answers.filter { $0.contains("localhost/log\n") }.count == 2)
    }

    @Test func `nothing follows the head that a HEAD gets`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        try await exchange.grant(1)
        let token = try await exchange.token()
        func read(_ method: String, _ path: String = "/data/flights") -> String {
            "\(method) \(path) HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(token)\r\n\r\n"
        }
        let output = try Self.connect(
            exchange.hub, exchange.consumer,
            read("HEAD") + read("GET") + read("HEAD", "/data/flights?x=1") + read("HEAD")
                + read("HEAD", "/none")
                + Self.get("/log/checkpoint"))
        let answers = output.components(separatedBy: "HTTP/1.1 ").dropFirst().map {
            $0.components(separatedBy: "\r\n\r\n")
        }
        #expect(answers.map { $0[0].prefix(3) } == ["200", "200", "400", "200", "404", "200"], "\(output)")
        for answer in answers
        where answer[0].hasPrefix("200 OK\r\nContent-Type: text/csv") && answer[1].isEmpty {
            #expect(answer.count == 2 && answer[0].contains("\r\nETag: "))
        }
        try #require(answers.count == 6)
        #expect([0, 2, 3, 4].allSatisfy { answers[$0].dropFirst().joined().isEmpty }, "\(output)")
        #expect(answers[1].joined().contains("K1,1,1.1\n"))
        #expect(answers[2][0].lowercased().contains("\r\ncontent-length: "))
    }

    @Test func `who does not finish his request is let go`() async throws {
        let hub = try TestHub(settings: "patience_seconds: 1\n")
        let client = try await hub.organisation("first", roles: ["provider"])
        let profile = client.profile.folder
        let script = """
            (printf 'GET /log/checkpoint HTTP/1.1\\r\\nHost:'; sleep 8) | timeout 8 openssl s_client \
            -connect \(hub.machines.dropFirst(8)) -CAfile '\(profile)/ca.pem' \
            -cert '\(profile)/certificate.pem' -key '\(profile)/key.pem' -quiet 2>&1 | \
            (head -c 1000000 >/dev/null; date +%s)
            """
        let start = Date().timeIntervalSince1970
        let output = try Program.run(at: URL(fileURLWithPath: "/bin/bash"), ["-c", script + " & wait %1"])
            .output
        let ended = try #require(Double(output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(ended - start < 6, "the connection was held for \(ended - start) seconds")
    }

    @Test func `SIGTERM lets a running upload finish, and the hub starts again with it`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let hub = exchange.hub
        let rows = String(repeating: "K0,1,1\n", count: 400_000)
        let upload = Task {
            try await exchange.provider.call(
                .put, "/api/v1/datasets/flights/data",
                body: .bytes(Array(("plane,seat,fare\n" + rows).utf8), "text/csv")
            ).json
        }
        try await Task.sleep(for: .milliseconds(60))
        #expect(hub.stop() == 0, "\(hub.errors)")
        let result = await upload.result
        try hub.start()
        try await exchange.grant(0)
        let read = try await exchange.read(exchange.token())
        switch result {
        case .success(let json):
            #expect(json["rows"] == 400_000)
            #expect(read.rows.count == 400_000)
        case .failure(let error):
            // Refused, for it came too late: then nothing of it is there.
            #expect(error is HubUnreachable || error is HubProblem, "\(error)")
            #expect(read.rows.count == 1)
        }
    }
}
