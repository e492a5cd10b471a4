import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Bad lines")
struct BadLineTests {
    private let fields = [
        Field(name: "owner", type: .string), Field(name: "kwh", type: .decimal, isRequired: true),
        Field(name: "on", type: .date),
    ]

    private func shape(_ policy: IngestShape.BadLinePolicy) -> IngestShape {
        IngestShape(ownerRule: .column("owner"), nullValues: ["", "NA"], fields: fields, badLines: policy)
    }

    /// The file has a good row, the bad text, and a good row.
    private func file(_ bad: [UInt8]) -> [UInt8] {
        Array("owner,kwh,on\na,1,2024-01-01\n".utf8) + bad + Array("\nb,2,2024-01-02\n".utf8)
    }

    private func refusal(_ bytes: [UInt8], _ policy: IngestShape.BadLinePolicy) throws -> BadLinesFault {
        let hub = try Hub()
        let fault = try #require(throws: BadLinesFault.self) { try hub.ingest(bytes, shape(policy)) }
        #expect(hub.names == ["meters"])
        #expect(fault.fault.code == "bad_lines" && fault.fault.kind == .unprocessable)
        return fault
    }

    private static let cases:
        [(bad: String, reason: BadLine.Reason, line: Int, column: Int, field: String?)] = [
            ("x,1", .raggedRow, 3, 3, nil),
            ("", .raggedRow, 3, 1, nil),
            ("x,1,,5", .raggedRow, 3, 6, nil),
            ("x,5\",", .strayQuote, 3, 4, "kwh"),
            ("x,\"1\"2,", .textAfterQuote, 3, 6, "kwh"),
            ("x\u{0},1,", .nulByte, 3, 2, "owner"),
            ("x\ry,1,", .carriageReturn, 3, 2, "owner"),
            ("x,NA,", .requiredNull, 3, 3, "kwh"),
            ("x,,", .requiredNull, 3, 3, "kwh"),
            ("x,\"NA\",", .wrongType, 3, 3, "kwh"),
            ("x,+1,", .wrongType, 3, 3, "kwh"),
            ("\"x\ny\",1,2024-02-30", .wrongType, 4, 6, "on"),
            ("x,1,\"\"", .wrongType, 3, 5, "on"),
        ]

    @Test("each bad line is told with its place, and refusing means that nothing is published")
    func refused() throws {
        for expected in Self.cases {
            let fault = try refusal(file(Array(expected.bad.utf8)), .refuse)
            let line = try #require(fault.badLines.first)
            #expect(line.reason == expected.reason && fault.badLineCount == 1)
            #expect((line.line, line.column) == (expected.line, expected.column), "\(expected)")
            #expect(line.field == expected.field)
            #expect(!line.message.isEmpty && !line.remedy.isEmpty)
        }
        let invalid = try refusal(file([0x78, 0xFF, 0x2C, 0x31, 0x2C]), .refuse)
        #expect(invalid.badLines.map(\.reason) == [.invalidUTF8])
        let open = try refusal(file(Array("x,\"1".utf8)), .refuse)
        #expect(open.badLines.map(\.reason) == [.unterminatedQuote])
        #expect(open.badLines.map(\.line) == [3] && open.badLines.map(\.column) == [3])
    }

    @Test("in quarantine a bad row is left out and kept aside; around it the rows are published")
    func quarantined() throws {
        for expected in Self.cases where !expected.reason.losesStructure {
            let hub = try Hub()
            let report = try hub.ingest(file(Array(expected.bad.utf8)), shape(.quarantine))
            #expect(report.badLines.map(\.reason) == [expected.reason] && report.badLineCount == 1)
            #expect((report.rows, report.owners) == (2, 2))
            let version = try hub.open()
            try version.verify()
            let filter = try version.filter(["a": ["kwh"], "b": ["kwh"]])
            #expect(try version.read(filter, ["kwh"]) == "kwh\n1\n2\n")
            let kept = try String(contentsOfFile: hub.path() + "/quarantine.csv", encoding: .utf8)
            let row =
                expected.bad.unicodeScalars.contains("\"")
                ? expected.bad.replacing("\"", with: "\"\"") : expected.bad
            let place = "\(expected.line),\(expected.column),\(expected.reason.rawValue)"
            #expect(kept == "line,column,reason,row\n\(place),\"\(row)\"\n")
        }
    }

    @Test("a file with a broken quote is refused in quarantine too, and the report says why")
    func brokenQuote() throws {
        for expected in Self.cases where expected.reason.losesStructure {
            let fault = try refusal(file(Array(expected.bad.utf8)), .quarantine)
            #expect(fault.badLines.map(\.reason) == [expected.reason])
            #expect(fault.description.contains("broken quote"))
        }
        #expect(try refusal(file(Array("x,\"".utf8)), .quarantine).badLineCount == 1)
    }

