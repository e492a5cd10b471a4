import Cryptography
@testable import MerkleLog
import Model

/// A log with one read and one grant in it, and what is handed out about them.
struct ReceiptLog {
    static let salt = [UInt8](0..<32)
    static let nonce = [UInt8](100..<116)
    static let grant = "0191a3f2-7c00-7000-8000-000000000001"
    static let owner = "0191a3f2-7c00-7000-8000-0000000000aa"
    static let body = Array("meter,kwh\n1,2.5\n".utf8)
    static let decision: UInt64 = 7, completion: UInt64 = 290, given: UInt64 = 4, withdrawn: UInt64 = 280

    let log: LogFixture

    init(changing change: (Int, inout [String: JSON]) -> Void = { _, _ in }) throws {
        log = try LogFixture(sizes: [300]) { number in
            var members = Self.members(UInt64(number))
            change(number, &members)
            return JSON.object(members).canonical
        }
    }

    static func commitment(_ id: String) -> String {
        Base64.encodeURL(SHA256.hash(salt + nonce + Array(id.utf8)))
    }

    private static func members(_ number: UInt64) -> [String: JSON] {
        var members: [String: JSON] = [
            "v": 1, "at": "2026-11-22T07:00:00.000Z", "nonce": .string(Base64.encodeURL(nonce)),
            "seq": .integer(Int64(number)), "type": "token.issued",
        ]
        switch number {
        case decision:
            members["type"] = "access.decided"
            members["decision"] = "permit"
            members["stream"] = "s1"
        case completion:
            members["type"] = "access.completed"
            members["stream"] = "s1"
            members["digest"] = .string(Base64.encodeURL(SHA256.hash(salt + SHA256.hash(body))))
        case given, withdrawn:
            members["type"] = number == given ? "grant.given" : "grant.withdrawn"
            members["grant"] = .string(grant)
            members["owner"] = .string(commitment(owner))
            members["actor"] = ["person": .string(commitment(owner))]
        default: break
        }
        return members
    }

    func proof(_ index: UInt64) throws -> String {
        let nodes = TileNodes(size: log.writer.size) { [files = log.files] in files[$0.path] }
        return TlogProof(
            index: index, hashes: try InclusionProof.make(index: index, size: log.writer.size, nodes: nodes),
            checkpoint: String(decoding: log.files["checkpoint"] ?? [], as: UTF8.self)
        ).text
    }

    static func receipt(_ decision: UInt64, _ completion: UInt64, salt: [UInt8] = ReceiptLog.salt) -> [UInt8]
    {
        let json: JSON = [
            "decision": .integer(Int64(decision)), "completion": .integer(Int64(completion)),
            "salt": .string(Base64.encodeURL(salt)),
        ]
        return Array(Base64.encodeURL(json.canonical).utf8)
    }

    /// The evidence of the grant, with some of its values changed.
    func evidence(_ changes: [String: JSON] = [:], entry changed: [String: JSON] = [:]) throws -> JSON {
        let opening: JSON = [
            "member": "owner", "id": .string(Self.owner), "salt": .string(Base64.encodeURL(Self.salt)),
        ]
        let entries = try [Self.given, Self.withdrawn].map { index -> JSON in
            var entry: [String: JSON] = [
                "index": .integer(Int64(index)),
                "entry": .string(String(decoding: log.entries[Int(index)], as: UTF8.self)),
                "proof": .string(try proof(index)), "openings": [opening],
            ]
            if index == Self.withdrawn { entry.merge(changed) { $1 } }
            return .object(entry)
        }
        var members: [String: JSON] = [
            "format": "sluis-grant-evidence", "version": 1, "log": .string(log.verifier.vkey),
            "grant": .string(Self.grant), "entries": .array(entries),
        ]
        members.merge(changes) { $1 }
        return .object(members)
    }
}
