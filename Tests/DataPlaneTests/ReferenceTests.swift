import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Whole reads against the naive reference")
struct ReferenceTests {
    /// Every file is read five times, with other grants, fields and formats.
    private static let readsPerFile = 5

    #if DEBUG
        private static let files = 2_000
    #else
        private static let files = 20_000
    #endif

    @Test("random files, owner rules, grants and fields: 100,000 reads (10,000 unoptimised)")
    func manySmall() throws {
        var random = SeededGenerator.announced("whole reads")
        let hub = try Hub()
        for version in 1...Self.files {
            try check(RandomCSV(&random), hub, version, &random)
            if version % 100 == 0 { try hub.store.sweep(keeping: [:]) }
        }
    }

    @Test("random files of long texts, over several stored and sent blocks")
    func someLarge() throws {
        var random = SeededGenerator.announced("whole reads of long texts")
        let hub = try Hub()
        for version in 1...Self.files / 100 {
            try check(RandomCSV(&random, longTexts: true), hub, version, &random)
            try hub.store.sweep(keeping: [:])
        }
    }

    private func check(_ csv: RandomCSV, _ hub: Hub, _ number: Int, _ random: inout SeededGenerator) throws {
        let reference = NaiveReference(csv: csv.text, nullValues: csv.nullValues)
        let ownerColumn = Int.random(in: 0..<csv.columns, using: &random)
        let name = reference.header[ownerColumn]
        let rule = random.pick([OwnerRuleShape.column(name), .column(name), .column(name), .single, .open])
        let shape = IngestShape(ownerRule: rule, nullValues: csv.nullValues)
        let report = try hub.ingest(csv.text, shape, version: number)
        let version = try hub.open(number)
        #expect(report.fields.map(\.type) == reference.types)
        #expect(report.rows == reference.rows.count && version.rowCount == reference.rows.count)
        for _ in 0..<Self.readsPerFile {
            let read = RandomRead(reference, version, rule, ownerColumn, &random)
            try read.check(reference, version)
        }
    }
}

/// Random grants, fields and format over one version, read both ways.
private struct RandomRead {
    let rule: OwnerRuleShape
    let ownerColumn: Int
    let fields: [Int]
    let format: OutputFormat
    /// By owner key; the empty key for a single owner.
    let grants: [String: Set<Int>]

    init(
        _ reference: NaiveReference, _ version: StoredVersion, _ rule: OwnerRuleShape, _ ownerColumn: Int,
        _ random: inout SeededGenerator
    ) {
        self.rule = rule
        self.ownerColumn = ownerColumn
        let all = Array(reference.header.indices)
        fields = Array(all.shuffled(using: &random).prefix(Int.random(in: 1...all.count, using: &random)))
        format = random.pick(OutputFormat.allCases)
        let keys =
            switch rule {
            case .open: [String]()
            case .single: [""]
            case .column: reference.owners(column: ownerColumn).keys.compactMap(\.self)
            }
        var grants: [String: Set<Int>] = [:]
        for key in keys.sorted() where random.chance(70) {
            grants[key] = Set(all.filter { _ in random.chance(60) })
        }
        self.grants = grants
    }

    func check(_ reference: NaiveReference, _ version: StoredVersion) throws {
        let filter = OwnerFilter(version: version)
        for (key, fields) in grants {
            try filter.grant(try #require(version.ordinal(of: key)), fields: FieldSet(fields))
        }
        let expected = reference.read(fields, format, granted: granted)
        let found = try found(version, filter)
        #expect(found.bytes == expected.joined().count)
        let isEqual = found.rows == expected.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(isEqual, "fields \(fields) as \(format), grants \(grants), header \(reference.header)")
        #expect(found.delivered == delivered(reference))
        if case .column = rule { try checkCounts(reference, version, filter) }
    }

    private func granted(_ row: [NaiveReference.Cell]) -> Set<Int>? {
        switch rule {
        case .open: Set(row.indices)
        case .single: grants[""]
        case .column:
            row[ownerColumn].isNull || row[ownerColumn].text.isEmpty ? nil : grants[row[ownerColumn].text]
        }
    }

    private func delivered(_ reference: NaiveReference) -> [String: Int] {
        let released = grants.filter { !$0.value.isDisjoint(with: fields) }
        switch rule {
        case .open: return [:]
        case .single: return released[""] == nil || reference.rows.isEmpty ? [:] : ["": reference.rows.count]
        case .column:
            let counts = reference.owners(column: ownerColumn)
            return Dictionary(uniqueKeysWithValues: released.keys.map { ($0, counts[$0] ?? 0) })
        }
    }

    private func checkCounts(
        _ reference: NaiveReference, _ version: StoredVersion, _ filter: OwnerFilter
    ) throws {
        var counts = reference.owners(column: ownerColumn)
        #expect(version.ownerlessRows == counts.removeValue(forKey: nil) ?? 0)
        #expect(version.ownerCount == counts.count)
        let withheld = counts.filter { key, _ in
            grants[key ?? ""]?.isDisjoint(with: fields) ?? true
        }
        let found = try filter.snapshot().withheld(in: version, fields: FieldSet(fields))
        #expect(found == (withheld.values.reduce(0, +), withheld.count))
    }

    /// Reads block by block; every line of a block is a whole row.
    private func found(
        _ version: StoredVersion, _ filter: OwnerFilter
    ) throws -> (rows: [[UInt8]], bytes: Int, delivered: [String: Int]) {
        var stream = try RowStream(
            version: version, filter: rule == .open ? .open : .owners, fields: fields, format: format)
        var rows: [[UInt8]] = []
        var bytes = 0
        var delivered: [String: Int] = [:]
        while let block = try stream.assemble(filter.snapshot()) {
            let lines = records(block.bytes)
            #expect(block.bytes.count <= Block.maximumBytes)
            #expect(lines.count == block.rows)
            rows += lines
            bytes += block.bytes.count
            for run in block.delivered {
                delivered[version.ownerKey(of: run.ordinal), default: 0] += run.rows
            }
            stream.advance(past: block)
        }
        return (rows.sorted { $0.lexicographicallyPrecedes($1) }, bytes, delivered)
    }

    /// Cut behind every line end outside quotes; NDJSON has none inside.
    private func records(_ bytes: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var start = 0
        var isInside = false
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\""), format == .csv { isInside.toggle() }
            if byte == UInt8(ascii: "\n"), !isInside {
                records.append(Array(bytes[start...index]))
                start = index + 1
            }
        }
        #expect(start == bytes.count)
        return records
    }
}
