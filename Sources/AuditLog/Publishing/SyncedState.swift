internal import MerkleLog
internal import Model

/// Up to where the tiles are known to be durable, so that a start rehashes only what came later.
///
/// It lies in `journal/synced`, written after the file system was synchronised. It is derived: without it the
/// whole journal is replayed. Whoever can change this file can make a start fail, but not change history
/// unseen: the tree that is built on it must have the root of the published checkpoint.
struct SyncedState: Equatable {
    /// A multiple of 256, so that no bundle is left open.
    var size: UInt64
    /// The compact range of that tree.
    var hashes: [TreeHash]
    /// The highest outbox number among the entries so far, 0 if there is none.
    var lastNumber: Int64
    /// The newest time of an entry so far.
    var newestTime: Instant

    static let empty = SyncedState(size: 0, hashes: [], lastNumber: 0, newestTime: Instant(milliseconds: 0))

    var json: JSON {
        [
            "size": .integer(Int64(size)), "hashes": JSON(hashes.map(\.base64)),
            "last_number": .integer(lastNumber), "newest_time": JSON(newestTime),
        ]
    }

    init(size: UInt64, hashes: [TreeHash], lastNumber: Int64, newestTime: Instant) {
        self.size = size
        self.hashes = hashes
        self.lastNumber = lastNumber
        self.newestTime = newestTime
    }

    /// Nil for anything that `json` did not write.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let size = json["size"]?.integer, size >= 0, size % 256 == 0,
            let texts = json["hashes"]?.array, let number = json["last_number"]?.integer,
            let time = json["newest_time"]?.string.flatMap({ Instant($0) })
        else { return nil }
        let hashes = texts.compactMap { $0.string.flatMap { TreeHash(base64: $0) } }
        guard hashes.count == texts.count else { return nil }
        self.init(size: UInt64(size), hashes: hashes, lastNumber: number, newestTime: time)
    }
}
