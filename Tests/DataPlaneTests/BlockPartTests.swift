import TestSupport
import Testing

@testable import DataPlane

@Suite("Which rows lie in a part of a block")
struct BlockPartTests {
    #if DEBUG
        private static let files = 10
    #else
        private static let files = 60
    #endif

    /// Whose row each is, by the positions of its bytes: a line alone is not always a row.
    private static func rows(of block: Block, _ format: OutputFormat) -> [Range<Int>] {
        var rows: [Range<Int>] = []
        var (start, quotes) = (0, 0)
        for (index, byte) in block.bytes.enumerated() {
            if byte == UInt8(ascii: "\"") { quotes += 1 }
            if byte == UInt8(ascii: "\n"), format == .ndjson || quotes % 2 == 0 {
                rows.append(start..<index + 1)
                start = index + 1
            }
        }
        return rows
    }

    private static func isRight(_ block: Block, _ format: OutputFormat, _ part: Range<Int>) -> Bool {
        let touched = rows(of: block, format).enumerated().filter { $0.element.overlaps(part) }.map(\.offset)
        // The owner of each row, one after the other.
        func owners(_ runs: [DeliveredRun]) -> [UInt32] {
            runs.flatMap { [UInt32](repeating: $0.ordinal, count: $0.rows) }
        }
        let all = owners(block.delivered)
        return Array(block.rows(in: part, format)) == touched
            && owners(block.delivered(in: part, format)) == (all.isEmpty ? [] : touched.map { all[$0] })
    }

    @Test("Every part of small blocks, with quoted line ends and several owners")
    func everyPart() throws {
        var random = SeededGenerator.announced("parts of blocks")
        let hub = try Hub()
        var parts = 0
        for number in 1...Self.files {
            let csv = RandomCSV(&random)
            let hasOwners = random.chance(70)
            let column = NaiveReference(csv: csv.text, nullValues: csv.nullValues).header[0]
            let shape = IngestShape(
                ownerRule: hasOwners ? .column(column) : .open, nullValues: csv.nullValues)
            try hub.ingest(csv.text, shape, version: number)
            let version = try hub.open(number)
            let filter = OwnerFilter(version: version)
            for ordinal in 0..<UInt32(version.ordinalCount) where random.chance(80) {
                try filter.grant(ordinal, fields: FieldSet(random.some(of: Array(version.fields.indices))))
            }
            let format = random.pick(OutputFormat.allCases)
            let stream = try RowStream(
                version: version, filter: hasOwners ? .owners : .open,
                fields: Array(version.fields.indices), format: format)
            guard let block = try stream.assemble(filter.snapshot()), block.bytes.count <= 120 else {
                continue
            }
            for start in block.bytes.indices {
                for end in start + 1...block.bytes.count {
                    let isRight = Self.isRight(block, format, start..<end)
                    #expect(
                        isRight,
                        "\(start..<end) of \(String(decoding: block.bytes, as: UTF8.self)), \(replay)")
                    parts += 1
                }
            }
        }
        #expect(parts > Self.files * 100)
    }
}
