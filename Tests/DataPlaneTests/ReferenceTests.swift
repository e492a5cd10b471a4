import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Whole reads against the naive reference")
struct ReferenceTests {
    /// Every file is read five times, with other grants, fields, formats, conditions and limits.
    private static let readsPerFile = 5

    /// `SLUIS_CASES` says with how many reads.
    private static let files: Int = {
        let cases = ProcessInfo.processInfo.environment["SLUIS_CASES"].flatMap { Int($0) }
        #if DEBUG
            return (cases ?? 10_000) / readsPerFile
        #else
            return (cases ?? 100_000) / readsPerFile
        #endif
    }()

    @Test(
        "random files, owner rules, links in time, grants, conditions: 100,000 reads (10,000 unoptimised)"
    )
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

/// Random grants, fields, format, condition and limit over one version, read both ways; and from a
/// projection of the version.
private struct RandomRead {
    let rule: OwnerRuleShape
    let ownerColumn: Int
    let fields: [Int]
    let format: OutputFormat
    /// By owner key; the empty key for a single owner.
    let grants: [String: Set<Int>]
    /// Keys that are divided by time.
    let tenancies: NaiveTenancies
    let condition: NaiveCondition?
    /// The condition as a reader would write it.
    let text: String?
    let limit: Int?
    /// What a projection has: all that the read looks at and perhaps more, in some order.
    let projected: [Int]
    let order: RowOrder
    /// After how many blocks the projection turns out to be damaged.
    let soundBlocks: Int

    init(
        _ reference: NaiveReference, _ version: StoredVersion, _ rule: OwnerRuleShape, _ ownerColumn: Int,
        _ random: inout SeededGenerator
    ) {
        self.rule = rule
        self.ownerColumn = ownerColumn
        let all = Array(reference.header.indices)
        let fields = Array(
            all.shuffled(using: &random).prefix(Int.random(in: 1...all.count, using: &random)))
        self.fields = fields
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
        tenancies = rule == .open ? NaiveTenancies() : NaiveTenancies(reference, keys, &random)
        condition =
            random.chance(60) ? .random(reference.types, reference.rows, &random) : nil
        text = condition?.text(reference.header, reference.types, &random)
        limit = random.chance(20) ? Int.random(in: 0...10, using: &random) : nil
        let asked = try? text.map { try Condition($0).fieldNames }
        let others = all.filter { !fields.contains($0) }.shuffled(using: &random)
        let more = random.chance(30) ? Int.random(in: 0...others.count, using: &random) : 0
        let looked = others.enumerated().filter { index, field in
            index < more || asked?.contains(reference.header[field]) == true
        }
        let chosen = fields + looked.map(\.element)
        projected = random.chance(50) ? chosen : chosen.shuffled(using: &random)
        order = random.pick([.stored, .original])
        soundBlocks = random.chance(20) ? Int.random(in: 0...2, using: &random) : .max
    }

    func check(_ reference: NaiveReference, _ version: StoredVersion) throws {
        let filter = try filter(version)
        let expected = reference.read(fields, format, where: condition, granted: granted)
        let found = try found(version, filter, limit: nil)
        try checkProjection(version, filter)
        #expect(found.bytes == expected.joined().count)
        let isEqual = found.rows.sorted(by: Self.isBefore) == expected.sorted(by: Self.isBefore)
        #expect(
            isEqual,
            "fields \(fields) as \(format), grants \(grants), header \(reference.header), \(text ?? "")")
        #expect(found.delivered == delivered(reference))
        if let limit {
            let limited = try self.found(version, filter, limit: limit)
            #expect(limited.rows == Array(found.rows.prefix(limit)), "limit \(limit), \(text ?? "")")
            let owned = rule == .open ? 0 : limited.rows.count
            #expect(limited.delivered.values.reduce(0, +) == owned)
        }
        if case .column = rule { try checkCounts(reference, version, filter) }
    }

