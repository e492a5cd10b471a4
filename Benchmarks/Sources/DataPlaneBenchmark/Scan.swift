import CScan
import DataPlane
import Foundation

/// How fast one thread reads CSV: its structure alone, and all that an ingest does before it stores anything.
struct Scan {
    private static let pieceBytes = 1 << 20

    let path: String

    /// - Parameter only: the name of the one figure to take, for a profiler; nil for all.
    func run(only: String?) throws {
        let all: [(name: String, take: () throws -> Speed)] = [
            ("structure", structure),
            ("given_types", { try inspect(IngestShape(ownerRule: .open, fields: MeterFile.fields)) }),
            ("inferred_types", { try inspect(IngestShape(ownerRule: .open)) }),
            (
                "given_types_owners",
                {
                    try inspect(IngestShape(ownerRule: .column("meter"), fields: MeterFile.fields))
                }
            ),
        ]
        for (name, take) in all where only == nil || only == name {
            let speed = try take()
            print("figure scan_\(name)_mb_per_s \(speed.wall.rounded()) MB/s")
            print("figure scan_\(name)_mb_per_cpu_s \(speed.cpu.rounded()) MB/s")
        }
    }

    /// In megabytes a second, and in megabytes a second of this thread's own time: what it would be without
    /// other load.
    private struct Speed {
        var wall: Double
        var cpu: Double
    }

    /// Of `work`; reading the file is not counted.
    private func speed(_ work: ([UInt8]) throws -> Void) throws -> Speed {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        var (bytes, seconds, cpuSeconds) = (0, 0.0, 0.0)
        while let data = try file.read(upToCount: Self.pieceBytes), !data.isEmpty {
            let piece = Array(data)
            let (start, cpuStart) = (ContinuousClock.now, threadSeconds())
            try work(piece)
            seconds += (ContinuousClock.now - start) / .seconds(1)
            cpuSeconds += threadSeconds() - cpuStart
            bytes += piece.count
        }
        let megabytes = Double(bytes) / 1_000_000
        return Speed(wall: megabytes / seconds, cpu: megabytes / cpuSeconds)
    }

    private func structure() throws -> Speed {
        var state = sluis_scan_state(in_quotes: 0, after: UInt8(SLUIS_AFTER_MARK.rawValue))
        var marks = [UInt32](repeating: 0, count: Self.pieceBytes)
        var count = 0
        let best = sluis_scan_best_variant()
        let speed = try speed { piece in
            let found = sluis_scan_structure(piece, piece.count, &state, &marks, marks.count, best)
            precondition(found.consumed == piece.count, "the file is malformed")
            count += found.count
        }
        print("\(count) marks")
        return speed
    }

    private func inspect(_ shape: IngestShape) throws -> Speed {
        var inspection = try FileInspection(shape: shape)
        let speed = try speed { try inspection.consume($0) }
        let finding = try inspection.finish()
        precondition(finding.badLineCount == 0, "the file has bad lines")
        print("\(finding.rows) rows, \(finding.owners.count) owners, \(finding.fields.map(\.type.rawValue))")
        return speed
    }
}
