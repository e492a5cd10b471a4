import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Plain rows")
struct PlainRowsTests {
    private static let variants = StructureScan.Variant.allCases.filter {
        $0.rawValue <= StructureScan.Variant.best.rawValue
    }

    /// Against the scanner alone; how many rows were taken as plain.
    @discardableResult
    private func check(_ pieces: [[UInt8]], _ shape: IngestShape, _ variant: StructureScan.Variant) -> Int {
        let expected = CsvReading([Array(pieces.joined())], shape, nil).outcome
        let found = CsvReading(pieces, shape, variant)
        let isSame = found.outcome == expected
        #expect(isSame, "\(variant), \(shape), pieces \(pieces.map(\.count)), \(replay)")
        if !isSame, let first = zip(found.outcome.rows, expected.rows).first(where: { $0 != $1 }) {
            Issue.record("found \(first.0), expected \(first.1)")
        }
        return found.plainCount
    }

    private func pieces(_ text: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
    }

    /// As the file's own or as a publisher may give them: other order, types and duties.
    private func shape(_ csv: RandomCSV, _ random: inout SeededGenerator) -> IngestShape {
        let names = NaiveReference(csv: csv.text, nullValues: csv.nullValues).header
        let fields = names.shuffled(using: &random).map { name in
            Field(
                name: name, type: random.chance(50) ? .string : random.pick(FieldType.allCases),
                isRequired: random.chance(10))
        }
        return IngestShape(
            ownerRule: .column(random.pick(names)), nullValues: csv.nullValues,
            fields: random.chance(60) ? fields : nil, badLines: .quarantine)
    }

    @Test("20,000 random files, half of them damaged, come to the same as by the scanner alone, however cut")
    func random() {
        var random = SeededGenerator.announced("plain rows")
        var plainCount = 0
        for _ in 0..<20_000 {
            let csv = RandomCSV(&random)
            let shape = shape(csv, &random)
            let text = random.chance(50) ? Array(csv.text.utf8) : csv.damaged(&random)
            let variant = random.pick(Self.variants)
            plainCount += check([text], shape, variant)
            check(pieces(text, of: Int.random(in: 1...max(text.count, 1), using: &random)), shape, variant)
        }
        #expect(plainCount > 20_000)
    }

    @Test("pieces of every size come to the same")
    func everySize() {
        var random = SeededGenerator.announced("plain rows in pieces")
        for _ in 0..<100 {
            let csv = RandomCSV(&random)
            let shape = shape(csv, &random)
            let text = random.chance(50) ? Array(csv.text.utf8) : csv.damaged(&random)
            for size in 1...text.count { check(pieces(text, of: size), shape, random.pick(Self.variants)) }
        }
    }

    @Test("long texts, over many windows, come to the same")
    func long() {
        var random = SeededGenerator.announced("plain rows of long texts")
        for _ in 0..<200 {
            let csv = RandomCSV(&random, longTexts: true)
            let shape = shape(csv, &random)
            let text = random.chance(50) ? Array(csv.text.utf8) : csv.damaged(&random)
            check([text], shape, .best)
            let size = Int.random(in: max(1, text.count / 20)...max(text.count, 1), using: &random)
            check(pieces(text, of: size), shape, .best)
        }
    }

    private let shape = IngestShape(
        ownerRule: .column("a"), nullValues: ["", "NA"],
        fields: [
            Field(name: "a", type: .string), Field(name: "b", type: .integer, isRequired: true),
            Field(name: "c", type: .datetime),
        ], badLines: .quarantine)

