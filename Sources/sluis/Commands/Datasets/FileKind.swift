import DataPlane
import Model
import Foundation

/// What a file holds, by the end of its name: `.ndjson` and `.jsonl` are NDJSON and all others CSV, with
/// `.gz` or `.zst` behind that for a packed one.
struct FileKind: Hashable {
    var format: FileFormat
    var coding: ContentCoding

    init(path: String) {
        var name = URL(filePath: path).lastPathComponent.lowercased()[...]
        coding = .identity
        for (suffix, known) in [(".gz", ContentCoding.gzip), (".zst", .zstd)] where name.hasSuffix(suffix) {
            coding = known
            name = name.dropLast(suffix.count)
            break
        }
        format = name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") ? .ndjson : .csv
    }

    var contentType: String {
        switch format {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }

    /// Nil where the file is sent as it is read.
    var contentEncoding: String? { coding == .identity ? nil : coding.rawValue }
}
