import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Faults of an upstream")
struct ConnectedFaultTests {
    private static let variants: [StructureScan.Variant?] = [nil] + StructureScan.Variant.allCases
    private static let fields = [
        Field(name: "owner", type: .string), Field(name: "v", type: .integer, isRequired: true),
        Field(name: "w", type: .datetime),
    ]
    private static let shape = ConnectedShape(fields: fields, ownerRule: .column("owner"))

    private func read(
        _ bytes: [UInt8], chunks: [Int] = [], _ shape: ConnectedShape = Self.shape, fields: [Int] = [1],
        format: OutputFormat = .csv, where condition: String? = nil, variant: StructureScan.Variant? = .best
    ) throws -> ConnectedOutcome {
        let isOpen = shape.ownerRule == .open
        let filter = try ConnectedOwners.of(["a", "b"]).filter(["a": [0, 1, 2], "b": [0]])
        var stream = try ConnectedStream(
            shape, filter: isOpen ? .open : .owners, fields: fields, format: format,
            where: condition.map { try Condition($0) }, variant: variant)
        let outcome = try stream.read(Upstream(bytes, chunks: chunks), { isOpen ? nil : filter })
        if let fault = outcome.fault {
            // It stays where it is.
            #expect(throws: fault) { try stream.assemble(isOpen ? nil : filter) }
        }
        return outcome
    }

    @Test(
        "whosever row is malformed, the read ends there, with what came before and nothing behind",
        arguments: [
            ("b,1", "ragged_row", 3), ("b,1,,", "ragged_row", 3), ("", "ragged_row", 3),
            ("b,1,x\"y", "stray_quote", 3), ("b,\"1\"2,", "text_after_quote", 3),
            ("b,1,\u{0}", "nul_byte", 3), ("b,1\r,", "carriage_return", 3),
            ("b,\"1\n\n,", "unterminated_quote", 3), ("zz,\"l\nm\",\u{0}", "nul_byte", 4),
        ])
    func malformed(row: String, code: String, line: Int) throws {
        let text = Array(("owner,v,w\na,1,\n" + row + "\na,2,\na,3,\n").utf8)
        for variant in Self.variants {
            for chunks in [[], [1], [7], [20, 3]] {
                let outcome = try read(text, chunks: chunks, variant: variant)
                #expect(outcome.text == "v\n1\n", "\(outcome)")
                #expect(outcome.fault?.code == code && outcome.fault?.line == line, "\(outcome)")
            }
        }
    }

