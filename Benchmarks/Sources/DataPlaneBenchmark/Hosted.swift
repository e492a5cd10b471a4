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

    /// The first figure alone.
    func runIngest() throws { _ = try ingest() }

    func run() throws {
        var version = try ingest()
        try read(version, "unmerged")
        let start = ContinuousClock.now
        while let merged = try store.merge(version) { version = merged }
        figure("merge_s", (ContinuousClock.now - start) / .seconds(1), "s")
        try read(version, "merged")
        try snapshots(version)
        try reads(under: version)
        let fields = [0, 1, 2]
        let projection = try project(version, fields)
        for share in Self.shares {
            try read(version, Self.filter(version, share), fields, "projected_\(share)_3_of_7", projection)
        }
    }

    /// As a hub comes to it: by the second read.
    private func project(_ version: StoredVersion, _ fields: [Int]) throws -> StoredProjection {
        let cache = ProjectionCache(
            budgetBytes: .max, hasRoom: { _ in true }, allowed: { FieldSet($0.fields.indices) })
        cache.turn(to: version)
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(600) {
            if let made = cache.projection(of: version, for: fields, isCounted: true) {
                figure("projection_s", (ContinuousClock.now - start) / .seconds(1), "s")
                figure("projection_mb", Double(made.sizeBytes) / 1e6, "MB")
                return made
            }
            usleep(1000)
        }
        throw CocoaError(.featureUnsupported)
    }

    func ingest(verifying: Bool = true) throws -> StoredVersion {
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
        if verifying { try version.verify() }
        return version
    }

    private func read(_ version: StoredVersion, _ layout: String) throws {
        for share in Self.shares {
            let filter = try Self.filter(version, share)
            for (name, fields) in [("all", Array(version.fields.indices)), ("3_of_7", [0, 1, 2])] {
                try read(version, filter, fields, "\(layout)_\(share)_\(name)")
            }
        }
    }

    /// Grants of so many of a hundred owners.
    static func filter(_ version: StoredVersion, _ share: Int) throws -> OwnerFilter {
        let filter = OwnerFilter(version: version)
        var random = SystemRandomNumberGenerator()
        for ordinal in 0..<UInt32(version.ordinalCount)
        where Int.random(in: 0..<100, using: &random) < share {
            try filter.grant(ordinal, fields: FieldSet(version.fields.indices))
        }
        return filter
    }

    /// The middle one of three reads.
    private func read(
        _ version: StoredVersion, _ filter: OwnerFilter, _ fields: [Int], _ name: String,
        _ projection: StoredProjection? = nil
    ) throws {
        let runs = try (0..<3).map { _ in try read(version, filter, fields, projection) }
        let seconds = runs.map(\.seconds).sorted()[1]
        figure("hosted_\(name)_s", seconds, "s")
        figure("hosted_\(name)_gb_per_s", Double(runs[0].bytes) / seconds / 1e9, "GB/s")
    }

    func read(
        _ version: StoredVersion, _ filter: OwnerFilter, _ fields: [Int], _ projection: StoredProjection?
    ) throws -> (seconds: Double, bytes: Int) {
        let start = ContinuousClock.now
        var stream = try RowStream(
            version: version, filter: .owners, fields: fields, format: .csv, from: projection)
        var bytes = stream.header.count
        while let block = try stream.assemble(filter.snapshot()) {
            bytes += block.bytes.count
            stream.advance(past: block)
        }
        return ((ContinuousClock.now - start) / .seconds(1), bytes)
    }
}
