import Cryptography
import Foundation
import Model
import Testing

@testable import sluis

/// The hub's signing key changes while it runs.
@Suite("Key rotation", .serialized)
struct KeyRotationTests {
    private static func keys(_ client: HubClient) async throws -> [String] {
        let json = try await client.call(.get, "/oauth/jwks", on: .people).json
        return try #require(json["keys"]?.array).compactMap { $0["kid"]?.string }
    }

    @Test("Tokens of the former key stay good, also after a restart, until it is revoked")
    func overlap() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let keeper = try exchange.hub.operatorClient
        let first = try await exchange.token()
        let before = try await Self.keys(keeper)
        #expect(before.count == 1)
        let kid = try await keeper.call(.post, "/api/v1/keys/rotate").text("kid")
        #expect(try await Self.keys(keeper) == [kid] + before)
        let second = try await exchange.token()
        #expect(try CompactJWS(second).header["kid"]?.string == kid)
        for restart in [false, true] {
            if restart {
                exchange.hub.kill()
                try exchange.hub.start()
            }
            for token in [first, second] { #expect(try await exchange.raw(token).status == 200) }
        }
        let last = try await keeper.call(.post, "/api/v1/keys/rotate", body: .json(["revoke": true]))
            .text("kid")
        #expect(try await Self.keys(keeper) == [last], "nobody knows which of them was stolen")
        for restart in [false, true] {
            if restart {
                exchange.hub.kill()
                try exchange.hub.start()
            }
            for token in [first, second] { #expect(try await exchange.raw(token).status == 401) }
            #expect(try await exchange.raw(exchange.token()).status == 200)
        }
        #expect(try await exchange.consumer.problem(.post, "/api/v1/keys/rotate").status == 403)
    }

    @Test("An agreement of a former key is checked with what the log says of it")
    func agreements() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let keeper = try exchange.hub.operatorClient
        _ = try await keeper.call(.post, "/api/v1/keys/rotate", body: .json(["revoke": true]))
        let path = "/api/v1/agreements/\(exchange.agreement)"
        let jws = try CompactJWS(try await exchange.consumer.call(.get, path).text("jws"))
        exchange.hub.stop()
        let told = try #require(try exchange.hub.entries("key.rotated").first)
        #expect(told["former_kid"] == jws.header["kid"] && told["former_revoked"] == true)
        #expect(jws.isValid(with: try PublicKey(jwk: try #require(told["former_jwk"]))))
    }

    @Test("A retired key that comes back with a copy of the keys is replaced") func copy() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let file = exchange.hub.data + "/keys/hub.pem"
        let old = try String(contentsOfFile: file, encoding: .utf8)
        let token = try await exchange.token()
        _ = try await exchange.hub.operatorClient.call(
            .post, "/api/v1/keys/rotate", body: .json(["revoke": true]))
        exchange.hub.stop()
        try Data(old.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        try exchange.hub.start()
        #expect(try await exchange.raw(token).status == 401)
        #expect(try await exchange.raw(exchange.token()).status == 200)
        exchange.hub.stop()
        #expect(try exchange.hub.entries("key.rotated").count == 2)
    }

    @Test("A key that cannot be kept revokes all the same, and what is tried again succeeds")
    func folderAway() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let keeper = try exchange.hub.operatorClient
        let keys = exchange.hub.data + "/keys"
        try FileManager.default.moveItem(atPath: keys, toPath: keys + "-away")
        let refused = try await keeper.problem(
            .post, "/api/v1/keys/rotate", body: .json(["revoke": true]))
        #expect(refused.status == 503 && refused.code == "disk_failed", "\(refused)")
        #expect(try await exchange.raw(token).status == 401)
        #expect(
            try await exchange.consumer.problem(.post, "/oauth/token", body: exchange.tokenForm()).status
                == 503)
        try FileManager.default.moveItem(atPath: keys + "-away", toPath: keys)
        // Without being told again: what was to be revoked is.
        _ = try await keeper.call(.post, "/api/v1/keys/rotate")
        #expect(try await exchange.raw(token).status == 401)
        #expect(try await exchange.raw(exchange.token()).status == 200)
        exchange.hub.kill()
        try exchange.hub.start()
        #expect(try await exchange.raw(token).status == 401)
        exchange.hub.stop()
        #expect(try exchange.hub.entries("key.rotated").map { $0["former_revoked"] } == [true])
    }

    /// What a crash may leave: the next key prepared, and the registry with or without the change.
    @Test("A change that a crash cut short is finished or undone", arguments: [false, true])
    func crash(isCommitted: Bool) async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let hub = exchange.hub
        let keys = hub.data + "/keys/"
        let before = try String(contentsOfFile: keys + "hub.pem", encoding: .utf8)
        let token = try await exchange.token()
        // One that the registry does not name, or none that is whole, takes no place.
        var next = try PrivateKey.generate(.es256).pem
        if isCommitted {
            _ = try await hub.operatorClient.call(.post, "/api/v1/keys/rotate")
            next = try String(contentsOfFile: keys + "hub.pem", encoding: .utf8)
        }
        hub.kill()
        // As it was before the new key took the place of the old one.
        for (name, text) in [("hub.pem", before), ("hub.next.pem", next)] {
            try Data(text.utf8).write(to: URL(filePath: keys + name))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys + name)
        }
        try hub.start()
        let after = try String(contentsOfFile: keys + "hub.pem", encoding: .utf8)
        #expect(after == (isCommitted ? next : before))
        #expect(!FileManager.default.fileExists(atPath: keys + "hub.next.pem"))
        #expect(try await exchange.raw(token).status == 200)
        #expect(try await exchange.raw(exchange.token()).status == 200)
    }
}
