import Foundation
import Testing

@testable import DataPlane
import TestSupport

/// A row as the tests compare it: its cells (a quoted one in brackets), or its fault.
private func rows(_ pieces: [[UInt8]]) -> [String] {
    var scanner = CSVScanner()
    var result: [String] = []
    func take() {
        if let fault = scanner.fault {
            result.append("\(fault.reason.rawValue) at \(fault.line):\(fault.column)")
        } else {
            let cells = scanner.cells.indices.map { index in
                let text = String(decoding: scanner.text(ofCell: index), as: UTF8.self)
                return scanner.cells[index].isQuoted ? "[\(text)]" : text
            }
            result.append("\(scanner.line): " + cells.joined(separator: "|"))
        }
    }
    for piece in pieces {
        var position = 0
        while scanner.next(piece, &position) { take() }
    }
    if scanner.finish() { take() }
    return result
}

private func rows(_ text: String) -> [String] { rows([Array(text.utf8)]) }

@Suite("CSV scanner")
struct CSVScannerTests {
    @Test("RFC 4180 and its usual variants are read")
    func reads() {
        let cases: [(text: String, expected: [String])] = [
            ("a,b\n1,2\n", ["1: a|b", "2: 1|2"]),
            ("a,b\r\n1,2\r\n", ["1: a|b", "2: 1|2"]),
            ("a,b\n1,2", ["1: a|b", "2: 1|2"]),
            ("\u{FEFF}a,b\n", ["1: a|b"]),
            ("\u{FEFF}\"a\"\n", ["1: [a]"]),
            ("a\n\u{FEFF}b\n", ["1: a", "2: \u{FEFF}b"]),
            ("\"a,b\",\"c\"\"d\"\n", ["1: [a,b]|[c\"d]"]),
            ("\"l1\nl2\r\nl3\",x\ny\n", ["1: [l1\nl2\r\nl3]|x", "4: y"]),
            ("\"\",\n", ["1: []|"]),
            (",\n,", ["1: |", "2: |"]),
            ("\n\n", ["1: ", "2: "]),
            ("a,\"\"", ["1: a|[]"]),
            ("\"a\"\r\n\"b\"", ["1: [a]", "2: [b]"]),
            ("é,€,😀\n", ["1: é|€|😀"]),
            (" a , \"\n", ["stray_quote at 1:6"]),
            ("", []),
            ("\u{FEFF}", []),
        ]
        for (text, expected) in cases { #expect(rows(text) == expected) }
    }

    @Test("each fault is told with its place, and the rows around it are read")
    func refuses() {
        let cases: [(text: String, expected: [String])] = [
            ("ab\nx,5\" pipe,y\nz\n", ["1: ab", "stray_quote at 2:4", "3: z"]),
            ("ab\n\"x\"y,z\nz\n", ["1: ab", "text_after_quote at 2:4", "3: z"]),
            ("ab\n\"x\" ,z\nz\n", ["1: ab", "text_after_quote at 2:4", "3: z"]),
            ("ab\n\"x\"\ry\nz\n", ["1: ab", "text_after_quote at 2:4", "3: z"]),
            ("ab\nx,\"yz\nz\n", ["1: ab", "unterminated_quote at 2:3"]),
            ("ab\nx\u{0}y\nz", ["1: ab", "nul_byte at 2:2", "3: z"]),
            ("ab\n\"l1\nl\u{0}2\"\nz", ["1: ab", "nul_byte at 3:2", "4: z"]),
            ("ab\nx\ry\nz", ["1: ab", "carriage_return at 2:2", "3: z"]),
            ("ab\nx\r", ["1: ab", "carriage_return at 2:2"]),
            ("ab\nx\r\r\nz", ["1: ab", "carriage_return at 2:2", "3: z"]),
            ("\"a\"\r", ["carriage_return at 1:4"]),
            ("\u{0},\"x\"y\n", ["text_after_quote at 1:6"]),
        ]
        for (text, expected) in cases { #expect(rows(text) == expected) }
    }

    @Test("invalid UTF-8 is found in any cell, and where")
    func invalidUTF8() {
        let bad: [[UInt8]] = [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ]
        for bytes in bad {
            let text = Array("ab,".utf8) + bytes + Array(",c\nz\n".utf8)
            #expect(rows([text]) == ["invalid_utf8 at 1:4", "2: z"])
            let quoted = Array("\"x\",\"".utf8) + bytes + Array("\"\nz\n".utf8)
            #expect(rows([quoted]) == ["invalid_utf8 at 1:5", "2: z"])
        }
        #expect(rows([[0xEF, 0xBB]]) == ["invalid_utf8 at 1:1"])
        #expect(rows([[0xEF, 0xBB, 0x0A]]) == ["invalid_utf8 at 1:1"])
        #expect(rows([Array("\"\u{E9}\"".utf8) + Array("\n".utf8)]) == ["1: [\u{E9}]"])
    }

    @Test("a row of exactly 65,536 bytes is read, one byte more is not, and the next row is")
    func rowLength() {
        let limit = CSVScanner.maximumRowBytes
        let long = String(repeating: "x", count: limit)
        for end in ["\n", "\r\n", ""] {
            #expect(rows(long + end) == ["1: " + long])
            #expect(rows(long + "x" + end).first == "row_too_long at 1:1")
        }
        let quoted = "\"" + String(repeating: "x", count: limit - 2) + "\""
        #expect(rows(quoted + "\r\nz")[0].hasPrefix("1: [x"))
        #expect(rows("x" + quoted.dropFirst(0) + "\nz").first == "stray_quote at 1:2")
        #expect(rows(quoted.dropLast() + "x\"\nz") == ["row_too_long at 1:1", "2: z"])
        let commas = String(repeating: ",", count: limit)
        #expect(rows(commas + "\n")[0].hasPrefix("1: |"))
        #expect(rows(commas + ",\nz") == ["row_too_long at 1:1", "2: z"])
        let quotes = "\"" + String(repeating: "\"\"", count: limit) + "\""
        #expect(rows(quotes + "\nz") == ["row_too_long at 1:1", "2: z"])
    }

    @Test("a line without end costs no memory, and a quote left open is told where it began")
    func endlessLine() {
        var scanner = CSVScanner()
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for index in 0..<100 {
            var position = 0
            let bytes = index == 0 ? Array("a,\"".utf8) + piece : piece
            #expect(!scanner.next(bytes, &position))
            #expect(scanner.bytes.count <= CSVScanner.maximumRowBytes)
        }
        let isRow = scanner.finish()
        #expect(isRow)
        #expect(scanner.fault == CSVFault(reason: .unterminatedQuote, line: 1, column: 3, cell: 1))
    }

    @Test("rows do not depend on where the file was cut into pieces: at every byte, and at every two")
    func pieces() {
        let text = Array(
            "\u{FEFF}a,\"b\"\"\r\n,\u{E9}\"\r\n\r\n\"\",x\ry,\n\"z\" \"\n5\"\u{0}\n\"\r\nq\"\r".utf8)
        let whole = rows([text])
        #expect(whole.count == 6)
        #expect(rows(text.map { [$0] }) == whole)
        for first in 0...text.count {
            for second in first...text.count {
                let pieces = [Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]
                #expect(rows(pieces) == whole)
            }
        }
    }

    @Test("10,000 hostile byte strings never trap, and mean the same however they are cut")
    func hostile() {
        var random = SeededGenerator.announced("hostile CSV")
        let alphabet = Array("\"\"\",,\n\n\r\u{0}a1 \u{FEFF}é".utf8) + [0xFF, 0xC3]
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                random.chance(95) ? random.pick(alphabet) : UInt8.random(in: 0...255, using: &random)
            }
            let whole = rows([text])
            var pieces: [[UInt8]] = [[]]
            for byte in text {
                if random.chance(30) { pieces.append([]) }
                pieces[pieces.count - 1].append(byte)
            }
            #expect(rows(pieces) == whole)
            #expect(whole.count <= text.count)
        }
    }
}