    @Test("usual rows are plain, with CRLF, quotes and other scripts too; others are the scanner's")
    func plainness() {
        let cases: [(row: String, isPlain: Bool)] = [
            ("x,1,", true), ("x,1,\r", true), ("é,1,2026-01-01T00:00:00Z", true), ("\"x\",\"1\",NA", true),
            ("\"x,y\",1,", true), ("\"\",1,", true), (",1,", true), ("\"NA\",1,", true), ("\"\r\",1,", true),
            ("\"x\"\"y\",1,", false), ("\"x\ny\",1,", true), ("x,\"\n1\",", false), ("x,,", false),
            ("x,1", false),
            ("x,1,,", false), ("x,1.5,", false), ("x,1,2026", false), ("x\r,1,", false), ("x\"y,1,", false),
            ("x\u{0},1,", false), ("\"x\"y,1,", false), ("", false),
        ]
        for (row, isPlain) in cases {
            let text = Array("a,b,c\nx,1,\n\(row)\ny,2,\n".utf8)
            #expect(check([text], shape, .best) == (isPlain ? 3 : 2), "\(row)")
        }
        let invalid = Array("a,b,c\nx,1,\n".utf8) + [0xC3] + Array(",1,\nx,1,\n".utf8)
        #expect(check([invalid], shape, .best) == 2)
    }

    @Test("texts with doubled quotes and line ends are plain, and lines are counted on beyond them")
    func insideQuotes() {
        let shape = IngestShape(
            ownerRule: .column("a"), nullValues: [],
            fields: [
                Field(name: "b", type: .string), Field(name: "c", type: .integer),
                Field(name: "a", type: .string),
            ], badLines: .quarantine)
        let rows = [
            "k,\"say \"\"hi\"\"\",1", "k,\"l1\nl2\r\n\",2", "\"k\n\",\"\"\"\",3",
            "k,\"\n\"\"\n\"\"\",\"4\"\r",
        ]
        let text = Array(("a,b,c\nk,x,0\n" + rows.joined(separator: "\n") + "\nk,x,bad\nk,x,5\n").utf8)
        for variant in Self.variants { #expect(check([text], shape, variant) == 6) }
        guard case .bad(let line, _, _) = CsvReading([text], shape, .best).outcome.rows[5] else {
            Issue.record("the row with a bad integer is taken")
            return
        }
        #expect(line.line == 12)
    }

    @Test("after a row of the scanner the next are plain again, in pieces only the cut ones are not")
    func goesOn() {
        let rows = String(repeating: "x,1,\n\"y\"\"\",2,\nz,\"3\",\n", count: 10_000)
        let text = Array(("a,b,c\n" + rows).utf8)
        for variant in Self.variants { #expect(check([text], shape, variant) == 20_000) }
        let plain = Array(("a,b,c\n" + String(repeating: "x,1,\n", count: 50_000)).utf8)
        #expect(check([plain], shape, .best) == 50_000)
        #expect(check(pieces(plain, of: 10_003), shape, .best) >= 50_000 - plain.count / 10_003 - 1)
    }

    @Test("rows about as long as may be come to the same")
    func longest() {
        let limit = (65_536 - 40) / 6
        for count in Array(limit - 20...limit + 20) + Array(65_500...65_540) {
            for cell in [String(repeating: "x", count: count), String(repeating: "\u{1}", count: count / 6)] {
                let text = Array("a,b,c\nx,1,\n\(cell),1,\n\"\(cell)\",2,\ny,3,\n".utf8)
                #expect(check([text], shape, .best) >= 2)
            }
        }
    }

    @Test("many columns come to the same, and a file of more cells a row than columns is no trouble")
    func wide() {
        let names = (0..<1_024).map { "f\($0)" }.joined(separator: ",")
        let cells = (0..<1_024).map { $0 % 3 == 0 ? "" : $0 % 7 == 0 ? "\"q\"" : "\($0)" }
        let row = cells.joined(separator: ",")
        let text = "\(names)\n" + String(repeating: row + "\n", count: 40)
        let shape = IngestShape(ownerRule: .open, nullValues: [], badLines: .quarantine)
        for variant in Self.variants { check([Array(text.utf8)], shape, variant) }
        let ragged = text + String(repeating: ",", count: 40_000) + "\n" + row + "\n"
        check([Array(ragged.utf8)], shape, .best)
        let narrow = "a\n" + String(repeating: "\n", count: 100_000)
        let one = IngestShape(ownerRule: .column("a"))
        #expect(check([Array(narrow.utf8)], one, .best) == 100_000)
    }
}
