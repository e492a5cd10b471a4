import Model

@testable import DataPlane

/// Any bytes as CSV, read in every way there is: what the fuzzer calls, and the tests with the fuzzer's
/// corpus.
///
/// A file that begins with `#` has its own header behind that; others get one, so that rows are reached.
enum CsvTorture {
    private static let fields = [
        Field(name: "owner", type: .string), Field(name: "n", type: .integer),
        Field(name: "d", type: .decimal), Field(name: "b", type: .boolean),
        Field(name: "t", type: .datetime, isRequired: true),
    ]
    private static let nullValues = ["", "NA"]
    private static let variants: [StructureScan.Variant] = [.portable, .best]

    private static let shapes = [nil, fields].map { fields in
        IngestShape(
            ownerRule: .column("owner"), nullValues: nullValues, fields: fields, badLines: .quarantine)
    }

    /// - Returns: whether all ways come to the same.
    static func run(_ bytes: [UInt8], pieceBytes: Int) -> Bool {
        let isWhole = bytes.first == UInt8(ascii: "#")
        let text = isWhole ? Array(bytes.dropFirst()) : Array("owner,n,d,b,t\n".utf8) + bytes
        let pieces = stride(from: 0, to: text.count, by: pieceBytes).map { start in
            Array(text[start..<min(start + pieceBytes, text.count)])
        }
        return shapes.allSatisfy { isIngestedAlike(text, pieces, $0) } && isStreamedAlike(text, pieces)
    }

    private static func isIngestedAlike(
        _ text: [UInt8], _ pieces: [[UInt8]], _ shape: IngestShape
    ) -> Bool {
        let scanned = CsvReading([text], shape, nil).outcome
        return variants.allSatisfy { variant in
            CsvReading([text], shape, variant).outcome == scanned
                && CsvReading(pieces, shape, variant).outcome == scanned
        }
    }

    private static func isStreamedAlike(_ text: [UInt8], _ pieces: [[UInt8]]) -> Bool {
        guard let scanned = try? streamed([text], nil) else { return false }
        return variants.allSatisfy { variant in
            (try? streamed([text], variant)) == scanned && (try? streamed(pieces, variant)) == scanned
        }
    }

    private struct Streamed: Equatable {
        var bytes: [UInt8]
        var fault: UpstreamFault?
        var counts: ConnectedCounts
    }

    /// What two of three owners release of it, one of them in part, and the fault that ends it.
    private static func streamed(
        _ pieces: [[UInt8]], _ variant: StructureScan.Variant?
    ) throws -> Streamed {
        let shape = ConnectedShape(fields: fields, ownerRule: .column("owner"), nullValues: nullValues)
        let filter = try filter()
        var stream = try ConnectedStream(
            shape, filter: .owners, fields: [3, 0, 1, 4], format: .csv, variant: variant)
        var bytes = stream.header
        var rest = pieces[...]
        while !stream.isAtEnd {
            while stream.wantsInput {
                if let piece = rest.popFirst() { stream.feed(piece) } else { stream.finish() }
            }
            do {
                guard let block = try stream.assemble(filter) else { continue }
                bytes += block.bytes
                stream.advance(past: block)
            } catch {
                return Streamed(bytes: bytes, fault: error, counts: stream.counts)
            }
        }
        return Streamed(bytes: bytes, fault: nil, counts: stream.counts)
    }

    private static func filter() throws -> ConnectedFilter {
        guard let dataset = Slug("meters") else { throw DataPlaneError.notOpen }
        let owners = try ConnectedOwners(
            identity: VersionIdentity(dataset: dataset, version: 1), keys: ["a", "bé", "a key of many bytes"])
        let filter = OwnerFilter(owners: owners)
        try filter.grant(0, fields: FieldSet(fields.indices))
        try filter.grant(2, fields: FieldSet([1, 3]))
        return try ConnectedFilter(owners: owners, grants: filter.snapshot())
    }
}