    @Test("the report keeps the first 100 bad lines and counts them all")
    func manyBadLines() throws {
        let text = "owner,kwh,on\n" + String(repeating: "x\n", count: 250)
        let fault = try refusal(Array(text.utf8), .refuse)
        #expect(fault.badLineCount == 250 && fault.badLines.map(\.line) == Array(2...101))
        let hub = try Hub()
        let report = try hub.ingest(text, shape(.quarantine))
        #expect(report.badLineCount == 250 && report.badLines.count == 100 && report.rows == 0)
        let kept = try String(contentsOfFile: hub.path() + "/quarantine.csv", encoding: .utf8)
        #expect(kept.split(separator: "\n").count == 251)
    }

    @Test("no report holds more than 120 characters of a value, nor control characters")
    func shortened() throws {
        let long = String(repeating: "é", count: 300)
        let line = try #require(try refusal(file(Array("x,\(long),".utf8)), .refuse).badLines.first)
        #expect(line.value == String(repeating: "é", count: 117) + "...")
        let exact = String(repeating: "é", count: 120)
        #expect(try refusal(file(Array("x,\(exact),".utf8)), .refuse).badLines.first?.value == exact)
        let control = try refusal(file(Array("x,\u{1B}[2J,".utf8)), .refuse)
        #expect(control.badLines.first?.value == "\u{FFFD}[2J")
        #expect(control.fault.found == "\u{FFFD}[2J")
    }

    @Test("the publish answer lists a bad line with stable members")
    func json() throws {
        let line = try #require(try refusal(file(Array("x,1e,".utf8)), .refuse).badLines.first)
        #expect(
            Set(line.json.object?.keys.map(\.self) ?? []) == [
                "line", "column", "field", "value", "reason", "message", "remedy",
            ])
        #expect(line.json["reason"] == "wrong_type" && line.json["line"] == 3 && line.json["value"] == "1e")
    }

    @Test("a row that no block could hold is a bad line, as CSV or as NDJSON; one that just fits is not")
    func rowTooLong() throws {
        func text(_ cell: String) -> String { "owner,v\na,\(cell)\nb,1\n" }
        let shape = IngestShape(ownerRule: .column("owner"), badLines: .quarantine)
        // `a,` and LF take three bytes of the CSV line; `{"owner":"a","v":""}` and LF 21 of the NDJSON line.
        for (cell, isGood) in [
            (String(repeating: "x", count: 65_536 - 21), true),
            (String(repeating: "x", count: 65_536 - 20), false),
            (String(repeating: "x", count: 65_600), false),
            (String(repeating: "\u{1}", count: (65_536 - 21) / 6), true),
            (String(repeating: "\u{1}", count: (65_536 - 21) / 6 + 1), false),
            ("\"" + String(repeating: "\"\"", count: (65_536 - 21) / 2) + "\"", true),
            ("\"" + String(repeating: "\"\"", count: (65_536 - 21) / 2 + 1) + "\"", false),
        ] {
            let hub = try Hub()
            let report = try hub.ingest(text(cell), shape)
            #expect(report.badLines.map(\.reason) == (isGood ? [] : [.rowTooLong]))
            let version = try hub.open()
            #expect(version.rowCount == (isGood ? 2 : 1))
            let filter = OwnerFilter(version: version)
            for ordinal in 0..<UInt32(version.ownerCount) {
                try filter.grant(ordinal, fields: FieldSet([0, 1]))
            }
            for format in OutputFormat.allCases {
                let output = try version.read(filter, nil, format)
                #expect(
                    output.utf8.count { $0 == UInt8(ascii: "\n") } == version.rowCount
                        + (format == .csv ? 1 : 0))
            }
        }
    }

    @Test("2,000 hostile files are refused or published whole, and what is published can be read")
    func hostile() throws {
        var random = SeededGenerator.announced("hostile files")
        let hub = try Hub()
        let alphabet = Array("\",,\n\n\n\rab1\u{0}é".utf8) + [0xFF]
        for version in 1...2_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in random.pick(alphabet) }
            let policy = random.pick([IngestShape.BadLinePolicy.refuse, .quarantine])
            let shape = IngestShape(ownerRule: .column("owner"), badLines: policy)
            do {
                let report = try hub.ingest(Array("owner,b\n".utf8) + bytes, shape, version: version)
                let stored = try hub.open(version)
                try stored.verify()
                #expect(stored.rowCount == report.rows)
                #expect(policy == .quarantine || report.badLineCount == 0)
            } catch is BadLinesFault {
                #expect(!hub.names.contains("meters/\(version)"))
            }
            try hub.store.sweep(keeping: [:])
            #expect(hub.names.isEmpty)
        }
    }
}
