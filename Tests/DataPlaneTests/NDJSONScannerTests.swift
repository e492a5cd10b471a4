import Foundation
import Testing

@testable import DataPlane
import TestSupport

/// A row as the tests compare it: its values (a string in brackets, null as `~`, a missing one as `-`), or
/// its fault.
private func rows(_ pieces: [[UInt8]], _ names: [String]? = nil) -> [String] {
    var scanner = NDJSONScanner(names: names)
    var result: [String] = []
    func take() {
        if let fault = scanner.fault {
            result.append("\(fault.reason.rawValue) at \(scanner.line):\(fault.offset + 1)")
            return
        }
        let values = scanner.cells.indices.map { index -> String in
            let cell = scanner.cells[index]
            let text = String(decoding: scanner.bytes[cell.range], as: UTF8.self)
            guard let kind = cell.kind else { return cell.isMissing ? "-" : "~" }
            return kind == .string ? "[\(text)]" : text
        }
        result.append("\(scanner.line): " + values.joined(separator: "|"))
    }
    for piece in pieces {
        var position = 0
        while scanner.next(piece, &position) { take() }
    }
    if scanner.finish() { take() }
    return result
}

private func rows(_ text: String, _ names: [String]? = ["a", "b"]) -> [String] {
    rows([Array(text.utf8)], names)
}

