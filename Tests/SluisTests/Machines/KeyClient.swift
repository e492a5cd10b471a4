import AsyncHTTPClient
import Cryptography
import Foundation
import Model
import NIOCore
import NIOHTTP1
import RemoteHub
import Synchronization
import Testing

@testable import sluis

/// An organisation that signs who it is with a key and has no certificate: all it does is on the people
/// listener.
final class KeyClient: Sendable {
    let id: String
    let hub: TestHub
    /// Signs assertions.
    let key: PrivateKey
    /// Signs proofs.
    let proofKey: PrivateKey
    private let nonce = Mutex<String?>(nil)
    private let http: HubClient

    init(_ id: String, of hub: TestHub) throws {
        self.id = id
        self.hub = hub
        key = try PrivateKey.generate(.es256)
        proofKey = try PrivateKey.generate(.es256)
        http = try hub.client(id)
    }

    /// What it registers with.
    var jwks: JSON { Self.jwks([key.publicKey]) }

    static func jwks(_ keys: [PublicKey]) -> JSON {
        [
            "keys": .array(
                keys.map { key in
                    .object((key.jwk.object ?? [:]).merging(["kid": .string(key.jwkThumbprint)]) { $1 })
                })
        ]
    }

    /// An assertion (RFC 7523), with what a test changes in it.
    func assertion(
        _ claims: [String: JSON] = [:], header: [String: JSON] = [:], by other: PrivateKey? = nil
    ) throws -> String {
        let now = Instant.system.milliseconds / 1000
        let all: [String: JSON] = [
            "iss": .string(id), "sub": .string(id), "aud": .string(hub.people), "iat": .integer(now),
            "exp": .integer(now + 60), "jti": .string(UUID().uuidString),
        ]
        let payload = JSON.object(all.merging(claims) { $1 }).canonical
        let key = other ?? key
        let head: [String: JSON] = ["typ": "JWT", "kid": .string(key.publicKey.jwkThumbprint)]
        return try CompactJWS.sign(payload: payload, header: head.merging(header) { $1 }, with: key)
    }

    /// A proof (RFC 9449), with what a test changes in it.
    func proof(
        _ method: String, _ path: String, token: String? = nil, _ claims: [String: JSON] = [:],
        by other: PrivateKey? = nil
    ) throws -> String {
        let key = other ?? proofKey
        var all: [String: JSON] = [
            "jti": .string(UUID().uuidString), "htm": .string(method), "htu": .string(hub.people + path),
            "iat": .integer(Instant.system.milliseconds / 1000),
        ]
        if let token { all["ath"] = .string(Base64.encodeURL(SHA256.hash(Array(token.utf8)))) }
        if let nonce = nonce.withLock({ $0 }) { all["nonce"] = .string(nonce) }
        return try CompactJWS.sign(
            payload: JSON.object(all.merging(claims) { $1 }).canonical,
            header: ["typ": "dpop+jwt", "jwk": key.publicKey.jwk], with: key)
    }

    struct Answer: Sendable {
        var status = 0
        var headers: HTTPHeaders = [:]
        var body: [UInt8] = []
        var trailers: HTTPHeaders = [:]

        var json: JSON { (try? JSON.parse(body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        var error: String? { json["error"]?.string }
    }

    /// One request to the people listener, whatever the status; the nonce of the answer goes into the next
    /// proof.
    func send(
        _ method: HubClient.Method, _ path: String, _ headers: HTTPHeaders = [:],
        form: [String: String]? = nil, on listener: HubClient.Listener = .people
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: http.url(path, on: listener))
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers = headers
        request.tlsConfiguration = http.profile.tls
        if let form {
            let pairs = form.map { "\($0)=\(PercentEncoder.encode($1))" }.joined(separator: "&")
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: pairs))
        }
        let response = try await HTTPClient.hub.execute(request, timeout: .seconds(60))
        let bytes = Array(try await response.body.collect(upTo: 1 << 26).readableBytesView)
        let answer = Answer(
            status: Int(response.status.code), headers: response.headers, body: bytes,
            trailers: response.body.trailers ?? [:])
        if let next = answer.headers.first(name: "DPoP-Nonce") { nonce.withLock { $0 = next } }
        return answer
    }

    func tokenForm(_ details: JSON, _ more: [String: String] = [:]) throws -> [String: String] {
        let form = [
            "grant_type": "client_credentials",
            "authorization_details": JSON.array([details]).canonicalText,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ]
        var all = form.merging(more) { $1 }
        if all["client_assertion"] == nil { all["client_assertion"] = try assertion() }
        return all
    }

    static func details(_ agreement: String, _ more: [String: JSON] = [:]) -> JSON {
        let details: [String: JSON] = [
            "type": "sluis_dataset", "identifier": "flights", "agreement": .string(agreement),
            "actions": ["read"],
        ]
        return .object(details.merging(more) { $1 })
    }

    /// A token for an agreement, with the nonce that the hub asks for the first time.
    func token(_ agreement: String, _ more: [String: JSON] = [:]) async throws -> String {
        let details = Self.details(agreement, more)
        for _ in 0..<2 {
            let answer = try await send(
                .post, "/oauth/token", ["DPoP": try proof("POST", "/oauth/token")],
                form: try tokenForm(details))
            if answer.error == "use_dpop_nonce" { continue }
            try #require(answer.status == 200, "\(answer.text)")
            #expect(answer.json["token_type"] == "DPoP")
            return try #require(answer.json["access_token"]?.string)
        }
        throw Refusal("the nonce that the hub gave was not taken")
    }

    func read(_ token: String, _ query: String = "") async throws -> Answer {
        let path = "/data/flights"
        return try await send(
            .get, path + query,
            ["Authorization": "DPoP \(token)", "DPoP": try proof("GET", path, token: token)])
    }
}
