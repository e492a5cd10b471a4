import Foundation
import Glibc
import Testing

@testable import Model
import TestSupport

@Suite("The JSON parser takes RFC 8259 and nothing beside it, and says where a text goes wrong")
struct JSONParserTests {
    @Test(
        "Valid texts read as what they say",
        arguments: [
            ("null", JSON.null), (" \t\r\ntrue \t\r\n", true), ("false", false), ("0", 0), ("-1", -1),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5e3", .number(1500)),
            ("1E-2", .number(0.01)),
            ("0.10", .number(0.1)), ("0e99", .number(0)), ("1e-999", .number(0)), ("\"\"", ""), ("[]", []),
            ("{}", [:]),
            ("[1,[2,[]],{}]", [1, [2, []], [:]]),
            (#"{"a":{"b":null},"c":[true]}"#, ["a": ["b": nil], "c": [true]]),
            (#"{"":0}"#, ["": 0]), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u00e9\u20AC\uD83D\uDE00""#, "é€😀"),
            (#""\u0000""#, "\u{0}"), ("\"\u{7f}é😀\u{10ffff}\"", "\u{7f}é😀\u{10ffff}"),
            (#""\ufeff\uffff""#, "\u{feff}\u{ffff}"),
        ] as [(String, JSON)])
    func accepts(text: String, expected: JSON) throws { #expect(try JSON.parse(text) == expected) }

    @Test("Minus zero is a number, not an integer, so that nothing is lost on the way in")
    func minusZero() throws {
        let value = try JSON.parse("-0")
        #expect(value == .number(-0.0) && value.integer == nil)
        #expect(value.canonicalText == "0")
    }

    /// Text, message, line, column.
    static let faults: [(String, String, Int, Int)] = [
        ("", "the text ends where a value was expected", 1, 1),
        (" \n ", "the text ends where a value was expected", 2, 2),
        ("\u{feff}1", "expected a value", 1, 1),
        ("nul", "expected a value", 1, 1), ("True", "expected a value", 1, 1),
        ("NaN", "expected a value", 1, 1),
        ("Infinity", "expected a value", 1, 1), ("'a'", "expected a value", 1, 1),
        ("+1", "expected a value", 1, 1),
        (".5", "expected a value", 1, 1), ("// c\n1", "expected a value", 1, 1),
        ("\u{a0}1", "expected a value", 1, 1),
        ("1 2", "text after the end of the value", 1, 3), ("nullx", "text after the end of the value", 1, 5),
        ("{}\n}", "text after the end of the value", 2, 1),
        ("1\u{0}", "text after the end of the value", 1, 2),
        ("01", "a number must not begin with 0", 1, 1), ("-012", "a number must not begin with 0", 1, 2),
        ("00", "a number must not begin with 0", 1, 1), ("-", "expected a digit", 1, 2),
        ("1.", "expected a digit", 1, 3),
        ("1.e1", "expected a digit", 1, 3), ("1e", "expected a digit", 1, 3),
        ("1e+", "expected a digit", 1, 4),
        ("-x", "expected a digit", 1, 2), ("0x10", "text after the end of the value", 1, 2),
        ("1_000", "text after the end of the value", 1, 2), ("1e400", "number too large", 1, 1),
        ("[1,\n -1e999]", "number too large", 2, 2),
        ("[", "the text ends where a value was expected", 1, 2), ("[1", "expected `,` or `]`", 1, 3),
        ("[1,", "the text ends where a value was expected", 1, 4), ("[1,]", "expected a value", 1, 4),
        ("[,1]", "expected a value", 1, 2), ("[1 2]", "expected `,` or `]`", 1, 4),
        ("[1}", "expected `,` or `]`", 1, 3),
        ("]", "expected a value", 1, 1),
        ("{", "expected a member name in quotes", 1, 2), ("{a:1}", "expected a member name in quotes", 1, 2),
        ("{1:1}", "expected a member name in quotes", 1, 2), ("{\"a\"", "expected `:`", 1, 5),
        ("{\"a\" 1}", "expected `:`", 1, 6), ("{\"a\":}", "expected a value", 1, 6),
        ("{\"a\":1", "expected `,` or `}`", 1, 7), ("{\"a\":1,}", "expected a member name in quotes", 1, 8),
        ("{\"a\":1]", "expected `,` or `}`", 1, 7),
        ("{\"a\":1,\n  \"a\":2}", "member `a` appears twice", 2, 3),
        ("{\"a\":null,\"a\":null}", "member `a` appears twice", 1, 11),
        (#"{"a":1,"\u0061":2}"#, "member `a` appears twice", 1, 8),
        ("[{\"b\":{\"a\":1,\"a\":1}}]", "member `a` appears twice", 1, 14),
        ("{\"\u{e9}\":1,\"e\u{301}\":2}", "member `e\u{301}` appears twice", 1, 9),
        ("\"a", "the text ends inside a string", 1, 1), ("[\"a\\\"]", "the text ends inside a string", 1, 2),
        ("\"a\\", "the text ends inside a string", 1, 4),
        ("\"\n\"", "a control character must be escaped", 1, 2),
        ("\"a\tb\"", "a control character must be escaped", 1, 3),
        ("\"\u{1f}\"", "a control character must be escaped", 1, 2),
        ("\"\u{0}\"", "a control character must be escaped", 1, 2), (#""\x""#, "unknown escape", 1, 3),
        (#""\'""#, "unknown escape", 1, 3), (#""\U0041""#, "unknown escape", 1, 3),
        (#""\u12""#, "expected four hexadecimal digits", 1, 4),
        (#""\u12g4""#, "expected four hexadecimal digits", 1, 4),
        (#""\u+123""#, "expected four hexadecimal digits", 1, 4),
        ("\"\\u00é\"", "expected four hexadecimal digits", 1, 4),
        (#""\u00"#, "expected four hexadecimal digits", 1, 4),
        (#""\ud800""#, "lone surrogate", 1, 2), (#""a\udc00""#, "lone surrogate", 1, 3),
        (#""\ud800\n""#, "lone surrogate", 1, 2),
        (#""\ud800\ud800""#, "lone surrogate", 1, 2), (#""\ud800\u0041""#, "lone surrogate", 1, 2),
        (#""\udc00\ud800""#, "lone surrogate", 1, 2), (#""\ud800x""#, "lone surrogate", 1, 2),
        ("[\"é\", x]", "expected a value", 1, 8), ("[\r\n1\r\n2]", "expected `,` or `]`", 3, 1),
    ]

    @Test("Everything else is refused with what is wrong and where", arguments: faults)
    func refuses(text: String, message: String, line: Int, column: Int) {
        #expect(throws: JSONError(message: message, line: line, column: column)) { try JSON.parse(text) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused at the string they stand in",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xED, 0xB0, 0x80],
            [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF],
            [0xFE],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let text = Array("[1, \"".utf8) + bytes + Array("\"]".utf8)
        #expect(throws: JSONError(message: "a string is not valid UTF-8", line: 1, column: 5)) {
            try JSON.parse(text)
        }
        #expect(throws: JSONError(message: "expected a value", line: 1, column: 1)) { try JSON.parse(bytes) }
    }

    @Test("An error says its place in words")
    func description() {
        #expect(
            JSONError(message: "expected a value", line: 2, column: 5).description
                == "expected a value at line 2, column 5")
    }

    @Test("A slice reads as its own text", arguments: [0, 3])
    func slices(start: Int) throws {
        let bytes = Array("   [1]".utf8)
        #expect(try JSON.parse(bytes[start...]) == [1])
        #expect(try JSON.parse("x[1]y".utf8.dropFirst().dropLast()) == [1])
    }

    @Test("Thirty combining marks in a row are read, and thirty-one are not, however they are written")
    func combiningMarks() throws {
        let thirty = "a" + String(repeating: "\u{301}\u{316}", count: 15)
        #expect(try JSON.parse("[\"\(thirty)b\(thirty)\"]") == [.string(thirty + "b" + thirty)])
        let tooMany = JSONError(message: "more than 30 combining marks in a row", line: 1, column: 2)
        for mark in ["\u{300}", "\\u0301", "\u{f71}", "\u{f73}", "\\u0F81", "\u{1e94a}"] {
            #expect(throws: tooMany) { try JSON.parse("[\"\(thirty)\(mark)\"]") }
            #expect(throws: tooMany) { try JSON.parse("{\"\(thirty)\(mark)\":1}") }
        }
        #expect(
            try JSON.parse("\"\(String(repeating: "é日\u{ac00}", count: 999))\"").string?.isStreamSafe == true)
    }

    @Test("64 levels are read and 65 are not, in arrays and objects alike")
    func depth() throws {
        func nested(_ open: String, _ close: String, _ levels: Int) -> String {
            String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
        }
        #expect(try JSON.parse(nested("[", "]", 64)).kind == "array")
        #expect(try JSON.parse(nested("{\"a\":", "}", 64)).kind == "object")
        let tooDeep = JSONError(message: "nested deeper than 64", line: 1, column: 65)
        #expect(throws: tooDeep) { try JSON.parse(nested("[", "]", 65)) }
        #expect(throws: JSONError(message: "nested deeper than 64", line: 1, column: 64 * 5 + 1)) {
            try JSON.parse(nested("{\"a\":", "}", 65))
        }
        #expect(try JSON.parse("[[1]]", maximumDepth: 2) == [[1]])
        #expect(throws: JSONError(message: "nested deeper than 1", line: 1, column: 2)) {
            try JSON.parse("[[1]]", maximumDepth: 1)
        }
        #expect(
            try JSON.parse("[" + String(repeating: "[],", count: 1000) + "[]]", maximumDepth: 2).array?.count
                == 1001)
    }

    @Test("Random bytes never trap, and random mutations that we accept Foundation accepts too")
    func mutations() {
        var random = SeededGenerator()
        let seedText = Array(
            #"{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00\n",true,null],"b":{"c":{}},"d":"é😀"}"#.utf8)
        let alphabet =
            Array("{}[]\",:\\u0123456789abcdefE+-. \n\ttrue".utf8) + [0x80, 0xC3, 0xED, 0xF0, 0xFF, 0]
        var accepted = 0
        for round in 0..<20_000 {
            var text = round % 10 == 0 ? random.bytes(.random(in: 0...40, using: &random)) : seedText
            for _ in 0..<Int.random(in: 0...4, using: &random) where !text.isEmpty {
                text[.random(in: text.indices, using: &random)] = alphabet.randomElement(using: &random) ?? 0
            }
            guard let value = try? JSON.parse(text) else { continue }
            accepted += 1
            #expect(throws: Never.self, "\(replay)") {
                try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            }
            #expect(value.canonical == (try? JSON.parse(value.canonical))?.canonical, "\(replay)")
        }
        #expect(accepted > 1000)
    }

    @Test("Cut anywhere, an object is refused, and the place lies inside what is left")
    func truncations() {
        let text = Array(#"{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00\n",true,null],"b":{"c":"é"}}"#.utf8)
        for length in 0..<text.count {
            do {
                _ = try JSON.parse(text[..<length])
                Issue.record("accepted the first \(length) bytes")
            } catch {
                #expect(error.line == 1 && (1...length + 1).contains(error.column), "\(length): \(error)")
            }
        }
    }
}

@Suite("The JSON parser's time is linear in the input, however it was made", .serialized)
struct JSONParserTimeTests {
    private static func repeated(_ text: String, _ size: Int) -> String {
        String(repeating: text, count: size / text.utf8.count)
    }

    /// Thirty combining marks, out of order.
    private static let marks = String(repeating: "\u{301}\u{316}", count: 15)

    /// Name and a maker of an input of about so many bytes.
    static let hostile: [(String, @Sendable (Int) -> String)] = [
        ("open brackets", { repeated("[", $0) }),
        ("a string without end", { "\"" + repeated("a", $0) }),
        ("lines, then an error", { repeated("\n", $0) + "x" }),
        ("an error on one long line", { repeated(" ", $0) + "x" }),
        ("a long integer", { repeated("7", $0) }),
        ("a long fraction", { "0." + repeated("7", $0) }),
        ("a fraction of zeros", { "0." + repeated("0", $0) + "1" }),
        ("a long exponent", { "1e" + repeated("9", $0) }),
        ("zeros", { "[" + repeated("0,", $0) + "0]" }),
        ("fractions", { "[" + repeated("1.7976931348623157e308,", $0) + "0]" }),
        ("escapes", { "\"" + repeated("\\u00e9", $0) + "\"" }),
        ("surrogate pairs", { "\"" + repeated("\\ud83d\\ude00", $0) + "\"" }),
        ("members", { size in "{" + (0..<size / 12).map { "\"m\($0)\":0" }.joined(separator: ",") + "}" }),
        ("a name of combining marks", { "{\"a" + repeated("\u{301}\u{316}", $0) + "\":1}" }),
        ("a name of Tibetan vowel signs", { "{\"a" + repeated("\u{f73}", $0) + "\":1}" }),
        ("a name with as many marks as may be", { "{\"" + repeated("a" + marks, $0) + "\":1}" }),
        (
            "twice a name with as many marks as may be",
            { size in
                let name = repeated("a" + marks, size / 2)
                return "{\"\(name)\":1,\"\(name)\":1}"
            }
        ),
        ("objects in objects", { "[" + repeated("{\"a\":{\"b\":[]}},", $0) + "1]" }),
    ]

    /// Of processor time on this thread, so that other work beside this does not count.
    private static func seconds(_ text: String) -> Double {
        let bytes = Array(text.utf8)
        let start = threadSeconds()
        _ = try? JSON.parse(bytes)
        return threadSeconds() - start
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("A megabyte costs about four times a quarter of it", arguments: hostile)
    func linear(name: String, make: @Sendable (Int) -> String) {
        // Quadratic time would give 16, and for the marks minutes; the best of three, and some slack for
        // caches.
        let small = (0..<3).map { _ in Self.seconds(make(250_000)) }.min() ?? 0
        let large = (0..<3).map { _ in Self.seconds(make(1_000_000)) }.min() ?? 0
        #expect(large < 8 * small + 0.1, "\(name): \(small) s, then \(large) s")
    }
}
