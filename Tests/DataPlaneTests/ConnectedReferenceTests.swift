import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Connected reads against the naive reference")
struct ConnectedReferenceTests {
    #if DEBUG
        private static let tables = 1_000
    #else
        private static let tables = 10_000
    #endif
    private static let readsPerTable = 5

    @Test("random tables, formats, chunks, links, grants, changes: 50,000 reads (5,000 unoptimised)")
    func manySmall() throws {
        var random = SeededGenerator.announced("connected reads")
        var dropped = 0
        for _ in 0..<Self.tables { dropped += try check(RandomCSV(&random), &random) }
        #expect(dropped > Self.tables / 5)
    }

    @Test("random tables of long texts, over several windows and blocks")
    func someLarge() throws {
        var random = SeededGenerator.announced("connected reads of long texts")
        for _ in 0..<Self.tables / 50 { _ = try check(RandomCSV(&random, longTexts: true), &random) }
    }

    /// How many blocks were dropped.
    private func check(_ csv: RandomCSV, _ random: inout SeededGenerator) throws -> Int {
        let table = RandomTable(csv, &random)
        var dropped = 0
        for _ in 0..<Self.readsPerTable {
            let read = RandomConnectedRead(table, &random)
            dropped += try read.check(table, &random)
        }
        return dropped
    }
}

/// A random file, and a dataset of some of its columns in another order.
private struct RandomTable {
    /// Of the dataset's fields.
    var reference: NaiveReference
    let shape: ConnectedShape
    let ownerField: Int?
    let upstream: [UInt8]

    init(_ csv: RandomCSV, _ random: inout SeededGenerator) {
        let file = NaiveReference(csv: csv.text, nullValues: csv.nullValues)
        let positions = Array(file.header.indices.shuffled(using: &random))
        let kept = Array(positions.prefix(Int.random(in: 1...positions.count, using: &random)))
        reference = file
        reference.header = kept.map { file.header[$0] }
        reference.types = kept.map { file.types[$0] }
        reference.rows = file.rows.map { row in kept.map { row[$0] } }
        let rule = random.pick([0, 0, 0, 1, 2])
        ownerField = rule == 0 ? Int.random(in: kept.indices, using: &random) : nil
        let names = reference.header
        let fields = kept.indices.map { Field(name: names[$0], type: file.types[kept[$0]]) }
        shape = ConnectedShape(
            fields: fields,
            ownerRule: ownerField.map { .column(names[$0]) } ?? (rule == 1 ? .single : .open),
            nullValues: csv.nullValues, format: random.pick([.csv, .csv, .ndjson]))
        if shape.format == .ndjson {
            // Null has no text there.
            reference.rows = reference.rows.map { row in
                row.map { $0.isNull ? NaiveReference.Cell(text: "", isNull: true) : $0 }
            }
        }
        upstream = shape.format == .csv ? Array(csv.text.utf8) : Self.objects(file, &random)
    }

    /// The rows as objects with their members in any order, null or missing where they have no value.
    private static func objects(_ file: NaiveReference, _ random: inout SeededGenerator) -> [UInt8] {
        var text = ""
        for row in file.rows {
            var members: [String] = []
            for column in file.header.indices.shuffled(using: &random) {
                let cell = row[column]
                if cell.isNull, random.chance(50) { continue }
                let isLiteral = [.integer, .decimal, .boolean].contains(file.types[column])
                let value =
                    cell.isNull ? "null" : isLiteral ? cell.text : JSON.string(cell.text).canonicalText
                let space = random.pick(["", "", " ", "\t"])
                members.append(JSON.string(file.header[column]).canonicalText + space + ":" + space + value)
            }
            text += "{" + members.joined(separator: random.pick([",", " , "])) + "}"
            text += random.pick(["\n", "\n", "\r\n", "\n\n"])
        }
        return Array(text.utf8)
    }

    func key(_ row: [NaiveReference.Cell]) -> String? {
        guard let ownerField else { return "" }
        return row[ownerField].isNull || row[ownerField].text.isEmpty ? nil : row[ownerField].text
    }
}

