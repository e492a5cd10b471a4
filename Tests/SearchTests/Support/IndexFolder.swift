import AuditLog
import Foundation
import Model
import TestSupport

@testable import Registry

/// A folder with an index, gone when the test is.
final class IndexFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluis-search-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/index.db" }

    /// - Parameter crowd: so many deliveries of one access lie in chunks.
    func open(crowd: Int = SQLiteSearchIndex.crowd) throws -> SQLiteSearchIndex {
        try SQLiteSearchIndex(path: file, crowd: crowd)
    }

    /// The bytes of all files of the index.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(atPath: path).reduce(into: Data()) { all, name in
            all += try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        }
    }
}

extension HubEntries {
    /// What the indexer would hand over for some of the entries, the side files read.
    func batch(_ range: Range<Int>, log: String = "log") -> IndexBatch {
        let deliveries = Dictionary(uniqueKeysWithValues: accesses.map { ($0.entry, $0) })
        let entries = range.compactMap { place -> IndexedEntry? in
            guard var entry = IndexedEntry(index: UInt64(place), entry: facts[place].bytes) else {
                return nil
            }
            if case .sideFile = entry.account, let access = deliveries[place] {
                entry.account = access.reason.map { .unknown($0) } ?? .known(lines(of: access))
            }
            return entry
        }
        return IndexBatch(
            log: log, range: UInt64(range.lowerBound)..<UInt64(range.upperBound), entries: entries,
            root: Array("root \(range.upperBound)".utf8))
    }

    private func lines(of access: Access) -> [Delivery] {
        keys.compactMap { key in
            access.rowsByKey?[Self.tag(key)].map { Delivery(ownerKey: key, rows: $0, fields: access.fields) }
        }
    }

    /// Adds all entries in batches of random sizes.
    func fill(_ index: any SearchIndex, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var start = 0
        while start < facts.count {
            let end = min(facts.count, start + Int.random(in: 1...700, using: &random))
            try index.add(batch(start..<end))
            start = end
        }
    }
}