    private func filter(_ version: StoredVersion) throws -> OwnerFilter {
        let known = tenancies.known(version, header: version.fields.map(\.name))
        let filter = OwnerFilter(version: version, tenancies: known)
        for (key, fields) in grants {
            try filter.grant(try #require(version.ordinals(of: key).first), fields: FieldSet(fields))
        }
        for (key, periods) in tenancies.keys {
            let stored = try #require(version.ordinals(of: key).first)
            for period in periods {
                let ordinal = try #require(known?.ordinal(of: period.span, under: stored))
                try filter.grant(ordinal, fields: FieldSet(period.granted))
            }
        }
        return filter
    }

    /// Whether the read from a projection is byte for byte the one from the version.
    private func checkProjection(_ version: StoredVersion, _ filter: OwnerFilter) throws {
        let writer = ProjectionWriter(version: version, fields: projected) {}
        let stored = try writer.write()
        #expect(try writer.sizeBytes() >= stored.sizeBytes)
        let whole = try found(version, filter, limit: limit, order)
        let narrow = try found(version, filter, limit: limit, order, from: stored)
        #expect(stored.isDamaged == (narrow.blocks > soundBlocks))
        #expect(whole.rows == narrow.rows, "\(fields) of \(projected) as \(format), \(text ?? "")")
        #expect(whole.delivered == narrow.delivered)
    }

    private static func isBefore(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }

    private func granted(_ row: [NaiveReference.Cell]) -> Set<Int>? {
        switch rule {
        case .open: Set(row.indices)
        case .single: released(row, of: "")
        case .column:
            row[ownerColumn].isNull || row[ownerColumn].text.isEmpty
                ? nil : released(row, of: row[ownerColumn].text)
        }
    }

    private func released(_ row: [NaiveReference.Cell], of key: String) -> Set<Int>? {
        guard tenancies.keys[key] != nil else { return grants[key] }
        return tenancies.period(row, of: key)?.granted
    }

    private func delivered(_ reference: NaiveReference) -> [String: Int] {
        guard rule != .open else { return [:] }
        return reference.rows.reduce(into: [:]) { counts, row in
            guard let granted = granted(row), !granted.isDisjoint(with: fields),
                condition?.value(row, reference.types, granted: granted) ?? (condition == nil)
            else { return }
            let key = rule == .single ? "" : row[ownerColumn].text
            counts[Self.name(key, tenancies.period(row, of: key)?.span), default: 0] += 1
        }
    }

    private static func name(_ key: String, _ period: DataSpan?) -> String {
        period.map { "\(key) \($0.from?.description ?? "")...\($0.to?.description ?? "")" } ?? key
    }

    private func checkCounts(
        _ reference: NaiveReference, _ version: StoredVersion, _ filter: OwnerFilter
    ) throws {
        var counts = reference.owners(column: ownerColumn)
        #expect(version.ownerlessRows == counts.removeValue(forKey: nil) ?? 0)
        #expect(version.ownerCount == counts.count)
        var withheld = counts.filter { key, _ in
            tenancies.keys[key ?? ""] == nil && grants[key ?? ""]?.isDisjoint(with: fields) ?? true
        }
        for (key, periods) in tenancies.keys {
            for period in periods where period.granted.isDisjoint(with: fields) {
                let rows = reference.rows.count {
                    $0[ownerColumn].text.utf8.elementsEqual(key.utf8) && !$0[ownerColumn].isNull
                        && tenancies.period($0, of: key)?.span == period.span
                }
                if rows > 0 { withheld[Self.name(key, period.span)] = rows }
            }
        }
        let found = try filter.snapshot().withheld(in: version, fields: FieldSet(fields))
        #expect(found == (withheld.values.reduce(0, +), withheld.count), "\(tenancies)")
    }

    /// Reads block by block; every line of a block is a whole row.
    private func found(
        _ version: StoredVersion, _ filter: OwnerFilter, limit: Int?, _ order: RowOrder = .stored,
        from projection: StoredProjection? = nil
    ) throws -> (rows: [[UInt8]], bytes: Int, delivered: [String: Int], blocks: Int) {
        var stream = try RowStream(
            version: version, filter: rule == .open ? .open : .owners, fields: fields, format: format,
            where: text.map { try Condition($0) }, limit: limit, order: order, from: projection)
        var rows: [[UInt8]] = []
        var (bytes, blocks) = (0, 0)
        var delivered: [String: Int] = [:]
        while let block = try stream.assemble(filter.snapshot()) {
            if blocks == soundBlocks { projection?.noteDamage() }
            blocks += 1
            let lines = records(block.bytes)
            #expect(block.bytes.count <= Block.maximumBytes)
            #expect(lines.count == block.rows)
            rows += lines
            bytes += block.bytes.count
            for run in block.delivered {
                delivered[Self.name(version.ownerKey(of: run.ordinal), run.period), default: 0] += run.rows
            }
            stream.advance(past: block)
        }
        return (rows, bytes, delivered, blocks)
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
