import Model

/// What a version is: the file `manifest.json`, canonical JSON with its own checksum.
///
///     {"checksum": CRC-32C of the canonical manifest in hex, "manifest": {...}}
///
/// It holds the size of every other file, and the checksum of every file but `rows`, whose blocks have theirs
/// in the file `blocks`: so each byte of a version is under some checksum.
struct Manifest: Hashable, Sendable {
    static let formatVersion: Int64 = 1
    static let fileName = "manifest.json"
    static let rowsFile = "rows"
    static let blocksFile = "blocks"
    static let ownersFile = "owners"
    static let quarantineFile = "quarantine.csv"

    struct File: Hashable, Sendable {
        var sizeBytes: Int
        /// Nil for `rows`.
        var checksum: UInt32?
    }

    var dataset: Slug
    var version: Int
    var ownerRule: OwnerRuleShape
    var nullValues: [String]
    var fields: [Field]
    var rows: Int
    var owners: Int
    var ownerlessRows: Int
    var badLineCount: Int
    var files: [String: File]
}

extension Manifest {
    /// The content of the file.
    var encoded: [UInt8] {
        JSON.object([
            "checksum": .string(Self.hex(Checksum.of(json.canonical))), "manifest": json,
        ]).canonical
    }

    private var json: JSON {
        .object([
            "format": .integer(Self.formatVersion),
            "dataset": .string(dataset.text),
            "version": .integer(Int64(version)),
            "owner_rule": ownerRule.json,
            "null_values": JSON(nullValues),
            "fields": .array(fields.map(\.manifestJSON)),
            "rows": .integer(Int64(rows)),
            "owners": .integer(Int64(owners)),
            "ownerless_rows": .integer(Int64(ownerlessRows)),
            "bad_lines": .integer(Int64(badLineCount)),
            "files": .object(files.mapValues(\.json)),
        ])
    }

    fileprivate static func hex(_ checksum: UInt32) -> String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}

extension Manifest {
    /// Nil unless the content is exactly what `encoded` writes.
    init?(_ content: [UInt8]) {
        guard let file = try? JSON.parse(content), let json = file["manifest"],
            json["format"]?.integer == Self.formatVersion,
            let dataset = json["dataset"]?.string.flatMap({ Slug($0) }),
            let version = json["version"]?.count, version > 0,
            let ownerRule = json["owner_rule"].flatMap(OwnerRuleShape.init(json:)),
            let nullValues = json["null_values"]?.array?.compactMap(\.string),
            let fields = json["fields"]?.array?.compactMap(Field.init(manifestJSON:)),
            let rows = json["rows"]?.count, let owners = json["owners"]?.count,
            let ownerlessRows = json["ownerless_rows"]?.count, let badLines = json["bad_lines"]?.count,
            let files = json["files"]?.object?.compactMapValues(File.init(json:))
        else { return nil }
        self.init(
            dataset: dataset, version: version, ownerRule: ownerRule, nullValues: nullValues, fields: fields,
            rows: rows, owners: owners, ownerlessRows: ownerlessRows, badLineCount: badLines, files: files)
        guard encoded == content else { return nil }
    }
}

extension JSON {
    /// A number of things, at most 2^52.
    fileprivate var count: Int? { integer.flatMap { (0...1 << 52).contains($0) ? Int($0) : nil } }
}

extension Manifest.File {
    fileprivate var json: JSON {
        .object([
            "bytes": .integer(Int64(sizeBytes)), "checksum": JSON(checksum.map(Manifest.hex)),
        ])
    }

    fileprivate init?(json: JSON) {
        guard let sizeBytes = json["bytes"]?.count else { return nil }
        self.sizeBytes = sizeBytes
        checksum = json["checksum"]?.string.flatMap { UInt32($0, radix: 16) }
    }
}

extension OwnerRuleShape {
    fileprivate var json: JSON {
        switch self {
        case .column(let name): ["column": .string(name)]
        case .single: "single"
        case .open: "open"
        }
    }

    fileprivate init?(json: JSON) {
        switch json {
        case "single": self = .single
        case "open": self = .open
        default:
            guard let name = json["column"]?.string else { return nil }
            self = .column(name)
        }
    }
}

extension Field {
    fileprivate var manifestJSON: JSON {
        [
            "id": .string(id), "name": .string(name), "type": .string(type.rawValue),
            "required": .bool(isRequired),
        ]
    }

    fileprivate init?(manifestJSON json: JSON) {
        guard let id = json["id"]?.string, let name = json["name"]?.string,
            let type = json["type"]?.string.flatMap(FieldType.init(rawValue:)),
            let isRequired = json["required"]?.bool
        else { return nil }
        self.init(id: id, name: name, type: type, isRequired: isRequired)
    }
}