/// Random links, grants that change, fields, format, condition and limit over one table.
private struct RandomConnectedRead {
    let fields: [Int]
    let format: OutputFormat
    let condition: NaiveCondition?
    let text: String?
    let limit: Int?
    let keys: [String]
    /// By how often they changed.
    let grants: [[String: [Int]]]
    let changePercent: Int

    init(_ table: RandomTable, _ random: inout SeededGenerator) {
        let all = Array(table.reference.header.indices)
        fields = Array(all.shuffled(using: &random).prefix(Int.random(in: 1...all.count, using: &random)))
        format = random.pick(OutputFormat.allCases)
        condition =
            random.chance(50) ? .random(table.reference.types, table.reference.rows, &random) : nil
        text = condition?.text(table.reference.header, table.reference.types, &random)
        limit = random.chance(20) ? Int.random(in: 0...10, using: &random) : nil
        let found = Set(table.reference.rows.compactMap(table.key)).sorted()
        let linked = found.filter { _ in random.chance(85) } + ["nobody's", "o11"]
        keys = table.ownerField == nil ? [""] : linked.shuffled(using: &random)
        let keys = keys
        grants = (0..<20).map { _ in
            var grants: [String: [Int]] = [:]
            for key in keys where random.chance(70) { grants[key] = all.filter { _ in random.chance(60) } }
            return grants
        }
        changePercent = random.pick([0, 0, 30, 60])
    }

    /// How many blocks were dropped.
    func check(_ table: RandomTable, _ random: inout SeededGenerator) throws -> Int {
        let isOpen = table.shape.ownerRule == .open
        var stream = try ConnectedStream(
            table.shape, filter: isOpen ? .open : .owners, fields: fields, format: format,
            where: text.map { try Condition($0) }, limit: limit,
            variant: random.pick([nil] + StructureScan.Variant.allCases))
        // Links change with the grants now and then: the same keys have other ordinals then.
        var changes = 0
        var owners = try ConnectedOwners.of(keys)
        let outcome = try stream.read(
            Upstream(table.upstream).cut(&random),
            { isOpen ? nil : try owners.filter(grants[changes]) },
            change: {
                guard changes < 19, random.chance(changePercent) else { return false }
                changes += 1
                if random.chance(30) { owners = try .of(keys.shuffled(using: &random), version: changes + 1) }
                return true
            })
        let expected = expected(table, outcome.passes, isOpen)
        let isEqual = outcome.bytes == stream.header + expected.joined() && outcome.fault == nil
        #expect(
            isEqual,
            "\(outcome.text), \(String(decoding: expected.joined(), as: UTF8.self)); \(self), \(replay)"
        )
        #expect(outcome.rows == expected.count)
        #expect(outcome.delivered.values.reduce(0, +) == (isOpen ? 0 : expected.count))
        if limit == nil {
            #expect(outcome.counts.rows == table.reference.rows.count)
            if !isOpen, changes == 0 { checkCounts(table, outcome) }
        }
        return changes
    }

    private func expected(
        _ table: RandomTable, _ passes: [ConnectedOutcome.Pass], _ isOpen: Bool
    ) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        for pass in passes {
            var part = table.reference
            part.rows = Array(table.reference.rows[pass.rows])
            let granted = grants[pass.changes]
            rows += part.read(fields, format, where: condition) { row in
                if isOpen { return Set(row.indices) }
                return table.key(row).flatMap { keys.contains($0) ? granted[$0] : nil }.map(Set.init)
            }
        }
        return Array(rows.prefix(limit ?? .max))
    }

    private func checkCounts(_ table: RandomTable, _ outcome: ConnectedOutcome) {
        let found = table.reference.rows.map(table.key)
        let known = found.compactMap(\.self).filter(keys.contains)
        #expect(outcome.counts.ownerless == found.count { $0 == nil })
        #expect(outcome.counts.unknown == found.count - outcome.counts.ownerless - known.count)
        let withheld = known.filter { Set(grants[0][$0] ?? []).isDisjoint(with: fields) }
        #expect(outcome.counts.withheld == withheld.count)
        #expect(outcome.withheldOwners == Set(withheld).count)
    }
}
