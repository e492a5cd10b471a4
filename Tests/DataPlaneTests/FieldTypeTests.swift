import Model
import Testing

@testable import DataPlane
import TestSupport

private func accepts(_ type: FieldType, _ text: String) -> Bool { type.accepts(Array(text.utf8).span) }

private func inferred(_ texts: [String]) -> FieldType {
    var inference = TypeInference()
    for text in texts { inference.observe(Array(text.utf8).span) }
    return inference.type
}

@Suite("Field types")
struct FieldTypeTests {
    private static let samples: [(FieldType, good: [String], bad: [String])] = [
        (
            .integer, ["0", "-0", "7", "-12", String(repeating: "9", count: 38)],
            [
                "", "-", "+1", "007", "-01", "1.0", "1e3", " 1", "1 ", "0x1", "١",
                String(repeating: "9", count: 39),
            ]
        ),
        (
            .decimal, ["0", "-1", "1.5", "-0.25", "1e5", "1E+5", "2.5e-3", "0.0", "1e308", "1e-999"],
            [
                "", "-", ".5", "5.", "+1", "01", "1e", "1e+", "1e309", "-1e999", "NaN", "inf", "1,5", "1_0",
                "0x10",
            ]
        ),
        (.boolean, ["true", "false"], ["", "True", "FALSE", "1", "0", "yes", "tru", "falsee"]),
        (
            .date, ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
            [
                "", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-04-31",
                "0000-01-01", "2024-1-1", "20240101", "2024-01-01 ", "2024/01/01", "2024-01-01T00:00:00Z",
            ]
        ),
        (
            .datetime,
            [
                "2024-10-01T07:00:00", "2024-10-01T07:00:00Z", "2024-10-01t07:00:00z",
                "2024-10-01 07:00:00+01:00", "2024-10-01T07:00:00.123456-05:30", "2016-12-31T23:59:60Z",
            ],
            [
                "", "2024-10-01", "2024-10-01T07:00", "2024-10-01T24:00:00", "2024-10-01T07:60:00",
                "2024-10-01T07:00:61", "2024-10-01T07:00:00.", "2024-10-01T07:00:00+1:00",
                "2024-10-01T07:00:00+24:00", "2024-02-30T07:00:00", "2024-10-01X07:00:00",
                "2024-10-01T07:00:00Zz", "2024-10-01T07:00:00+01:0",
            ]
        ),
        (.string, ["", "x", "5"], []),
    ]

    @Test("each type takes its values and no others")
    func values() {
        for (type, good, bad) in Self.samples {
            for text in good { #expect(accepts(type, text), "\(type) \(text)") }
            for text in bad { #expect(!accepts(type, text), "\(type) \(text)") }
        }
        let long = String(repeating: "9", count: 400)
        #expect(!accepts(.decimal, long))
        #expect(accepts(.decimal, "0." + long))
    }

    @Test("numbers are what a JSON parser takes, and times what an instant reads: 50,000 random texts")
    func againstTheModel() throws {
        var random = SeededGenerator.announced("field types")
        let numbers = Array("0019-+.eE".utf8)
        for _ in 0..<25_000 {
            let text = String(
                decoding: (0..<Int.random(in: 1...8, using: &random)).map { _ in random.pick(numbers) },
                as: UTF8.self)
            let parsed = try? JSON.parse(text)
            #expect(accepts(.decimal, text) == (parsed != nil), "\(text)")
            let isInteger = parsed != nil && !text.contains(where: { ".eE".contains($0) })
            #expect(accepts(.integer, text) == isInteger, "\(text)")
        }
        for _ in 0..<25_000 {
            var text = Array(
                "2024-02-29T23:59:59.5+01:30".utf8.prefix(Int.random(in: 9...27, using: &random)))
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                text[Int.random(in: 0..<text.count, using: &random)] = random.pick(
                    Array("0123569-:TZ. +".utf8))
            }
            let string = String(decoding: text, as: UTF8.self)
            let instant = Instant(string)
            #expect(accepts(.date, string) == (instant != nil && text.count == 10), "\(string)")
            #expect(accepts(.datetime, string) == (instant != nil && text.count > 10), "\(string)")
        }
    }

    @Test(
        "the narrowest type that all values have is found",
        arguments: [
            (["true", "false"], FieldType.boolean), (["1", "-2"], .integer), (["1", "2.5"], .decimal),
            (["2024-01-01"], .date), (["2024-01-01T00:00:00"], .datetime),
            (["2024-01-01", "2024-01-01T00:00:00"], .string), (["1", "01130"], .string),
            (["+1"], .string), (["true", "1"], .string), (["1", ""], .string), ([], .string),
            (["x"], .string),
        ])
    func inference(texts: [String], expected: FieldType) {
        #expect(inferred(texts) == expected)
        #expect(inferred(texts.reversed()) == expected)
    }
}
