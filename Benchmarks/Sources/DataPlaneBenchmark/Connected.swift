import DataPlane
import Foundation
import Glibc
import Model

/// A connected dataset: how fast its upstream leaves under an owner filter, into nothing, on one thread.
///
/// The file is in memory, as an upstream's chunks would be.
struct Connected {
    private static let chunkBytes = 256 << 10

    private let format: FileFormat
    private let chunks: [[UInt8]]
    private let owners: ConnectedOwners
    private let filter: OwnerFilter
    private let types: Bool

    /// - Parameters:
    ///   - path: of the upstream's bytes; of NDJSON if it ends so.
    ///   - ownerCount: all owners have links.
    ///   - granted: a CSV file with the keys of those who granted everything, behind a header line.
    ///   - types: whether values are checked against the types of their fields; else all are texts.
    init(path: String, ownerCount: Int, granted: String, types: Bool) throws {
        format = path.hasSuffix(".ndjson") ? .ndjson : .csv
        self.types = types
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        var chunks: [[UInt8]] = []
        while let chunk = try file.read(upToCount: Self.chunkBytes), !chunk.isEmpty {
            chunks.append(Array(chunk))
        }
        self.chunks = chunks
        guard let dataset = Slug("meters") else { throw CocoaError(.featureUnsupported) }
        let identity = VersionIdentity(dataset: dataset, version: 1)
        let start = ContinuousClock.now
        owners = try ConnectedOwners(identity: identity, keys: MeterFile.keys(ownerCount))
        print("# \(ownerCount) keys made a table in \(ContinuousClock.now - start)")
        filter = OwnerFilter(owners: owners)
        for key in try String(contentsOfFile: granted, encoding: .utf8).split(separator: "\n").dropFirst() {
            guard let ordinal = owners.ordinal(of: String(key)) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            try filter.grant(ordinal, fields: FieldSet(MeterFile.fields.indices))
        }
    }

    /// - Parameters:
    ///   - name: of the figure.
    ///   - output: where to write what is sent; nil for nowhere.
    func run(_ name: String, fields: [Int], output: String?) throws {
        var runs = try (0..<(output == nil ? 3 : 1)).map { _ in try read(fields, output) }
        runs.sort { $0.cpu < $1.cpu }
        let run = runs[runs.count / 2]
        let wall = runs.map(\.wall).sorted()[runs.count / 2]
        figure("\(name)_s", wall, "s")
        figure("\(name)_cpu_s", run.cpu, "s")
        print("# \(run.rows) rows, \(run.sent) of them and \(run.bytes) bytes sent")
    }

    private struct Run {
        var (wall, cpu) = (0.0, 0.0)
        var (rows, sent, bytes) = (0, 0, 0)
    }

    private func read(_ fields: [Int], _ output: String?) throws -> Run {
        var file: FileHandle?
        if let output {
            guard FileManager.default.createFile(atPath: output, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            file = FileHandle(forWritingAtPath: output)
        }
        let all = MeterFile.fields.map { types ? $0 : Field(name: $0.name, type: .string) }
        let shape = ConnectedShape(fields: all, ownerRule: .column("meter"), format: format)
        let (start, cpuStart) = (ContinuousClock.now, threadSeconds())
        var stream = try ConnectedStream(
            shape, filter: .owners, fields: fields, format: format == .csv ? .csv : .ndjson)
        var run = Run()
        run.bytes = stream.header.count
        try file?.write(contentsOf: stream.header)
        var next = 0
        while !stream.isAtEnd {
            while stream.wantsInput {
                if next < chunks.count { stream.feed(chunks[next]) } else { stream.finish() }
                next += 1
            }
            let released = try ConnectedFilter(owners: owners, grants: filter.snapshot())
            guard let block = try stream.assemble(released) else { continue }
            run.bytes += block.bytes.count
            run.sent += block.rows
            try file?.write(contentsOf: block.bytes)
            stream.advance(past: block)
        }
        (run.wall, run.cpu) = ((ContinuousClock.now - start) / .seconds(1), threadSeconds() - cpuStart)
        run.rows = stream.counts.rows
        return run
    }
}

/// The owners who granted, for the rivals too: a share of all by the scrambled bits of their numbers.
func writeGranted(owners: Int, share: Int, to path: String) throws {
    var text = "meter\n"
    for (number, key) in MeterFile.keys(owners).enumerated()
    where UInt64(number) &* 0x9E37_79B9_7F4A_7C15 >> 32 % 100 < share {
        text += key + "\n"
    }
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// What the lines of an output are whatever their order: how many, and the sum of their hashes (FNV-1a, 64
/// bits). Quotes are left out, as writers differ in what they quote.
func printLines(of path: String) throws {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    var (lines, sum, hash) = (0, UInt64(0), UInt64(0xCBF2_9CE4_8422_2325))
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
        for byte in Array(piece) where byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\n") {
                (lines, sum, hash) = (lines + 1, sum &+ hash, 0xCBF2_9CE4_8422_2325)
            } else {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
    }
    print("\(lines) \(String(sum, radix: 16))")
}

func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func figure(_ name: String, _ value: Double, _ unit: String) {
    print("figure \(name) \(String(format: "%.3f", value)) \(unit)")
}
