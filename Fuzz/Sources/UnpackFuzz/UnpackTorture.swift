import DataPlane
import Model

/// Packed files of any bytes: what the fuzzer calls, and the tests with the fuzzer's corpus.
///
/// The first byte says what to do with the rest: `g` and `z` take it as gzip and zstd; `G` and `Z` pack it
/// first, and change one byte if the three before the text are not `000`: its place (two bytes) and how.
enum UnpackTorture {
    /// - Returns: false if something else came out than was packed.
    static func run(_ bytes: [UInt8]) -> Bool {
        guard let mode = bytes.first else { return true }
        let rest = Array(bytes.dropFirst())
        switch mode {
        case UInt8(ascii: "g"): _ = reading(rest, .gzip, pieceBytes: 1 + rest.count % 9)
        case UInt8(ascii: "z"): _ = reading(rest, .zstd, pieceBytes: 1 + rest.count % 9)
        case UInt8(ascii: "G"): return packs(rest, .gzip)
        case UInt8(ascii: "Z"): return packs(rest, .zstd)
        default: break
        }
        return true
    }

    private static func packs(_ bytes: [UInt8], _ coding: ContentCoding) -> Bool {
        guard bytes.count > 3, let compressor = try? Compressor(coding, level: 1) else { return true }
        let text = Array(bytes[3...])
        let half = text.count / 2
        guard var file = try? compressor.compress(Array(text[..<half]), flush: .block),
            let end = try? compressor.compress(Array(text[half...]), flush: .end)
        else { return true }
        file += end
        let isWhole = bytes[..<3].elementsEqual("000".utf8)
        if !isWhole { file[(Int(bytes[0]) << 8 | Int(bytes[1])) % file.count] ^= bytes[2] }
        let packed = reading(file, coding, pieceBytes: 1 + text.count % 9)
        let plain = reading(text, .identity, pieceBytes: text.count)
        return packed == plain || !isWhole
    }

    private static func reading(_ bytes: [UInt8], _ coding: ContentCoding, pieceBytes: Int) -> String {
        do {
            var inspection = try FileInspection(
                shape: IngestShape(
                    ownerRule: .open, badLines: .quarantine, coding: coding, maximumDecodedBytes: 1 << 22))
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                try inspection.consume(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
            }
            let finding = try inspection.finish()
            return "\(finding.fields) \(finding.rows) \(finding.badLines)"
        } catch {
            return "\(error)"
        }
    }
}
