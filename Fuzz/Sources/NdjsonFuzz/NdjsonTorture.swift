import DataPlane
import Model

/// An inspection of any bytes as NDJSON: what the fuzzer calls, and the tests with the fuzzer's corpus.
enum NdjsonTorture {
    private static let fields = [
        Field(name: "owner", type: .string), Field(name: "n", type: .integer),
        Field(name: "d", type: .decimal), Field(name: "b", type: .boolean),
        Field(name: "t", type: .datetime, isRequired: true),
    ]

    private static let shapes = [nil, fields].map { fields in
        IngestShape(
            ownerRule: .column("owner"), nullValues: ["", "NA"], fields: fields, badLines: .quarantine,
            format: .ndjson)
    }

    /// - Returns: whether the file means the same in one piece and in many.
    static func run(_ bytes: [UInt8], pieceBytes: Int) -> Bool {
        shapes.allSatisfy { shape in
            let pieces = stride(from: 0, to: bytes.count, by: pieceBytes).map { start in
                Array(bytes[start..<min(start + pieceBytes, bytes.count)])
            }
            return reading([bytes], shape) == reading(pieces, shape)
        }
    }

    /// What was found, or the code of the fault.
    private static func reading(_ pieces: [[UInt8]], _ shape: IngestShape) -> Reading {
        do {
            var inspection = try FileInspection(shape: shape)
            for piece in pieces { try inspection.consume(piece) }
            return .found(try inspection.finish())
        } catch {
            return .refused((error as? ClientFault)?.description ?? "\(error)")
        }
    }

    private enum Reading: Equatable {
        case found(FileInspection.Finding)
        case refused(String)
    }
}
