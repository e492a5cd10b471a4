import Testing

@testable import Model
import TestSupport

@Suite("Canonical JSON: one value, one text (RFC 8785)")
struct CanonicalJSONTests {
    /// RFC 8785 appendix B: the double's bits and its text.
    static let numbers: [(UInt64, String)] = [
        (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ]

    @Test("The number table of RFC 8785 holds", arguments: numbers)
    func numberTable(bits: UInt64, text: String) {
        #expect(JSON.number(Double(bitPattern: bits)).canonicalText == text)
    }

    @Test("Infinity and NaN, which JSON cannot write, stop the program rather than spoil an entry")
    func notFinite() async {
        await #expect(processExitsWith: .failure) { _ = JSON.number(.infinity).canonical }
        await #expect(processExitsWith: .failure) { _ = JSON.number(.nan).canonical }
    }

    @Test("The example of RFC 8785 section 3.2.2 comes out byte for byte")
    func rfcExample() throws {
        let text = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected =
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
            + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(Array(try JSON.parse(text).canonicalText.utf8) == Array(expected.utf8))
    }

    @Test("Members sort by UTF-16 units: an astral name before U+FB33, unlike by scalar or by byte")
    func rfcSorting() throws {
        let text = #"""
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
            "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
            "\u00f6":"Latin Small Letter O With Diaeresis"}
            """#
        let expected =
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\","
            + "\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\","
            + "\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        #expect(Array(try JSON.parse(text).canonical) == Array(expected.utf8))
        #expect("\u{fb33}" < "\u{1f600}", "by scalar the order is the other one, so this test can fail")
    }

    @Test("A shorter name comes before a longer one that begins with it, at every level")
    func prefixes() {
        #expect(
            JSON.object(["aa": 1, "a": ["b": 1, "": 2], "": 3]).canonicalText
                == #"{"":3,"a":{"":2,"b":1},"aa":1}"#)
    }

    @Test("Only quotes, backslashes and controls are escaped, each in its one way")
    func escapes() {
        for value in 0..<0x20 {
            let scalar = Unicode.Scalar(UInt8(value))
            let short = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"]
            let expected = short[value] ?? "\\u00" + (value < 16 ? "0" : "") + String(value, radix: 16)
            #expect(Array(JSON.string(String(scalar)).canonical) == Array("\"\(expected)\"".utf8), "\(value)")
        }
        #expect(
            JSON.string("\"\\/\u{7f}\u{80}\u{2028}é😀").canonicalText == "\"\\\"\\\\/\u{7f}\u{80}\u{2028}é😀\"")
    }

    @Test("Integers keep every digit")
    func integers() {
        for value: Int64 in [0, -1, 1 << 53, 1 << 53 + 1, .max, .min] {
            #expect(JSON.integer(value).canonicalText == String(value))
        }
    }

    @Test("Random doubles are written so that the same double reads back, with no digit to spare")
    func randomNumbers() throws {
        var random = SeededGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            let text = JSON.number(value).canonicalText
            #expect(Double(text) == value, "\(text) \(replay)")
            #expect(text.filter(\.isWholeNumber).count <= 25, "\(text) \(replay)")
            #expect((try? JSON.parse(text)) != nil, "\(text) \(replay)")
        }
    }

    @Test("Random values read back equal, and write the same text again")
    func roundTrip() throws {
        var random = SeededGenerator()
        for _ in 0..<3000 {
            let value = random.json(depth: 5)
            let text = value.canonical
            let back = try JSON.parse(text)
            #expect(back == value, "\(value.canonicalText) \(replay)")
            #expect(back.canonical == text, "\(value.canonicalText) \(replay)")
            let blanks = text.filter { [9, 10, 13].contains($0) }
            #expect(blanks.isEmpty, "\(replay)")
        }
    }
}

extension SeededGenerator {
    /// A value whose numbers are written in the form in which they read back: doubles that are integers, and
    /// minus zero, are left to the number tests.
    mutating func json(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self))
        case 3:
            let value = Double(bitPattern: next())
            return value.isFinite && value.rounded() != value ? .number(value) : .number(0.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<Int.random(in: 0...5, using: &self)).map { _ in json(depth: depth - 1) })
        default:
            let names = (0..<Int.random(in: 0...5, using: &self)).map { _ in text() }
            return .object(Dictionary(names.map { ($0, json(depth: depth - 1)) }) { first, _ in first })
        }
    }

    private mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "b", "\"", "\\", "/", "\0", "\u{1f}", "\n", "\u{7f}", "\u{e9}", "e", "\u{301}", "\u{fb33}",
            "\u{d7ff}",
            "\u{e000}", "\u{ffff}", "\u{10000}", "\u{1f600}", "\u{10ffff}", "\u{2028}", "\u{feff}",
        ]
        var view = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...6, using: &self) {
            view.append(scalars.randomElement(using: &self) ?? "a")
        }
        return String(view)
    }
}
