import Model

/// What a version is: the file `manifest.json`, canonical JSON with its own checksum.
///
///     {"checksum": CRC-32C of the canonical manifest in hex, "manifest": {...}}
///
/// It holds the size of every other file, and the checksum of every file but those of rows, whose blocks have
/// theirs in the files of blocks: so each byte of a version is under some checksum. A file that it does not
/// name is not part of the version: whoever replaces the manifest replaces the version's segments at once.
struct Manifest: Hashable, Sendable {
    static let formatVersion: Int64 = 2
    static let fileName = "manifest.json"
    static let ownersFile = "owners"
    static let quarantineFile = "quarantine.csv"

    struct File: Hashable, Sendable {
        var sizeBytes: Int
        var checksum: UInt32
    }

    struct Segment: Hashable, Sendable {
        /// The version with which it was written, and its number among the segments of that: they name its
        /// files, in later versions too.
        var version: Int
        var number: Int
        var rows: Int
        /// The place of its first row in the order of arrival, to which its sequence numbers are added.
        var firstSequence: Int
        /// One more than the highest sequence number in it; rows that were deleted leave holes.
        var sequenceCount: Int
        var rowsBytes: Int
        var blocks: File

        /// Of both files.
        var sizeBytes: Int { rowsBytes + blocks.sizeBytes }

        var rowsFile: String { Self.rowsFile(version, number) }
        var blocksFile: String { Self.blocksFile(version, number) }

        static func rowsFile(_ version: Int, _ number: Int) -> String { "rows-\(version)-\(number)" }
        static func blocksFile(_ version: Int, _ number: Int) -> String { "blocks-\(version)-\(number)" }
    }

    var dataset: Slug
    var version: Int
    /// The version with which the rows were put in place of all before; later ones only added and deleted.
    var base: Int
    var ownerRule: OwnerRuleShape
    var nullValues: [String]
    var fields: [Field]
    var rows: Int
    /// Distinct keys that have rows; 1 for a single owner.
    var owners: Int
    /// Ordinals given out, also to keys that have no rows any more.
    var ordinals: Int
    var ownerlessRows: Int
    var badLineCount: Int
    /// What the next row's place in the order of arrival will be.
    var nextSequence: Int
    var segments: [Segment]
    var ownerTable: File
    var quarantine: File?
}

extension Manifest {
    /// Of all files, this one included.
    var sizeBytes: Int {
        segments.reduce(encoded.count + ownerTable.sizeBytes + (quarantine?.sizeBytes ?? 0)) {
            $0 + $1.sizeBytes
        }
    }

    /// Rows that belong to somebody.
    var ownedRows: Int { ownerRule == .open ? 0 : rows - ownerlessRows }

    /// Of all files of the version.
    var fileNames: Set<String> {
        var names: Set = [Self.fileName, Self.ownersFile]
        if quarantine != nil { names.insert(Self.quarantineFile) }
        for segment in segments { names.formUnion([segment.rowsFile, segment.blocksFile]) }
        return names
    }

    /// Whether a segment's file could have this name.
    static func isSegmentFile(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let version = Int(parts[1]), let number = Int(parts[2]) else { return false }
        return [Segment.rowsFile(version, number), Segment.blocksFile(version, number)].contains(name)
    }

    /// The number of the next segment that is written for this version.
    var nextSegment: Int { (segments.filter { $0.version == version }.map(\.number).max() ?? -1) + 1 }

    /// The content of the file.
    var encoded: [UInt8] { Self.sealed(json) }

    static func sealed(_ manifest: JSON) -> [UInt8] {
        JSON.object(["checksum": .string(hex(Checksum.of(manifest.canonical))), "manifest": manifest])
            .canonical
    }

    private var json: JSON {
        .object([
            "format": .integer(Self.formatVersion),
            "dataset": .string(dataset.text),
            "version": .integer(Int64(version)),
            "base": .integer(Int64(base)),
            "owner_rule": ownerRule.json,
            "null_values": JSON(nullValues),
            "fields": .array(fields.map(\.manifestJSON)),
            "rows": .integer(Int64(rows)),
            "owners": .integer(Int64(owners)),
            "ordinals": .integer(Int64(ordinals)),
            "ownerless_rows": .integer(Int64(ownerlessRows)),
            "bad_lines": .integer(Int64(badLineCount)),
            "next_sequence": .integer(Int64(nextSequence)),
            "segments": .array(segments.map(\.json)),
            "owner_table": ownerTable.json,
            "quarantine": quarantine?.json ?? .null,
        ])
    }