    @Test("invalid UTF-8 and overlong rows end the read too, at their line")
    func bytes() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
        for (cell, code) in [
            ([0xC3], "invalid_utf8"), ([0xFF], "invalid_utf8"), ([0xED, 0xA0, 0x80], "invalid_utf8"),
            (long, "row_too_long"),
        ] as [([UInt8], String)] {
            let text = Array("owner,v,w\na,1,\na,2,é\n".utf8) + cell + Array(",1,\na,3,\n".utf8)
            let strings = ConnectedShape(
                fields: Self.fields.map { Field(name: $0.name, type: .string) }, ownerRule: .column("owner"))
            for variant in Self.variants {
                for chunks in [[], [5], [70_000]] {
                    let outcome = try read(text, chunks: chunks, strings, variant: variant)
                    #expect(outcome.text == "v\n1\n2\n" && outcome.fault?.code == code)
                    #expect(outcome.fault?.line == 4)
                }
            }
        }
    }

    @Test("a value that is none of its field's type ends the read only where it would be sent or asked about")
    func types() throws {
        let text = Array("owner,v,w\na,1,\nb,x,yesterday\nc,,\n,x,\na,2,2026-01-01\na,3,\n".utf8)
        for variant in Self.variants {
            #expect(try read(text, fields: [1], variant: variant).text == "v\n1\n2\n3\n")
            #expect(try read(text, fields: [0], variant: variant).text == "owner\na\nb\na\na\n")
            for format in OutputFormat.allCases {
                let cases: [([Int], String?, Int)] = [
                    ([2], nil, 1), ([0], "w is null", 1), ([0, 2, 1], nil, 2),
                ]
                for (fields, condition, rows) in cases {
                    let outcome = try read(
                        text, fields: fields, format: format, where: condition, variant: variant)
                    #expect(outcome.fault?.code == "wrong_type" && outcome.fault?.line == 6)
                    #expect(outcome.fault?.field == "w" && outcome.rows == rows)
                }
            }
            let missing = Array("owner,v,w\na,1,\nb,,\na,,\n".utf8)
            let outcome = try read(missing, variant: variant)
            #expect(outcome.text == "v\n1\n" && outcome.fault?.code == "required_null")
            #expect(try read(missing, fields: [2], variant: variant).fault == nil)
        }
    }

    @Test(
        "a header that does not fit fails the read before any row",
        arguments: [
            ("", "no_header", nil), ("owner,w\na,1\n", "missing_column", "v"),
            ("owner,v,w,v\na,1,,2\n", "duplicate_column", "v"),
            ("owner,v,w,x,x\na,1,,2,3\n", "duplicate_column", nil),
            ("owner,v,\"w\na,1,\n", "malformed_header", nil),
            ("owner,v,w\u{0}\na,1,\n", "malformed_header", nil),
            (String(repeating: "x,", count: 1_024) + "\n", "too_many_columns", nil),
            ("Owner,v,w\na,1,\n", "missing_column", "owner"),
        ])
    func headers(text: String, code: String, field: String?) throws {
        for chunks in [[], [1]] {
            let outcome = try read(Array(text.utf8), chunks: chunks)
            #expect(outcome.fault?.code == code && outcome.fault?.field == field && outcome.rows == 0)
        }
        #expect(try read(Array("owner,v,w".utf8)).fault == nil)
    }

    @Test("malformed objects end the read, whosever they are; no fault repeats a value")
    func objects() throws {
        let shape = ConnectedShape(fields: Self.fields, ownerRule: .column("owner"), format: .ndjson)
        for (line, code) in [
            ("{\"owner\":\"b\"", "incomplete_object"), ("{\"owner\":\"b", "open_string"),
            ("[]", "not_an_object"), ("{\"owner\":\"b\",\"owner\":\"a\"}", "duplicate_member"),
            ("{\"owner\":\"b\",\"x\":tru}", "invalid_json"), ("{\"owner\":\"b\",\"x\":[1]}", "nested_value"),
            ("{\"v\":1.5,\"owner\":\"a\"}", "wrong_type"), ("{\"v\":\"1\",\"owner\":\"a\"}", "wrong_type"),
            ("{\"owner\":\"a\"}", "required_null"), ("{\"x\":\"secret\",\"v\":01}", "invalid_number"),
            ("{\"x\":\"\u{0}\"}", "nul_byte"),
            ("{\"x\":\"" + String(repeating: "s", count: 65_536) + "\"}", "row_too_long"),
        ] {
            let text =
                "{\"owner\":\"a\",\"v\":1}\n{\"owner\":\"b\",\"v\":\"x\"}\n" + line
                + "\n{\"owner\":\"a\",\"v\":2}"
            for chunks in [[], [1], [13]] {
                let outcome = try read(Array(text.utf8), chunks: chunks, shape)
                #expect(outcome.text == "v\n1\n" && outcome.fault?.code == code, "\(line) \(outcome)")
                #expect(outcome.fault?.line == 3)
                let isSilent = outcome.fault.map { !"\($0)".contains("secret") }
                #expect(isSilent == true)
            }
        }
        #expect(try read([], shape).fault == nil)
    }

    #if DEBUG
        private static let damagedFiles = 500
    #else
        private static let damagedFiles = 5_000
    #endif

    @Test("damaged files: the same rows and fault however cut and scanned, and as an ingest finds it")
    func damaged() throws {
        var random = SeededGenerator.announced("damaged upstreams")
        var faults = 0
        for _ in 0..<Self.damagedFiles {
            let csv = RandomCSV(&random, longTexts: random.chance(5))
            let names = NaiveReference(csv: csv.text, nullValues: csv.nullValues).header
            let shape = ConnectedShape(
                fields: names.map { Field(name: $0, type: .string) }, ownerRule: .open,
                nullValues: csv.nullValues)
            let text = csv.damaged(&random)
            let format = random.pick(OutputFormat.allCases)
            func outcome(_ upstream: Upstream, _ variant: StructureScan.Variant?) throws -> ConnectedOutcome {
                var stream = try ConnectedStream(
                    shape, filter: .open, fields: Array(names.indices), format: format, variant: variant)
                return try stream.read(upstream, { nil }).lasting
            }
            let whole = try outcome(Upstream(text), nil)
            for variant in Self.variants {
                let cut = try outcome(Upstream(text).cut(&random), variant)
                #expect(cut.bytes == whole.bytes && cut.fault == whole.fault, "\(text), \(replay)")
            }
            faults += whole.fault == nil ? 0 : 1
            try checkIngest(text, shape, whole)
        }
        #expect(faults > Self.damagedFiles / 5)
    }

    private static let addedColumns: Set = ["header_mismatch", "empty_field_name", "bad_field_name"]

    /// An ingest takes the same rows as good, up to the first that it finds bad.
    private func checkIngest(_ text: [UInt8], _ shape: ConnectedShape, _ outcome: ConnectedOutcome) throws {
        var inspection = try FileInspection(
            shape: IngestShape(
                ownerRule: .open, nullValues: shape.nullValues, fields: shape.fields, badLines: .quarantine))
        do {
            try inspection.consume(text)
            let finding = try inspection.finish()
            // Of a row that is too long an ingest says what else is wrong with it, once it has ended.
            if outcome.fault?.code == "row_too_long" { return #expect(finding.badLineCount > 0) }
            #expect(finding.badLines.first?.line == outcome.fault?.line, "\(text), \(replay)")
            #expect(finding.badLines.first?.reason.rawValue == outcome.fault?.code)
            if outcome.fault == nil { #expect(finding.rows == outcome.rows) }
        } catch let fault as ClientFault {
            // Of the header; one that is only added to, be it by a column without a name, is no trouble here.
            #expect(outcome.rows == 0 || Self.addedColumns.contains(fault.code), "\(fault), \(replay)")
        }
    }
}