@Suite("NDJSON scanner")
struct NDJSONScannerTests {
    @Test("objects are read, in any order of their members, with blank lines between")
    func reads() {
        let cases: [(text: String, expected: [String])] = [
            (#"{"a":1,"b":"x"}"# + "\n", ["1: 1|[x]"]),
            (#"{"b":"x","a":1}"# + "\r\n" + #"{"a":2}"#, ["1: 1|[x]", "2: 2|-"]),
            ("\n\r\n \t\n" + #"{"a":true}"# + "\n\n", ["4: true|-"]),
            ("\u{FEFF}" + #"{"a":null,"b":false}"#, ["1: ~|false"]),
            (" {\t\"a\" : -0.5e+3 ,\r \"b\" : \"\" } \n", ["1: -0.5e+3|[]"]),
            ("{}\n{ }", ["1: -|-", "2: -|-"]),
            (#"{"a":"\"\\\/\b\f\n\r\t"}"#, ["1: [\"\\/\u{8}\u{C}\n\r\t]|-"]),
            (#"{"a":"\u0041\u00e9\u20AC\ud83d\uDE00z","b":"é€😀"}"#, ["1: [Aé€😀z]|[é€😀]"]),
            (#"{"\u0061":1,"\u0062":2}"#, ["1: 1|2"]),
            (#"{"a":0,"b":-0}"#, ["1: 0|-0"]),
            (
                #"{"a":123456789012345678901234567890.10,"b":1E5}"#,
                ["1: 123456789012345678901234567890.10|1E5"]
            ),
            ("{\"a\":\"\u{7F}\u{FFFF}\"}", ["1: [\u{7F}\u{FFFF}]|-"]),
            ("", []), ("\u{FEFF}", []), ("\n\n", []), (" ", []),
        ]
        for (text, expected) in cases { #expect(rows(text) == expected, "\(text)") }
    }

    @Test("without a schema the fields are the members of the first object, in its order")
    func firstObject() {
        let text = #"{"z":1,"a":"x"}"# + "\n" + #"{"a":"y"}"# + "\n" + #"{"a":"y","c":1}"#
        #expect(rows(text, nil) == ["1: 1|[x]", "2: -|[y]", "unknown_member at 3:10"])
        #expect(rows(#"{"a":1,"a":2}"#, nil) == ["duplicate_member at 1:8"])
    }

    static let faults: [(text: String, expected: String)] = [
        ("[1]", "not_an_object at 1:1"), ("1", "not_an_object at 1:1"), ("x", "not_an_object at 1:1"),
        ("\"a\"", "not_an_object at 1:1"), ("  null", "not_an_object at 1:3"),
        ("{", "incomplete_object at 1:2"), (#"{"a""#, "incomplete_object at 1:5"),
        (#"{"a":"#, "incomplete_object at 1:6"), (#"{"a":1"#, "incomplete_object at 1:7"),
        (#"{"a":1,"#, "incomplete_object at 1:8"), (#"{"a":tru"#, "invalid_json at 1:6"),
        (#"{"a":1,}"#, "invalid_json at 1:8"), (#"{,"a":1}"#, "invalid_json at 1:2"),
        (#"{"a" 1}"#, "invalid_json at 1:6"), (#"{"a":1 "b":2}"#, "invalid_json at 1:8"),
        (#"{a:1}"#, "invalid_json at 1:2"), (#"{'a':1}"#, "invalid_json at 1:2"),
        (#"{"a":'x'}"#, "invalid_json at 1:6"), (#"{"a":NaN}"#, "invalid_json at 1:6"),
        (#"{"a":True}"#, "invalid_json at 1:6"), (#"{"a":nulls}"#, "invalid_json at 1:6"),
        (#"{"a":+1}"#, "invalid_json at 1:6"), (#"{"a":.5}"#, "invalid_json at 1:6"),
        (#"{"a":01}"#, "invalid_number at 1:6"), (#"{"a":-}"#, "invalid_number at 1:6"),
        (#"{"a":1.}"#, "invalid_number at 1:6"), (#"{"a":1e}"#, "invalid_number at 1:6"),
        (#"{"a":1e+}"#, "invalid_number at 1:6"), (#"{"a":1.5.2}"#, "invalid_number at 1:6"),
        (#"{"a":0x10}"#, "invalid_number at 1:6"), (#"{"a":1_000}"#, "invalid_number at 1:6"),
        (#"{"a":-Infinity}"#, "invalid_number at 1:6"), (#"{"a":00}"#, "invalid_number at 1:6"),
        (#"{"a":[1]}"#, "nested_value at 1:6"), (#"{"a":{"b":1}}"#, "nested_value at 1:6"),
        (#"{"a":[[[["#, "nested_value at 1:6"),
        (#"{"a":1,"a":2}"#, "duplicate_member at 1:8"),
        (#"{"a":null,"\u0061":2}"#, "duplicate_member at 1:11"),
        (#"{"a":1,"c":2}"#, "unknown_member at 1:8"), (#"{"":2}"#, "unknown_member at 1:2"),
        (#"{"a":"\x"}"#, "invalid_escape at 1:7"), (#"{"a":"\u12g4"}"#, "invalid_escape at 1:7"),
        (#"{"a":"\u12"}"#, "invalid_escape at 1:7"), (#"{"a":"\U0041"}"#, "invalid_escape at 1:7"),
        (#"{"a":"\ud800"}"#, "lone_surrogate at 1:7"), (#"{"a":"x\udc00"}"#, "lone_surrogate at 1:8"),
        (#"{"a":"\ud800\u0041"}"#, "lone_surrogate at 1:7"),
        (#"{"a":"\ud800\ud800"}"#, "lone_surrogate at 1:7"),
        (#"{"a":"x\u0000"}"#, "nul_byte at 1:8"), ("{\"a\":\"x\u{0}\"}", "nul_byte at 1:8"),
        ("{\u{0}\"a\":1}", "nul_byte at 1:2"), ("{\"a\":\"\t\"}", "control_character at 1:7"),
        ("{\"a\":\"\r\"}", "control_character at 1:7"),
        ("{\"a\":\"x\u{1B}[2J\"}", "control_character at 1:8"),
        (#"{"a":1}{"a":2}"#, "text_after_object at 1:8"), (#"{"a":1},"#, "text_after_object at 1:8"),
        ("{\"a\":1}\r{\"a\":2}\r", "carriage_return at 1:8"),
        (#"{"a":"x"#, "open_string at 1:6"), (#"{"a":"x\"#, "open_string at 1:6"),
        (#"{"a":"x\""#, "open_string at 1:6"), (#"{"a"#, "open_string at 1:2"),
        (#"{"a":"5" pipe"}"#, "open_string at 1:14"), (#"{"c":1,"b":"x"#, "open_string at 1:12"),
        (#"{"a":"say "hi" x"}"#, "invalid_json at 1:12"),
    ]

    @Test("each fault is told with its place, and the lines around it are read", arguments: faults)
    func refuses(text: String, expected: String) {
        let good = #"{"a":1}"#
        #expect(rows(text) == [expected])
        let place = expected.replacing(" at 1:", with: " at 2:")
        #expect(rows(good + "\n" + text + "\n" + good) == ["1: 1|-", place, "3: 1|-"])
    }

    @Test("invalid UTF-8 is found anywhere in a line, and where")
    func invalidUTF8() {
        let bad: [[UInt8]] = [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ]
        for bytes in bad {
            let text = Array("{\"a\":\"é".utf8) + bytes + Array("\"}\n{\"a\":1}".utf8)
            #expect(rows([text], ["a"]) == ["invalid_utf8 at 1:9", "2: 1"])
        }
        #expect(rows([[0xEF, 0xBB]], ["a"]) == ["invalid_utf8 at 1:1"])
        #expect(rows([[0xFE, 0xFF, 0x00, 0x7B]], ["a"]) == ["invalid_utf8 at 1:1"])
    }

    @Test("a line of exactly 65,536 bytes is read, one byte more is not, and the next line is")
    func lineLength() {
        let limit = NDJSONScanner.maximumRowBytes
        let long = #"{"a":""# + String(repeating: "x", count: limit - 8) + #""}"#
        #expect(long.utf8.count == limit)
        for end in ["\n", "\r\n", ""] {
            for mark in ["", "\u{FEFF}"] {
                #expect(rows(mark + long + end)[0].hasPrefix("1: [x"))
                #expect(rows(mark + long + " " + end) == ["row_too_long at 1:1"])
            }
        }
        #expect(rows("\n" + long + " \n" + #"{"a":1}"#) == ["row_too_long at 2:1", "3: 1|-"])
        #expect(rows(String(long.dropLast(2)) + "xx\n") == ["open_string at 1:6"])
        let returns = String(repeating: "{\"a\":1}\r", count: limit / 4)
        #expect(rows(returns) == ["carriage_return at 1:8"])
    }

    @Test("a line without end costs no memory, whether or not it is a string that has no end")
    func endlessLine() {
        for (byte, reason) in [(UInt8(ascii: "x"), BadLine.Reason.openString), (0x20, .rowTooLong)] {
            var scanner = NDJSONScanner(names: ["a"])
            let piece = [UInt8](repeating: byte, count: 1 << 16)
            for index in 0..<100 {
                var position = 0
                let isRow = scanner.next(
                    index == 0 ? Array(byte == 0x20 ? "{".utf8 : "{\"".utf8) + piece : piece, &position)
                #expect(!isRow && scanner.bytes.count <= NDJSONScanner.maximumRowBytes + 4)
            }
            let isRow = scanner.finish()
            #expect(isRow && scanner.fault?.reason == reason)
        }
    }

    @Test("rows do not depend on where the file was cut into pieces: at every byte, and at every two")
    func pieces() {
        let text = Array(
            ("\u{FEFF}" + #"{"a":"\u00e9\n","b":1}"# + "\r\n\r\n" + #"{"b":null}"# + "\n{\"a\":\"\u{E9}\r"
                + "\n{\"a\":\"x\"}\r{\n").utf8)
        let whole = rows([text], ["a", "b"])
        #expect(whole.count == 4)
        #expect(rows(text.map { [$0] }, ["a", "b"]) == whole)
        for first in 0...text.count {
            for second in first...text.count {
                let pieces = [Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]
                #expect(rows(pieces, ["a", "b"]) == whole)
            }
        }
    }

    @Test("10,000 hostile byte strings never trap, and mean the same however they are cut")
    func hostile() {
        var random = SeededGenerator.announced("hostile NDJSON")
        let words =
            [
                "{", "}", "{\"a\":", "\"a\"", "\"b\"", ":", ",", "1", "-0.5e3", "true", "null", "[", "\\",
                "\\u00e9",
                "\\ud83d", "\\ude00", "\"", "\n", "\r\n", "\r", " ", "\u{0}", "é", "\u{FEFF}", "}\n",
            ].map { Array($0.utf8) } + [[0xFF]]
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 0...20, using: &random)).flatMap { _ in random.pick(words) }
            let names = random.chance(50) ? ["a", "b"] : nil
            let whole = rows([text], names)
            var pieces: [[UInt8]] = [[]]
            for byte in text {
                if random.chance(30) { pieces.append([]) }
                pieces[pieces.count - 1].append(byte)
            }
            #expect(rows(pieces, names) == whole, "\(text)")
            #expect(whole.count <= text.count)
        }
    }
}
