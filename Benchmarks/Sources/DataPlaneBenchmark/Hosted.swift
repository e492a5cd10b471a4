import DataPlane
import Foundation
import Glibc
import Model

/// A hosted dataset: how fast a file is taken, and how fast its rows leave under an owner filter, into nothing,
/// on one thread.
struct Hosted {
    private static let pieceBytes = 256 << 10
    private static let shares = [10, 50, 90]

    private let store: DatasetStore
    private let dataset: Slug
    private let path: String

    /// - Parameters:
    ///   - path: of the CSV file.
    ///   - folder: made, for the data.
    init(path: String, folder: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = DatasetStore(directory: folder)
        guard let dataset = Slug("meters") else { throw CocoaError(.featureUnsupported) }
        self.dataset = dataset
    }

    func run() throws {
        var version = try ingest()
        try read(version, "unmerged")
        let start = ContinuousClock.now
        while let merged = try store.merge(version) { version = merged }
        figure("merge_s", (ContinuousClock.now - start) / .seconds(1), "s")
        try read(version, "merged")
    }

    private func ingest() throws -> StoredVersion {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        let shape = IngestShape(ownerRule: .column("meter"), fields: MeterFile.fields)
        let ingest = try store.beginIngest(dataset: dataset, version: 1, shape: shape)
        let start = ContinuousClock.now
        var bytes = 0
        while let piece = try file.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            bytes += piece.count
            try ingest.consume(Array(piece))
        }
        let report = try ingest.finish()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print(
            "# \(report.rows) rows of \(report.owners) owners, \(bytes) bytes, stored as \(report.sizeBytes)")
        figure("ingest_mb_per_s", Double(bytes) / seconds / 1e6, "MB/s")
        figure("stored_over_file", Double(report.sizeBytes) / Double(bytes), "x")
        let opening = ContinuousClock.now
        let version = try store.open(dataset: dataset, version: 1)
        figure("open_ms", (ContinuousClock.now - opening) / .milliseconds(1), "ms")
        try version.verify()
        return version
    }

    private func read(_ version: StoredVersion, _ layout: String) throws {
        for share in Self.shares {
            let filter = OwnerFilter(version: version)
            var random = SystemRandomNumberGenerator()
            for ordinal in 0..<UInt32(version.ordinalCount)
            where Int.random(in: 0..<100, using: &random) < share {
                try filter.grant(ordinal, fields: FieldSet(version.fields.indices))
            }
            for (name, fields) in [("all", Array(version.fields.indices)), ("3_of_7", [0, 1, 2])] {
                let runs = try (0..<3).map { _ in try read(version, filter, fields) }
                let best = runs.map(\.seconds).sorted()[1]
                figure("hosted_\(layout)_\(share)_\(name)_s", best, "s")
                figure(
                    "hosted_\(layout)_\(share)_\(name)_gb_per_s", Double(runs[0].bytes) / best / 1e9, "GB/s")
            }
        }
    }

    private func read(
        _ version: StoredVersion, _ filter: OwnerFilter, _ fields: [Int]
    ) throws -> (seconds: Double, bytes: Int) {
        let start = ContinuousClock.now
        var stream = try RowStream(version: version, filter: .owners, fields: fields, format: .csv)
        var bytes = stream.header.count
        while let block = try stream.assemble(filter.snapshot()) {
            bytes += block.bytes.count
            stream.advance(past: block)
        }
        return ((ContinuousClock.now - start) / .seconds(1), bytes)
    }
}
