import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Ingest of NDJSON")
struct NDJSONIngestTests {
    private func shape(
        _ rule: OwnerRuleShape = .column("owner"), nullValues: [String] = [""], fields: [Field]? = nil,
        _ badLines: IngestShape.BadLinePolicy = .refuse
    ) -> IngestShape {
        IngestShape(
            ownerRule: rule, nullValues: nullValues, fields: fields, badLines: badLines, format: .ndjson)
    }

    private func lines(_ lines: String...) -> String { lines.map { $0 + "\n" }.joined() }

    /// All rows that have an owner.
    private func all(_ version: StoredVersion, _ format: OutputFormat) throws -> String {
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ownerCount) {
            try filter.grant(ordinal, fields: FieldSet(Array(version.fields.indices)))
        }
        return try version.read(filter, nil, format)
    }

    @Test("the same table as CSV and as NDJSON is read the same, in both output formats: 500 tables")
    func sameTable() throws {
        var random = SeededGenerator.announced("CSV and NDJSON of one table")
        for _ in 0..<500 {
            let csv = RandomCSV(&random, longTexts: random.chance(10))
            let (first, second) = (try Hub(), try Hub())
            let rule = OwnerRuleShape.column("owner")
            let nullValues = random.pick([[""], []])
            let expected = try first.ingest(csv.text, IngestShape(ownerRule: rule, nullValues: nullValues))
            guard expected.rows > 0 else { continue }
            let reference = NaiveReference(csv: csv.text, nullValues: nullValues)
            let text = ndjson(reference, &random)
            let found = try second.ingest(text, shape(nullValues: nullValues))
            #expect(found.fields == expected.fields && found.rows == expected.rows, "\(text)")
            #expect((found.owners, found.ownerlessRows) == (expected.owners, expected.ownerlessRows))
            let (one, other) = (try first.open(), try second.open())
            try other.verify()
            for format in OutputFormat.allCases {
                #expect(try all(other, format) == all(one, format), "\(text)")
            }
        }
    }

    /// The rows as objects: numbers and booleans where the column is one, null left out now and then.
    private func ndjson(_ table: NaiveReference, _ random: inout SeededGenerator) -> String {
        var text = ""
        for (number, row) in table.rows.enumerated() {
            var members: [String] = []
            for (column, cell) in row.enumerated() {
                if cell.isNull, number > 0, random.chance(50) { continue }
                let isLiteral = [.integer, .decimal, .boolean].contains(table.types[column])
                let value = isLiteral ? cell.text : JSON.string(cell.text).canonicalText
                let name = JSON.string(table.header[column]).canonicalText
                members.append(name + ":" + (cell.isNull ? "null" : value))
            }
            if number > 0, random.chance(50) { members.shuffle(using: &random) }
            text += "{" + members.joined(separator: ",") + "}" + random.pick(["\n", "\r\n", "\n\n"])
        }
        return text
    }

    @Test("types are inferred from values and their kind; what is mixed is a string, digits as published")
    func inference() throws {
        let hub = try Hub()
        let text = lines(
            #"{"owner":7,"i":1,"d":1.50,"b":true,"day":"2024-02-29","at":"2024-02-29 01:00:00","#
                + #""s":"1","m":1}"#,
            #"{"owner":8,"i":-2,"d":2,"b":false,"day":"2024-03-01","at":null,"s":"2","m":"x"}"#,
            #"{"owner":7,"m":1.0}"#, #"{"owner":7,"m":true}"#)
        let report = try hub.ingest(text, shape())
        #expect(
            report.fields.map(\.type) == [
                .integer, .integer, .decimal, .boolean, .date, .datetime, .string, .string,
            ])
        #expect((report.owners, report.ownerlessRows) == (2, 0))
        let version = try hub.open()
        let filter = try version.filter(["7": ["d", "s", "m"], "8": ["d", "s", "m"]])
        #expect(
            try version.read(filter, ["d", "s", "m"]) == "d,s,m\n1.50,1,1\n,,1.0\n,,true\n2,2,x\n")
        #expect(
            try version.read(filter, ["d", "s", "m"], .ndjson)
                == lines(
                    #"{"d":1.50,"s":"1","m":"1"}"#, #"{"d":null,"s":null,"m":"1.0"}"#,
                    #"{"d":null,"s":null,"m":"true"}"#, #"{"d":2,"s":"2","m":"x"}"#))
    }

    @Test("null is JSON's null and a member that is missing; texts that are null markers stay texts")
    func nulls() throws {
        let hub = try Hub()
        let text = lines(
            #"{"owner":"a","v":null,"n":0}"#, #"{"owner":"a","v":"NA","n":1}"#,
            #"{"owner":"a","v":"","n":2}"#,
            #"{"owner":"a"}"#, #"{"owner":"a","v":"x,\"y\"\n"}"#, #"{"owner":"NA","v":"z"}"#,
            #"{"owner":"","v":"nobody"}"#, #"{"owner":null,"v":"nobody"}"#, #"{"v":"nobody"}"#)
        let report = try hub.ingest(text, shape(nullValues: ["", "NA", "0"]))
        #expect((report.rows, report.owners, report.ownerlessRows) == (9, 2, 3))
        let version = try hub.open()
        #expect(
            try all(version, .csv) == "owner,v,n\na,,\"0\"\na,\"NA\",1\na,\"\",2\na,,\n"
                + "a,\"x,\"\"y\"\"\n\",\n\"NA\",z,\n")
        #expect(
            try version.read(try version.filter(["a": ["v", "n"]]), ["v", "n"], .ndjson)
                == lines(
                    #"{"v":null,"n":0}"#, #"{"v":"NA","n":1}"#, #"{"v":"","n":2}"#, #"{"v":null,"n":null}"#,
                    #"{"v":"x,\"y\"\n","n":null}"#))
    }

    @Test(
        "a value must be of the field's type and be written as JSON writes that type",
        arguments: [
            ("string", #""x""#, true), ("string", "1", false), ("string", "true", false),
            ("date", #""2024-02-29""#, true), ("date", #""2024-02-30""#, false), ("date", "20240229", false),
            ("datetime", #""2024-02-29T00:00:00Z""#, true), ("datetime", #""""#, false),
            ("integer", "12", true), ("integer", #""12""#, false), ("integer", "1.0", false),
            ("integer", "true", false), ("decimal", "1e5", true), ("decimal", "1e999", false),
            ("decimal", #""1""#, false), ("boolean", "true", true), ("boolean", #""true""#, false),
            ("boolean", "1", false), ("integer", "null", true), ("string", "null", true),
        ])
    func types(type: String, value: String, isGood: Bool) throws {
        let fields = [
            Field(name: "owner", type: .string),
            Field(name: "v", type: try #require(FieldType(rawValue: type))),
        ]
        let report = try Hub().ingest(
            #"{"owner":"a","v":\#(value)}"#, shape(fields: fields, .quarantine))
        #expect(report.badLines.map(\.reason) == (isGood ? [] : [.wrongType]))
        #expect(report.badLines.allSatisfy { ($0.line, $0.column, $0.field) == (1, 18, "v") })
        #expect(report.badLines.allSatisfy { !$0.message.isEmpty && !$0.remedy.contains("null value") })
    }

    @Test("a required field that is null or missing is told; fields are stored in the order of the schema")
    func required() throws {
        let fields = [
            Field(name: "v", type: .integer, isRequired: true), Field(name: "owner", type: .string),
        ]
        let hub = try Hub()
        let text = lines(#"{"owner":"a"}"#, #"{"owner":"a","v":null}"#, #"{"owner":"a","v":5}"#)
        let report = try hub.ingest(text, shape(fields: fields, .quarantine))
        #expect(report.badLines.map(\.reason) == [.requiredNull, .requiredNull])
        #expect(report.badLines.map(\.column) == [1, 18] && report.badLines.map(\.field) == ["v", "v"])
        #expect(try all(hub.open(), .csv) == "v,owner\n5,a\n")
    }

    @Test("each bad line is told with place, reason and remedy; refusing leaves nothing, quarantine the rest")
    func badLines() throws {
        let fields = [Field(name: "owner", type: .string), Field(name: "a", type: .integer)]
        for (bad, expected) in NDJSONScannerTests.faults {
            let text = lines(#"{"owner":"x"}"#, bad.replacing("\"b\"", with: "\"owner\""), #"{"owner":"y"}"#)
            let hub = try Hub()
            let fault = try #require(throws: BadLinesFault.self) {
                try hub.ingest(text, shape(fields: fields))
            }
            #expect(hub.names == ["meters"])
            let line = try #require(fault.badLines.first)
            #expect(line.line == 2 && expected.hasPrefix(line.reason.rawValue), "\(bad)")
            #expect(line.value.unicodeScalars.count <= 120 && !line.remedy.isEmpty && !line.message.isEmpty)
            if line.reason == .openString {
                let fault = #expect(throws: BadLinesFault.self) {
                    try hub.ingest(text, shape(fields: fields, .quarantine))
                }
                #expect(fault?.description.contains("broken quote") == true && hub.names == ["meters"])
            } else {
                let report = try hub.ingest(text, shape(fields: fields, .quarantine))
                #expect((report.rows, report.badLineCount) == (2, 1), "\(bad)")
                let kept = try Data(contentsOf: URL(filePath: hub.path() + "/quarantine.csv"))
                #expect(kept.starts(with: Array("line,column,reason,row\n2,".utf8)))
            }
        }
    }

    @Test("a member that first appears later is a bad line whose remedy is a schema")
    func laterMember() throws {
        let text = lines(#"{"owner":"a","v":1}"#, #"{"owner":"a","w":1}"#)
        let fault = #expect(throws: BadLinesFault.self) { try Hub().ingest(text, shape()) }
        let line = try #require(fault?.badLines.first)
        #expect((line.line, line.column, line.value) == (2, 14, "w") && line.reason == .unknownMember)
        #expect(line.remedy.contains("schema") && line.remedy.contains("first object"))
    }

    @Test("a file whose first object cannot name the fields is refused with a reason, and nothing is left")
    func firstObject() throws {
        let many = "{" + (0..<1_025).map { "\"c\($0)\":1" }.joined(separator: ",") + ",\"owner\":1}"
        let cases = [
            ("", "empty_file"), ("\n \r\n", "empty_file"), ("\u{FEFF}", "empty_file"), ("{}", "no_fields"),
            ("[1]\n", "malformed_first_object"), (#"{"owner":[1]}"#, "malformed_first_object"),
            (#"{"owner":1,"owner":1}"#, "malformed_first_object"), (#"{"a":1}"#, "missing_owner_column"),
            (#"{"owner":1,"":1}"#, "empty_field_name"), (many, "too_many_fields"),
            (#"{"owner":1,"\#(String(repeating: "x", count: 65))":1}"#, "field_name_too_long"),
            ("{\"owner\":1,\"\u{E9}\":1,\"e\u{301}\":2}", "duplicate_field"),
            ("owner,v\na,1\n", "malformed_first_object"),
        ]
        for (text, code) in cases {
            let hub = try Hub()
            let fault = #expect(throws: ClientFault.self) { try hub.ingest(text, shape(.column("owner"))) }
            #expect(fault?.code == code && fault?.kind == .unprocessable && fault?.remedy != nil, "\(text)")
            #expect(hub.names == ["meters"])
        }
        let fields = [Field(name: "v", type: .string)]
        let fault = #expect(throws: ClientFault.self) { try Hub().ingest("{}", shape(fields: fields)) }
        #expect(fault?.code == "missing_owner_column")
    }

    @Test(
        "a row that no block could hold is a bad line; lines that leave everything out cannot fill the disk")
    func limits() throws {
        let long = #"{"owner":"a","v":"\#(String(repeating: "\\u0001", count: 10_000))"}"#
        #expect(try Hub().ingest(long, shape()).rows == 1)
        let wide = (0..<1_000).map { Field(name: String(repeating: "x", count: 80) + "\($0)", type: .string) }
        let report = try Hub().ingest("{}", shape(.open, fields: wide, .quarantine))
        #expect(report.badLines.map(\.reason) == [.rowTooLong] && report.rows == 0)

        let fields = (0..<1_024).map { Field(name: "c\($0)", type: .string) }
        let hub = try Hub()
        let sparse = String(repeating: "{}\n", count: 40_000)
        let fault = #expect(throws: ClientFault.self) { try hub.ingest(sparse, shape(.open, fields: fields)) }
        #expect(fault?.code == "decompression_bomb" && fault?.kind == .tooLarge && hub.names == ["meters"])
    }

    @Test("an inspection finds what an ingest does")
    func inspection() throws {
        let text = lines(#"{"owner":"a","v":1}"#, #"{"owner":"b","v":"x"}"#, #"{"owner":"a","w":1}"#, "{")
        var inspection = try FileInspection(shape: shape(.column("owner"), .quarantine))
        for byte in Array(text.utf8) { try inspection.consume([byte]) }
        let finding = try inspection.finish()
        let report = try Hub().ingest(text, shape(.column("owner"), .quarantine))
        #expect(finding.fields == report.fields && finding.rows == report.rows)
        #expect(finding.badLines == report.badLines && finding.badLineCount == 2 && finding.fault == nil)
        #expect(finding.owners == ["a": 1, "b": 1])
    }

    @Test("2,000 hostile files are refused or published whole, and what is published can be read")
    func hostile() throws {
        var random = SeededGenerator.announced("hostile NDJSON files")
        let hub = try Hub()
        let words =
            [
                "{\"owner\":\"a\"", ",\"b\":", "1", "\"x\"", "null", "}\n", "}\n", "\n", "{", "[", "\"",
                "\\u00e9",
                "{\"owner\":\"c\",\"b\":2}\n", "\u{0}", "\r",
            ].map { Array($0.utf8) } + [[0xFF]]
        for version in 1...2_000 {
            let bytes = (0..<Int.random(in: 0...20, using: &random)).flatMap { _ in random.pick(words) }
            let policy = random.pick([IngestShape.BadLinePolicy.refuse, .quarantine])
            do {
                let first = Array("{\"owner\":\"z\",\"b\":1}\n".utf8)
                let report = try hub.ingest(first + bytes, shape(.column("owner"), policy), version: version)
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
