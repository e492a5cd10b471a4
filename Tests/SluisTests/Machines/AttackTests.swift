import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Requests that are written to be understood in two ways, or not at all. docs/conformance/attacks.md lists
/// them.
@Suite("Attacks on the wire", .serialized)
struct AttackTests {
    private static func head(_ lines: [String], _ body: String = "") -> String {
        (lines + ["", ""]).joined(separator: "\r\n") + body
    }

    /// What stands behind a request that a careless server might take for the next one.
    private static let smuggled = head(["GET /log/checkpoint HTTP/1.1", "Host: hub"])

    private static let post = ["POST /oauth/token HTTP/1.1", "Host: hub"]

    /// Requests whose end is not sure. Each must be refused, and nothing behind it be answered.
    private static let unsure: [(String, String)] = [
        (
            "length and chunks",
            head(post + ["Content-Length: 6", "Transfer-Encoding: chunked"], "0\r\n\r\n" + smuggled)
        ),
        (
            "chunks and length",
            head(post + ["Transfer-Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n" + smuggled)
        ),
        ("two lengths", head(post + ["Content-Length: 0", "Content-Length: 5"], "xxxxx" + smuggled)),
        ("a list of lengths", head(post + ["Content-Length: 0, 5"], "xxxxx" + smuggled)),
        ("a length with a sign", head(post + ["Content-Length: +5"], "xxxxx" + smuggled)),
        ("a length that is none", head(post + ["Content-Length: 0x5"], "xxxxx" + smuggled)),
        ("a length beyond all", head(post + ["Content-Length: 99999999999999999999"], smuggled)),
        ("another coding", head(post + ["Transfer-Encoding: xchunked"], "0\r\n\r\n" + smuggled)),
        (
            "chunks that are not last",
            head(post + ["Transfer-Encoding: chunked, identity"], "0\r\n\r\n" + smuggled)
        ),
        ("a chunk size that is none", head(post + ["Transfer-Encoding: chunked"], "0x0\r\n\r\n" + smuggled)),
        ("a blank before the colon", head(post + ["Content-Length : 5"], "xxxxx" + smuggled)),
        ("a folded line", head(post + ["X-A: b", " Content-Length: 5"], smuggled)),
        ("a NUL", head(post + ["X-A: b\0c", "Content-Length: 0"], smuggled)),
        ("no version", "GET /log/checkpoint\r\n\r\n" + smuggled),
        ("another version", head(["GET /log/checkpoint HTTP/3.0", "Host: hub"], smuggled)),
        ("a method that is none", head(["G ET /log/checkpoint HTTP/1.1", "Host: hub"], smuggled)),
    ]

    @Test("Smuggling: a request whose end is not sure is refused, and the connection ends with it")
    func smuggling() async throws {
        let hub = try TestHub()
        let client = try await hub.organisation("first", roles: ["consumer"])
        let answers = try RawConnection.send(Self.unsure.map(\.1), by: client, of: hub)
        for ((what, _), answer) in zip(Self.unsure, answers) {
            #expect(answer.isClosed, "\(what): \(answer)")
            #expect(
                answer.statuses.allSatisfy { $0 >= 400 } && answer.statuses.count <= 1, "\(what): \(answer)")
            #expect(!answer.text.contains("localhost/log\n"), "\(what): \(answer)")
        }
        #expect(try await client.call(.get, "/log/checkpoint").status == 200)
    }

