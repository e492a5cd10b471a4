import Cryptography
import Foundation
import MerkleLog
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// A person who is erased is in no commitment that anybody can open, and everything still proves (promise 6).
@Suite("Erasing a person", .serialized)
struct ErasureTests {
    private static let owners = 4
    private static let erased = 1

    /// Entries with their proofs, as somebody might have kept them.
    private struct Kept {
        var entries: [[UInt8]]
        var proofs: [TlogProof]

        init(_ hub: TestHub, _ client: HubClient) async throws {
            let checkpoint = try await client.call(.get, "/log/checkpoint", on: .people)
            let size = try Checkpoint(body: Note(checkpoint.bytes).text).size
            (entries, proofs) = ([], [])
            let log = HubLog(directory: hub.data)
            for index in 0..<size {
                entries.append(try log.entry(index))
                proofs.append(
                    try TlogProof(try await client.call(.get, "/log/proof/\(index)", on: .people).bytes))
            }
        }

        func expectVerified(_ vkey: String) throws {
            let key = try NoteVerifier(vkey: vkey)
            for (entry, proof) in zip(entries, proofs) { _ = try proof.verify(entry: entry, log: key) }
        }
    }

    /// All text that could be a salt or a commitment: base64url of 16 or 32 bytes, in JSON anywhere.
    private static func digests(in json: JSON) -> [[UInt8]] {
        switch json {
        case .string(let text):
            Base64.decodeURL(text).map { [16, 32].contains($0.count) ? [$0] : [] } ?? []
        case .array(let elements): elements.flatMap(digests)
        case .object(let members): members.values.flatMap(digests)
        default: []
        }
    }

