import Foundation
import MerkleLog
import Model

@testable import AuditLog

extension DataDirectory {
    /// A closed log of 721 entries in four segments, of which entry 700 states that the first 512 are pruned;
    /// entry 5 is the only one with a number.
    static func beforePruning() async throws -> DataDirectory {
        let directory = try DataDirectory()
        let all = prunable
        let log = try directory.open()
        try await log.appendAll(all)
        log.close()
        try directory.remove(directory.firstSegment)
        for (first, end) in [(0, 256), (256, 512), (512, 700), (700, 721)] {
            let frame = JournalFrame(firstIndex: UInt64(first), entries: Array(all[first..<end]))
            try directory.write(frame.encoded(), to: Journal.path(directory.path + "/journal", UInt64(first)))
        }
        return directory
    }

    static let prunable: [[UInt8]] = {
        var all = entries(0..<700)
        all[5] = entry("five", number: 9)
        return all + [statement(512, of: all)] + entries(700..<720)
    }()

    /// An entry that states that the first `count` entries are pruned.
    static func statement(_ count: Int, of entries: [[UInt8]], root: TreeHash? = nil) -> [UInt8] {
        let members: [String: JSON] = [
            "v": 1, "type": "log.pruned", "at": JSON(noon), "actor": ["org": .null],
            "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "seq": .null, "minimum_index": .integer(Int64(count)),
            "root": .string((root ?? naiveRoot(entries[..<count])).base64),
        ]
        return JSON.object(members).canonical
    }

    var segments: [String] {
        get throws { try files(in: "journal").filter { $0.hasSuffix(".journal") }.map { "/" + $0 } }
    }
}
