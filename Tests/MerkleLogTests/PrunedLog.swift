import Model
import Synchronization

@testable import MerkleLog

/// A log that states its pruning, and what a pruning may take from it, worked out name by name.
struct PrunedLog {
    let log: LogFixture
    /// Before anything was removed.
    let whole: MemoryFiles
    let minimumIndex: Int
    let statement: Int

    /// - Parameters:
    ///   - sizes: of the checkpoints; the last entry but `after` is the statement.
    ///   - stated: the minimum index in the statement, if it is another.
    ///   - root: in the statement, if it is another.
    init(
        sizes: [Int], below minimumIndex: Int, after: Int = 3, stated: Int? = nil, root: TreeHash? = nil,
        type: String = "log.pruned"
    ) throws {
        let (last, first) = (sizes.max() ?? 0, stated ?? minimumIndex)
        let statement = last - 1 - after
        var frontier = Frontier()
        log = try LogFixture(sizes: sizes) { number in
            var entry = Self.entry(number)
            if number == statement {
                let members: [String: JSON] = [
                    "minimum_index": .integer(Int64(first)), "root": .string((root ?? frontier.root).base64),
                    "at": "2026-11-22T07:00:00.000Z", "v": 1, "type": .string(type), "seq": .null,
                ]
                entry = JSON.object(members).canonical
            }
            if number < first { frontier.append(MerkleTree.leafHash(entry)) }
            return entry
        }
        whole = log.files
        self.minimumIndex = minimumIndex
        self.statement = statement
        for path in Self.removable(below: minimumIndex, of: whole) { log.files[path] = nil }
    }

    static func entry(_ number: Int) -> [UInt8] {
        Array(#"{"at":"2026-11-22T07:00:00.000Z","seq":\#(number),"v":1}"#.utf8)
    }

    /// The files of every place whose last entry lies below the minimum index.
    static func removable(below minimumIndex: Int, of files: MemoryFiles) -> [String] {
        files.contents.keys.filter { path in
            let parts = path.split(separator: "/").map(String.init)
            guard parts[0] == "tile", let folder = parts.dropFirst().first else { return false }
            var span = 256
            for _ in 0..<(Int(folder) ?? 0) { span *= 256 }
            let isPartial = parts.count > 3 && parts[parts.count - 2].hasSuffix(".p")
            let groups = parts.dropFirst(2).dropLast(isPartial ? 1 : 0)
            let digits = groups.joined().filter(\.isNumber)
            return ((Int(digits) ?? .max - 1) + 1) * span <= minimumIndex
        }
    }
}

/// Files of which some are gone after so many were read.
final class VanishingFiles: LogFiles {
    private let before: MemoryFiles
    private let after: MemoryFiles
    private let reads: Mutex<Int>

    init(_ before: MemoryFiles, then after: MemoryFiles, afterReads reads: Int) {
        self.before = before
        self.after = after
        self.reads = Mutex(reads)
    }

    func names(in folder: String) throws -> [LogFileName] {
        try (reads.withLock { $0 > 0 } ? before : after).names(in: folder)
    }

    func read(_ path: String) throws -> [UInt8]? {
        let isBefore = reads.withLock { reads in
            defer { reads -= 1 }
            return reads > 0
        }
        return try (isBefore ? before : after).read(path)
    }
}

/// Files that cannot be listed.
struct UnlistedFiles: LogFiles {
    struct Listed: Error {}

    var files: MemoryFiles
    let canList = false

    func names(in folder: String) throws -> [LogFileName] { throw Listed() }
    func read(_ path: String) throws -> [UInt8]? { try files.read(path) }
}
