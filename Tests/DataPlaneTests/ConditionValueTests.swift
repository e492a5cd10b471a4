import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("What conditions compare")
struct ConditionValueTests {
    /// How the row's value stands to the literal, asked in all ways; nil if the answers do not fit together.
    private static func order(_ stored: String, _ literal: String, _ type: FieldType) throws -> Int? {
        let isBare = type == .integer || type == .decimal
        let text = isBare ? literal : "'" + literal.replacing("'", with: "''") + "'"
        let cell = "\"" + stored.replacing("\"", with: "\"\"") + "\""
        let version = try Hub().publish(
            "v\n\(cell)\n", IngestShape(ownerRule: .open, fields: [Field(name: "v", type: type)]))
        let answers = try ["<", "=", ">", "<=", ">=", "!="].map { comparison in
            try version.rows(where: "v \(comparison) \(text)") == 1
        }
        #expect(try version.rows(where: "v in (\(text), \(text))") == (answers[1] ? 1 : 0))
        let expected: [Int: [Bool]] = [
            -1: [true, false, false, true, false, true], 0: [false, true, false, true, true, false],
            1: [false, false, true, false, true, true],
        ]
        return expected.first { $0.value == answers }?.key
    }

    @Test("numbers are compared exactly, however they are written")
    func numbers() throws {
        let big = String(repeating: "9", count: 38)
        for (a, b, order) in [
            ("0", "-0", 0), ("-0", "0", 0), ("1", "2", -1), ("-1", "-2", 1), ("-1", "1", -1), ("0", "-1", 1),
            ("10", "9", 1), (big, big, 0), (big, "1e38", -1), ("-" + big, "-1e38", 1),
            (big, "99999999999999999999999999999999999998", 1), ("9007199254740993", "9007199254740992", 1),
            ("5", "5.0", 0), ("5", "4.999999999999999999999999999999999999999999", 1), ("100", "1e2", 0),
        ] { #expect(try Self.order(a, b, .integer) == order, "\(a) to \(b)") }
        let tiny = "1e-99999999999999999999999999"
        let zeros = String(repeating: "0", count: 3_000)
        for (a, b, order) in [
            ("1e2", "100.0", 0), ("0.1", "0.10", 0), ("-0.0", "0e5", 0),
            ("0e999999999999999999999999", "0", 0),
            ("1.1", "1.10000000000000000000000000000000000001", -1), ("123e-2", "1.23", 0),
            ("-1.5e3", "-1500", 0),
            (tiny, "0", 1), ("-" + tiny, "0", -1), (tiny, "1e-999999999999999999", -1),
            ("1e-400", "1e-401", 1),
            ("1.7976931348623157e308", "1.7976931348623158e308", -1), ("12E+1", "120", 0), ("0.5e1", "5", 0),
            ("0." + zeros + "1e3001", "1", 0), ("1" + zeros + "e-3000", "1", 0),
            ("1.0" + zeros + "1", "1", 1),
            ("1", "1.0" + zeros + "1", -1), ("5e0000000000000000000000000000000002", "500", 0),
        ] { #expect(try Self.order(a, b, .decimal) == order, "\(a) to \(b)") }
    }

    @Test("texts are compared by their bytes")
    func texts() throws {
        for (a, b, order) in [
            ("", "", 0), ("", "a", -1), ("a", "", 1), ("a", "a", 0), ("a", "A", 1), ("a", "ab", -1),
            ("b", "ab", 1),
            ("\"", "\"", 0), ("\"\"", "\"", 1), ("a\"b", "a\"c", -1), ("a,b", "a,b", 0), ("é", "z", 1),
            ("'", "'", 0),
            ("e\u{301}", "é", -1), ("10", "9", -1), ("\n", " ", -1), ("😀", "\u{FFFD}", 1),
            (" a", "a", -1),
        ] { #expect(try Self.order(a, b, .string) == order, "\(a) to \(b)") }
    }

    @Test("dates go by the calendar, times are instants")
    func times() throws {
        #expect(try Self.order("2024-02-29", "2024-03-01", .date) == -1)
        #expect(try Self.order("2024-12-31", "2024-12-31", .date) == 0)
        for (a, b, order) in [
            ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z", 0),
            ("2024-01-01 01:00:00+01:00", "2024-01-01t00:00:00z", 0),
            ("2023-12-31T23:30:00-00:30", "2024-01-01T00:00:00Z", 0),
            ("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", -1),
            ("2023-02-28T23:59:59Z", "2023-03-01T00:00:00Z", -1),
            ("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.10000Z", 0),
            ("2024-01-01T00:00:00.000000000001Z", "2024-01-01T00:00:00Z", 1),
            ("1969-12-31T23:59:59.9Z", "1970-01-01T00:00:00Z", -1),
            ("2024-01-01T00:00:00.19", "2024-01-01T00:00:00.2", -1),
            ("0001-01-02T00:00:00+23:59", "0001-01-01T00:00:59Z", 1),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", 0),
            ("9999-12-31T00:00:00Z", "9999-12-30T23:59:59Z", 1),
        ] { #expect(try Self.order(a, b, .datetime) == order, "\(a) to \(b)") }
    }

    @Test("random numbers and times against the naive order")
    func random() throws {
        var random = SeededGenerator.announced("compared values")
        for type in [FieldType.integer, .decimal, .datetime] {
            let values = (0..<400).map { _ in Self.value(type, &random) }
            let shape = IngestShape(ownerRule: .open, fields: [Field(name: "v", type: type)])
            let version = try Hub().publish("v\n" + values.joined(separator: "\n") + "\n", shape)
            for _ in 0..<200 {
                let literal = random.chance(70) ? Self.value(type, &random) : random.pick(values)
                let text = type == .datetime ? "'\(literal)'" : literal
                let orders = values.map { NaiveOrder.order($0, literal, type) }
                #expect(
                    try version.rows(where: "v < \(text)") == orders.count { $0 < 0 }, "\(literal), \(replay)"
                )
                #expect(
                    try version.rows(where: "v = \(text)") == orders.count { $0 == 0 },
                    "\(literal), \(replay)")
            }
        }
    }

    private static func value(_ type: FieldType, _ random: inout SeededGenerator) -> String {
        func digits(_ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &random)).map { _ in random.pick(["0", "1", "9", "0", "5"]) }
                .joined()
        }
        if type == .datetime {
            let day = "202\(random.pick(["3", "4"]))-\(random.pick(["02-28", "03-01", "12-31", "01-01"]))"
            let time =
                "\(random.pick(["00", "23", "12"])):\(random.pick(["00", "59"])):\(random.pick(["00", "59"]))"
            let fraction = random.pick(["", ".0", "." + digits(1...12)])
            return day + random.pick(["T", " "]) + time + fraction
                + random.pick(["", "Z", "+01:00", "-23:59"])
        }
        let whole =
            random.chance(30) ? "0" : random.pick(["1", "9", "2"]) + digits(0...(random.chance(80) ? 3 : 36))
        let sign = random.pick(["", "-"])
        guard type == .decimal else { return sign + whole }
        let exponent = random.pick(["", "e0", "E\(Int.random(in: -5...5, using: &random))", "e+2", "e-300"])
        return sign + whole + random.pick(["", ".0", "." + digits(1...5)]) + exponent
    }
}

extension StoredVersion {
    /// Of an open dataset, how many rows the condition is true for.
    func rows(where condition: String) throws -> Int {
        var stream = try RowStream(
            version: self, filter: .open, fields: [0], format: .csv, where: Condition(condition))
        var rows = 0
        while let block = try stream.assemble(nil) {
            rows += block.rows
            stream.advance(past: block)
        }
        return rows
    }
}
