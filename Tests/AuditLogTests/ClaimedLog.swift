import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog

/// A real log, published several times and reopened in between, and what it said about itself meanwhile.
final class ClaimedLog {
    /// Around the borders of tiles: one entry, a full tile but one, full, one more, several, two levels.
    static let sizes = [1, 255, 256, 257, 1000, 70_000]

    let directory: DataDirectory
    let entries: [[UInt8]]
    /// In the form that `Tests/Independent/tlogcheck/claims.go` describes.
    private(set) var claims: [JSON] = []
    /// Sizes that were published, in order.
    private let published: [Int]

    init(size: Int) async throws {
        directory = try DataDirectory()
        entries = (0..<size).map { entry("entry \($0)") }
        published = Set([1, size / 7, size / 3, size / 2, size - 1, size]).filter { 1...size ~= $0 }.sorted()
        var start = 0
        for end in published {
            // Opened anew each time: it goes on from its own tiles.
            let log = try directory.open()
            try await log.appendAll(Array(entries[start..<end]))
            let checkpoint = try await log.published(covering: UInt64(end - 1))
            claims.append(["kind": "checkpoint", "note": .string(checkpoint.note)])
            if end == size { try claimProofs(log) }
            log.close()
            start = end
        }
        try directory.write(Array(claims.map { $0.canonical + [10] }.joined()), to: claimsFile)
    }

    var logFolder: String { directory.path + "/log" }
    var claimsFile: String { directory.path + "/claims.jsonl" }
    var vkey: String { directory.signer.vkey }

    /// What a verifier that accepts everything prints.
    var accepted: String {
        "verified \(entries.count) entries, root \(naiveRoot(entries[...]).base64), \(claims.count) claims"
    }

    /// What no verifier may accept of a log of two or more entries: claims of others, for another size.
    var falseClaims: [JSON] {
        let last = claims.last { $0["kind"]?.string == "root" }?["root"] ?? .null
        let zeros = JSON.string(Base64.encode([UInt8](repeating: 0, count: 32)))
        return [
            ["kind": "root", "size": .integer(Int64(entries.count - 1)), "root": last],
            ["kind": "root", "size": .integer(Int64(entries.count)), "root": zeros],
            ["kind": "inclusion", "size": 2, "index": 0, "hashes": [zeros]],
            ["kind": "inclusion", "size": 2, "index": 0, "hashes": []],
            ["kind": "consistency", "size": 2, "old": 1, "hashes": [zeros]],
            ["kind": "consistency", "size": 2, "old": 1, "hashes": []],
            ["kind": "consistency", "size": 2, "old": 2, "hashes": [zeros]],
        ]
    }

    /// Of small logs every proof, of larger ones those around the borders of tiles and subtrees.
    private func claimProofs(_ log: AuditLog) throws {
        let size = entries.count
        let borders = published + (0..<63).map { 1 << $0 } + [255, 257, 511, 513, 65_535, 65_537]
        let sizes = size <= 300 ? Array(1...size) : Set(borders).filter { $0 <= size }.sorted()
        for old in sizes {
            try claimInclusion(log, index: old - 1, size: size)
            try claimInclusion(log, index: old / 3, size: old)
            try claimConsistency(log, old: old, size: size)
        }
        for (old, new) in zip(sizes, sizes.dropFirst()) { try claimConsistency(log, old: old, size: new) }
    }

    private func claimInclusion(_ log: AuditLog, index: Int, size: Int) throws {
        let (root, hashes) = try log.inclusion(of: UInt64(index), size: UInt64(size))
        claims.append(["kind": "root", "size": .integer(Int64(size)), "root": .string(root.base64)])
        claims.append([
            "kind": "inclusion", "size": .integer(Int64(size)), "index": .integer(Int64(index)),
            "hashes": .array(hashes.map { .string($0.base64) }),
        ])
    }

    private func claimConsistency(_ log: AuditLog, old: Int, size: Int) throws {
        let nodes = TileNodes(size: log.publishedCheckpoint.size) { try log.publishedFile($0) }
        let hashes = try ConsistencyProof.make(oldSize: UInt64(old), size: UInt64(size), nodes: nodes)
        claims.append([
            "kind": "consistency", "size": .integer(Int64(size)), "old": .integer(Int64(old)),
            "hashes": .array(hashes.map { .string($0.base64) }),
        ])
    }
}
