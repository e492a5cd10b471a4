import Foundation
import Model
import Testing

@testable import DataPlane

/// A `data/` folder of its own, removed with the value: in memory where the system has that.
final class Hub {
    let directory: String
    let dataset: Slug

    init() throws {
        let memory = "/dev/shm"
        let root =
            FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        directory = root + "/sluis-data-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        dataset = try #require(Slug("meters"))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var store: DatasetStore { DatasetStore(directory: directory) }

    /// The version's folder.
    func path(_ version: Int = 1) -> String { "\(directory)/\(dataset)/\(version)" }

    /// Everything under `data/`, relative, sorted.
    var names: [String] {
        (FileManager.default.subpaths(atPath: directory) ?? []).sorted()
    }

    @discardableResult
    func ingest(
        _ text: String, _ shape: IngestShape = IngestShape(ownerRule: .column("owner")), version: Int = 1
    ) throws -> IngestReport {
        try ingest(Array(text.utf8), shape, version: version)
    }

    @discardableResult
    func ingest(_ bytes: [UInt8], _ shape: IngestShape, version: Int = 1) throws -> IngestReport {
        let ingest = try store.beginIngest(dataset: dataset, version: version, shape: shape)
        try ingest.consume(bytes)
        return try ingest.finish()
    }

    func open(_ version: Int = 1) throws -> StoredVersion {
        try store.open(dataset: dataset, version: version)
    }

    /// Publishes the text and opens it.
    func publish(
        _ text: String, _ shape: IngestShape = IngestShape(ownerRule: .column("owner"))
    ) throws -> StoredVersion {
        try ingest(text, shape)
        return try open()
    }
}

extension StoredVersion {
    /// The newest ordinal of a key.
    func ordinal(of key: String) -> UInt32? { ordinals(of: key).first }

    /// A filter in which the named owners granted the named fields.
    func filter(_ grants: [String: [String]]) throws -> OwnerFilter {
        let filter = OwnerFilter(version: self)
        for (key, names) in grants {
            let ordinal = try #require(self.ordinals(of: key).first)
            try filter.grant(ordinal, fields: FieldSet(positions(names)))
        }
        return filter
    }

    func positions(_ names: [String]) -> [Int] {
        names.compactMap { name in fields.firstIndex { $0.name == name } }
    }

    /// The whole read under one snapshot, its header first.
    func read(
        _ filter: OwnerFilter?, _ names: [String]? = nil, _ format: OutputFormat = .csv,
        order: RowOrder = .stored
    ) throws -> String {
        var stream = try RowStream(
            version: self, filter: filter == nil ? .open : .owners,
            fields: names.map(positions) ?? Array(fields.indices), format: format, order: order)
        var bytes = stream.header
        while let block = try stream.assemble(filter?.snapshot()) {
            bytes += block.bytes
            stream.advance(past: block)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