    @Test("Paths mean one thing: dots, slashes and what is encoded twice lead nowhere")
    func paths() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let paths = [
            "/data/../data/flights", "/data/./flights", "/data//flights", "//data/flights", "/data/flights/",
            "/data/%2e%2e/data/flights", "/data%2fflights", "/data/%2fflights", "/data/flights%2f",
            "/data/flights%00", "/data/%66lights%252f", "/data/flights%2e", "/Data/flights", "/data/FLIGHTS",
            "/data/flights;x=1", "/data/flights%3ffields=plane", "/data\\flights", "/%64ata/flights/../x",
            "/data/flights/../../api/v1/organisations",
        ]
        let requests = paths.map {
            Self.head([
                "GET \($0) HTTP/1.1", "Host: hub", "Authorization: Bearer \(token)", "Connection: close",
            ])
        }
        let answers = try RawConnection.send(requests, by: exchange.consumer, of: exchange.hub)
        for (path, answer) in zip(paths, answers) {
            #expect(!answer.text.contains("K0,0,0.0"), "\(path): \(answer)")
            #expect(answer.statuses.allSatisfy { (400..<500).contains($0) }, "\(path): \(answer)")
        }
        // What is encoded once is the same text.
        let plain = Self.head([
            "GET /data/%66lights HTTP/1.1", "Host: hub", "Authorization: Bearer \(token)",
            "Connection: close",
        ])
        let good = try RawConnection.send([plain], by: exchange.consumer, of: exchange.hub)
        #expect(good.first?.statuses == [200] && good.first?.text.contains("K0,0,0.0") == true)
    }

    @Test("Headers that must be there once are not taken twice, nor without end") func headers() async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let (token, other) = (try await exchange.token(), try await exchange.token())
        let read = ["GET /data/flights HTTP/1.1", "Host: hub", "Connection: close"]
        let cases: [(String, [String])] = [
            ("two tokens", ["Authorization: Bearer \(token)", "Authorization: Bearer \(other)"]),
            ("one token twice", ["Authorization: Bearer \(token)", "Authorization: Bearer \(token)"]),
            ("in another scheme", ["Authorization: Basic \(token)"]),
            ("as a proof", ["Authorization: DPoP \(token)"]),
            ("in a list", ["Authorization: Bearer \(token), Bearer \(other)"]),
            ("with a tail", ["Authorization: Bearer \(token) x"]),
            ("a token of 20,000 bytes", ["Authorization: Bearer " + String(repeating: "x", count: 20_000)]),
        ]
        let answers = try RawConnection.send(
            cases.map { Self.head(read + $0.1) }, by: exchange.consumer, of: exchange.hub)
        for ((what, _), answer) in zip(cases, answers) {
            #expect(answer.statuses == [401], "\(what): \(answer)")
            #expect(!answer.text.contains("K0,0,0.0"), "\(what)")
        }
        // In the address or the body a token is nothing (RFC 9700 section 4.3.2).
        let address = try await exchange.raw(nil, "?access_token=\(token)")
        #expect(address.status == 400)
        let huge = [
            Self.head(read + ["X-A: " + String(repeating: "x", count: 70_000)]),
            Self.head(read + (0..<5_000).map { "X-\($0): y" }),
        ]
        for answer in try RawConnection.send(huge, by: exchange.consumer, of: exchange.hub) {
            #expect(answer.isClosed && answer.statuses.allSatisfy { (400..<500).contains($0) }, "\(answer)")
        }
    }

    // MARK: Tokens

    @Test("Tokens that somebody made or bent open nothing") func tokens() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let jws = try CompactJWS(token)
        let claims = try #require(try JSON.parse(jws.payload).object)
        let key = try PrivateKey.generate(.es256)
        let kid = try #require(jws.header["kid"])
        let keys = try await exchange.consumer.call(.get, "/oauth/jwks", on: .people).json
        let hubKey = try PublicKey(jwk: try #require(keys["keys"]?.array?.first))
        func forged(_ header: [String: JSON], _ change: [String: JSON] = [:]) throws -> String {
            try CompactJWS.sign(
                payload: JSON.object(claims.merging(change) { $1 }).canonical,
                header: ["typ": "at+jwt", "kid": kid].merging(header) { $1 }, with: key)
        }
        func unsigned(_ algorithm: String, _ signature: [UInt8]) -> String {
            let header: JSON = ["alg": .string(algorithm), "typ": "at+jwt", "kid": kid]
            return Base64.encodeURL(header.canonical) + "." + Base64.encodeURL(jws.payload) + "."
                + Base64.encodeURL(signature)
        }
        // RFC 8725 section 2.1: the public key as the secret of an HMAC.
        let input = Array(unsigned("HS256", []).dropLast().utf8)
        let confused = HMACSHA256.authenticate(input, key: Array(hubKey.pem.utf8))
        let cases: [(String, String)] = [
            ("another's key under the hub's name", try forged([:])),
            ("its own key in the header", try forged(["jwk": key.publicKey.jwk])),
            ("a key at an address", try forged(["jku": "https://example.org/keys"])),
            ("a kid that is a path", try forged(["kid": "../../keys/hub.pem"])),
            ("a kid that is SQL", try forged(["kid": "' or 1=1 --"])),
            ("no algorithm", unsigned("none", [])), ("an algorithm in capitals", unsigned("NONE", [])),
            ("the public key as a secret", unsigned("HS256", Array(confused))),
            ("a signature of zeros", unsigned("ES256", [UInt8](repeating: 0, count: 64))),
            ("another algorithm's name", unsigned("ES384", jws.signature)),
            ("another type", try forged(["typ": "JWT"])), ("no type", try forged(["typ": ""])),
            ("an extension", String(token.dropLast(2)) + "AA"), ("a tail", token + "A"),
            ("two tokens in one", token + "." + token), ("nothing", "."),
        ]
        for (what, token) in cases {
            let answer = try await exchange.raw(token)
            #expect(answer.status == 401, "\(what)")
            let challenge = answer.headers.first(name: "WWW-Authenticate")
            #expect(challenge?.contains("error=\"invalid_token\"") == true, "\(what): \(challenge ?? "")")
        }
        let thief = try await exchange.hub.organisation("thief", roles: ["consumer"])
        #expect(try await exchange.raw(token, by: thief).status == 401, "another certificate")
        #expect(try await exchange.raw(token).status == 200)
        #expect(!exchange.hub.errors.contains("failed to answer"), "\(exchange.hub.errors)")
    }

    // MARK: TLS

    /// What `openssl s_client` says of a handshake with these options.
    private static func handshake(_ hub: TestHub, _ client: HubClient, _ options: [String]) throws -> String {
        try ConnectionTests.connect(
            hub, client, head(["GET /log/checkpoint HTTP/1.1", "Host: hub", "Connection: close"]), options)
    }

    @Test(
        "TLS before 1.2 and weak ciphers do not come to a connection",
        arguments: [
            ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES128-GCM-SHA256@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES128-SHA@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
            ["-tls1_2", "-cipher", "aNULL@SECLEVEL=0"],
        ])
    func weak(options: [String]) async throws {
        let hub = try TestHub()
        let client = try await hub.organisation("first", roles: ["consumer"])
        let said = try Self.handshake(hub, client, options)
        #expect(!said.contains("HTTP/1.1 "), "\(said)")
        #expect(said.contains("alert") || said.contains("no cipher") || said.contains("error"), "\(said)")
        #expect(try await client.call(.get, "/log/checkpoint").status == 200)
    }

    @Test(
        "What BCP 195 recommends does",
        arguments: [
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], ["-tls1_3"],
        ])
    func strong(options: [String]) async throws {
        let hub = try TestHub()
        let client = try await hub.organisation("first", roles: ["consumer"])
        #expect(try Self.handshake(hub, client, options).contains("HTTP/1.1 200"))
    }

    @Test("Nobody negotiates anew on a connection") func renegotiation() async throws {
        let hub = try TestHub()
        let client = try await hub.organisation("first", roles: ["consumer"])
        // A line of `R` alone has s_client negotiate anew.
        let request = "R\n" + Self.head(["GET /log/checkpoint HTTP/1.1", "Host: hub", "Connection: close"])
        let said = try ConnectionTests.connect(hub, client, request, ["-tls1_2"])
        #expect(said.contains("RENEGOTIATING") && !said.contains("HTTP/1.1 200"), "\(said)")
    }
}