    /// Every salt that is left in the directory: in the registry and in side files.
    private static func salts(in hub: TestHub) throws -> [[UInt8]] {
        let query = try Program.run(
            at: URL(filePath: "/usr/bin/python3"),
            [
                "-c",
                "import sqlite3,sys\ndb=sqlite3.connect(sys.argv[1])\n"
                    + "for (s,) in db.execute('SELECT salt FROM salts'):"
                    + " print(s.hex())", hub.data + "/hub.db",
            ])
        #expect(query.status == 0, "\(query.errors)")
        var salts = query.output.split(separator: "\n").compactMap { Hex.decode(String($0)) }
        for name in try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side") {
            let text = try String(contentsOfFile: hub.data + "/side/" + name, encoding: .utf8)
            for line in text.split(separator: "\n") { salts += digests(in: try JSON.parse(Array(line.utf8))) }
        }
        return salts
    }

    /// How many commitments of the log open to one of these identifiers under any salt that is left.
    private static func opened(_ identifiers: [String], _ hub: TestHub) throws -> Int {
        let salts = try salts(in: hub)
        var count = 0
        for entry in try hub.entries() {
            let nonce = try #require(entry["nonce"]?.string.flatMap { Base64.decodeURL($0) })
            let commitments = Set(digests(in: entry))
            for salt in salts {
                for identifier in identifiers
                where commitments.contains(SHA256.hash(salt + nonce + Array(identifier.utf8))) {
                    count += 1
                }
            }
        }
        return count
    }

    /// Files of the hub, but for the provider's own data, in which a text stands.
    private static func files(of hub: TestHub, holding text: String) throws -> [String] {
        let found = try Program.run(
            at: URL(filePath: "/usr/bin/env"),
            ["grep", "-rlaF", "--exclude-dir=data", "--exclude-dir=profiles", text, hub.data])
        return found.output.split(separator: "\n").map(String.init)
    }

    @Test("Providers keep what they must prove, saved proofs verify, and guessing finds nobody")
    func forgets() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners)
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        for _ in 0..<3 { _ = try await exchange.read(token) }
        let (id, client) = exchange.owners[Self.erased]
        // A checkpoint is published at most every 100 ms.
        try await Task.sleep(for: .milliseconds(500))
        let kept = try await Kept(hub, exchange.consumer)
        #expect(kept.entries.count > 15)
        let vkey = try hub.vkey()

        let answer = try await hub.operatorClient.call(.post, "/api/v1/persons/\(id)/erase").json
        #expect(answer["entry"]?.integer != nil)
        #expect(try #require(answer["side_file_lines"]?.integer) >= 2, "a link, and what three reads share")
        let evidence = try #require(answer["evidence"]?.array)
        #expect(evidence.map { $0["provider"]?.string } == ["airport"])
        #expect(evidence.first?["kept_until"]?.string != nil && evidence.first?["why"]?.string != nil)

        // Gone: his rows, his certificate, his grants.
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0, 2, 3], owners: Self.owners))
        #expect(try await client.problem(.get, "/api/v1/requests?role=owner").status == 401)
        let again = try await hub.operatorClient.problem(.post, "/api/v1/persons/\(id)/erase")
        #expect(again.code == "person_unknown")

        // The provider takes his evidence, and a third program accepts it.
        let grant = try #require(evidence[0]["grant"]?.string)
        #expect(grant == grants[Self.erased]["grant"]?.string)
        #expect(
            try await exchange.consumer.problem(.get, "/api/v1/evidence/\(grant)").status == 403,
            "it is the provider's alone")
        let file = try await exchange.provider.call(.get, "/api/v1/evidence/\(grant)").bytes
        let path = hub.scratch.path("evidence.json")
        try Data(file).write(to: URL(filePath: path))
        let verified = try Program.run("sluis-verify", ["--receipt", path, "--vkey", vkey])
        #expect(verified.status == 0 && verified.output.contains("grant \(grant)"), "\(verified.errors)")
        #expect(String(decoding: file, as: UTF8.self).contains(id), "it names him: that is what it proves")
        _ = try await exchange.provider.call(.delete, "/api/v1/evidence/\(grant)")
        #expect(try await exchange.provider.call(.get, "/api/v1/evidence").json["items"] == [])
        #expect(try await exchange.provider.problem(.get, "/api/v1/evidence/\(grant)").status == 404)

        hub.stop()
        try kept.expectVerified(vkey)
        #expect(try hub.entries("person.erased").count == 1)
        #expect(try Self.opened([id, "K\(Self.erased)"], hub) == 0)
        #expect(try Self.opened([exchange.owners[0].id], hub) > 0, "the search finds who is still there")
        #expect(try Self.files(of: hub, holding: id) == [])
        #expect(try Self.files(of: hub, holding: "\"K\(Self.erased)\"") == [])
        #expect(try Self.files(of: hub, holding: exchange.owners[0].id) != [])
    }

    @Test("The answer of an erasure, which names the person, is not kept under its Idempotency-Key")
    func unremembered() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        let id = exchange.owners[0].id
        let key = [("Idempotency-Key", "erase")]
        let keeper = try hub.operatorClient
        let path = "/api/v1/persons/\(id)/erase"
        _ = try await keeper.call(.post, path, headers: .init(key))
        #expect(try await keeper.problem(.post, path, headers: key).code == "person_unknown")
        #expect(hub.stop() == 0)
        #expect(try Self.files(of: hub, holding: id) == [])
    }

    @Test("An older copy of the registry forgets again what was erased since, and widens nothing")
    func olderRegistry() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners)
        var grants: [JSON] = []
        for owner in 0..<3 { grants.append(try await exchange.grant(owner)) }
        hub.stop()
        let copy = hub.scratch.path("copy.db")
        try Self.copyDatabase(hub.data + "/hub.db", copy)
        try hub.start()
        let (id, client) = exchange.owners[Self.erased]
        _ = try await client.call(.post, "/api/v1/persons/\(id)/erase")
        let grant = try #require(grants[Self.erased]["grant"]?.string)
        _ = try await exchange.provider.call(.delete, "/api/v1/evidence/\(grant)")
        _ = try await exchange.withdraw(grants[2], by: 2)
        _ = try await exchange.grant(3)
        hub.stop()

        #expect(try Self.files(of: hub, holding: id) == [])
        try Self.copyDatabase(copy, hub.data + "/hub.db")
        let found = try Self.files(of: hub, holding: id)
        #expect(!found.isEmpty && found.allSatisfy { $0.contains("/hub.db") }, "\(found)")
        try hub.start()
        #expect(hub.errors.contains("hub.db is older than the log"))
        #expect(try await client.problem(.get, "/api/v1/requests?role=owner").status == 401)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0], owners: Self.owners))
        // It goes on: numbers continue, and what was lost can be given again.
        _ = try await exchange.grant(3)
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0, 3], owners: Self.owners))
        hub.stop()
        #expect(try Self.files(of: hub, holding: id) == [])
        let numbers = try hub.entries().compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)), "no number twice, none left out")
    }

    /// Copies a database at rest with its write-ahead log, in the place of what was there.
    private static func copyDatabase(_ source: String, _ target: String) throws {
        let manager = FileManager.default
        for suffix in ["", "-wal", "-shm"] {
            try? manager.removeItem(atPath: target + suffix)
            guard manager.fileExists(atPath: source + suffix) else { continue }
            try manager.copyItem(atPath: source + suffix, toPath: target + suffix)
        }
    }

    @Test("Nobody erases somebody else, and the last operator stays")
    func refusals() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        let (id, _) = exchange.owners[0]
        let other = try await exchange.owners[1].client.problem(.post, "/api/v1/persons/\(id)/erase")
        #expect(other.status == 403 && other.code == "not_yours")
        let unknown = try await hub.operatorClient.problem(
            .post, "/api/v1/persons/01890a5d-ac96-774b-bcce-b302099a8057/erase")
        #expect(unknown.status == 404)
        hub.stop()
        let operators = try hub.entries("person.added").filter { $0["role"]?.string == "operator" }
        #expect(operators.count == 1)
    }
}