    static func hex(_ checksum: UInt32) -> String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}

extension Manifest {
    /// Nil unless the content is exactly what `encoded` writes, and makes sense.
    init?(_ content: [UInt8]) {
        guard let file = try? JSON.parse(content), let json = file["manifest"],
            json["format"]?.integer == Self.formatVersion,
            let dataset = json["dataset"]?.string.flatMap({ Slug($0) }),
            let version = json["version"]?.count, let base = json["base"]?.count,
            base > 0, base <= version,
            let ownerRule = json["owner_rule"].flatMap(OwnerRuleShape.init(json:)),
            let nullValues = json["null_values"]?.array?.compactMap(\.string),
            let fields = json["fields"]?.array?.compactMap(Field.init(manifestJSON:)), !fields.isEmpty,
            let rows = json["rows"]?.count, let owners = json["owners"]?.count,
            let ordinals = json["ordinals"]?.count, let ownerlessRows = json["ownerless_rows"]?.count,
            let badLines = json["bad_lines"]?.count, let nextSequence = json["next_sequence"]?.count,
            let segments = json["segments"]?.array?.compactMap(Segment.init(json:)),
            let ownerTable = json["owner_table"].flatMap(File.init(json:))
        else { return nil }
        self.init(
            dataset: dataset, version: version, base: base, ownerRule: ownerRule, nullValues: nullValues,
            fields: fields, rows: rows, owners: owners, ordinals: ordinals, ownerlessRows: ownerlessRows,
            badLineCount: badLines, nextSequence: nextSequence, segments: segments, ownerTable: ownerTable,
            quarantine: json["quarantine"].flatMap(File.init(json:)))
        guard encoded == content, isSound else { return nil }
    }

    /// Whether its numbers agree: segments of versions up to this one since the base, whose places in the
    /// order of arrival come one after the other, with as many rows as it says.
    private var isSound: Bool {
        guard fileNames.count == 2 * segments.count + (quarantine == nil ? 2 : 3),
            segments.reduce(0, { $0 + $1.rows }) == rows, owners <= ordinals, ownerlessRows <= rows
        else { return false }
        var sequence = 0
        for segment in segments {
            guard (base...version).contains(segment.version), segment.firstSequence >= sequence,
                segment.rows <= segment.sequenceCount, segment.sequenceCount <= Int(UInt32.max)
            else { return false }
            sequence = segment.firstSequence + segment.sequenceCount
        }
        guard sequence <= nextSequence else { return false }
        return switch ownerRule {
        case .column: true
        case .single: ordinals == 1
        case .open: ordinals == 0 && ownerlessRows == 0
        }
    }
}

extension JSON {
    /// A number of things, at most 2^52.
    fileprivate var count: Int? { integer.flatMap { (0...1 << 52).contains($0) ? Int($0) : nil } }
}

extension Manifest.File {
    fileprivate var json: JSON {
        ["bytes": .integer(Int64(sizeBytes)), "checksum": .string(Manifest.hex(checksum))]
    }

    fileprivate init?(json: JSON) {
        guard let sizeBytes = json["bytes"]?.count,
            let checksum = json["checksum"]?.string.flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        self.init(sizeBytes: sizeBytes, checksum: checksum)
    }
}

extension Manifest.Segment {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "number": .integer(Int64(number)),
            "rows": .integer(Int64(rows)),
            "first_sequence": .integer(Int64(firstSequence)),
            "sequence_count": .integer(Int64(sequenceCount)), "rows_bytes": .integer(Int64(rowsBytes)),
            "blocks": blocks.json,
        ]
    }

    fileprivate init?(json: JSON) {
        guard let version = json["version"]?.count, let number = json["number"]?.count,
            let rows = json["rows"]?.count,
            let firstSequence = json["first_sequence"]?.count,
            let sequenceCount = json["sequence_count"]?.count, let rowsBytes = json["rows_bytes"]?.count,
            let blocks = json["blocks"].flatMap(Manifest.File.init(json:))
        else { return nil }
        self.init(
            version: version, number: number, rows: rows, firstSequence: firstSequence,
            sequenceCount: sequenceCount, rowsBytes: rowsBytes, blocks: blocks)
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
