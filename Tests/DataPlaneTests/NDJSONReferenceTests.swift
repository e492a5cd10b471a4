import Foundation
import Testing

@testable import DataPlane
import TestSupport

@Suite("NDJSON against Python's json")
struct NDJSONReferenceTests {
    /// Writes for every line what `reading` below does: `bad`, `blank`, or the two values in hexadecimal.
    private static let script = #"""
        import json, sys
        def refuse(text): raise ValueError(text)
        def text(value): return "[" + value + "]" if type(value) is str else value.raw
        class Raw:
            def __init__(self, raw): self.raw = raw
        def reading(line):
            if not line.strip(b" \t\r"): return "blank"
            pairs = json.loads(line.decode("utf-8"), parse_int=Raw, parse_float=Raw,
                parse_constant=refuse, object_pairs_hook=lambda pairs: pairs)
            if type(pairs) is not list or line.strip(b" \t\r")[:1] != b"{": raise ValueError
            values = dict(pairs)
            if len(values) != len(pairs) or set(values) - {"a", "b"}: raise ValueError
            cells = []
            for name in "ab":
                if name not in values: cells.append("-")
                elif values[name] is None: cells.append("~")
                elif values[name] is True: cells.append("true")
                elif values[name] is False: cells.append("false")
                elif type(values[name]) is list: raise ValueError
                else: cells.append(text(values[name]))
            result = "|".join(cells).encode("utf-8")
            if b"\0" in result: raise ValueError
            return result.hex()
        for line in open(sys.argv[1], "rb").read().split(b"\n"):
            try: print(reading(line))
            except (ValueError, UnicodeError, RecursionError): print("bad")
        """#

    @Test(
        "40,000 random lines, half of them damaged, mean the same to both",
        .enabled(if: Python.isThere, "needs python3"))
    func lines() throws {
        var random = SeededGenerator.announced("NDJSON against Python")
        var lines = (0..<40_000).map { _ in Self.line(&random) }
        for index in lines.indices where index % 2 == 1 { Self.damage(&lines[index], &random) }
        // A carriage return before a line end belongs to the line end here, and is space there.
        let text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        let answer = String(decoding: try Python.run(Self.script, text), as: UTF8.self)
        let expected = answer.split(separator: "\n").map(String.init)
        try #require(expected.count == lines.count)
        let found = Self.reading(text)
        var isGood = 0
        for (index, line) in lines.enumerated() {
            let readable = String(decoding: line, as: UTF8.self)
            #expect(found[index + 1] ?? "blank" == expected[index], "\(readable)")
            if expected[index] != "bad" { isGood += 1 }
        }
        #expect(isGood > 20_000 && isGood < 35_000)
    }

    /// By line.
    private static func reading(_ text: [UInt8]) -> [Int: String] {
        var scanner = NDJSONScanner(names: ["a", "b"])
        var result: [Int: String] = [:]
        var position = 0
        while scanner.next(text, &position) || (position == text.count && scanner.finish()) {
            if scanner.fault != nil {
                result[scanner.line] = "bad"
                continue
            }
            let cells = scanner.cells.map { cell -> [UInt8] in
                let text = Array(scanner.bytes[cell.range])
                guard let kind = cell.kind else { return cell.isMissing ? [0x2D] : [0x7E] }
                return kind == .string ? [0x5B] + text + [0x5D] : text
            }
            let bytes = cells[0] + [0x7C] + cells[1]
            result[scanner.line] = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return result
    }

    private static func line(_ random: inout SeededGenerator) -> [UInt8] {
        let space = ["", "", "", " ", "\t", " \r "]
        func value(_ random: inout SeededGenerator) -> String {
            random.pick([
                "0", "-12.50e-3", "98765432109876543210", "true", "false", "null", "\"\"", "\"x\"",
                "\"\\u00e9\\ud83d\\ude00 \\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"é€😀,;\"",
            ])
        }
        var members: [String] = []
        for name in random.chance(50) ? ["a", "b"] : ["b", "\\u0061"] where random.chance(85) {
            let parts = ["\"\(name)\"", ":", value(&random)]
            members.append(parts.map { random.pick(space) + $0 + random.pick(space) }.joined())
        }
        return Array(
            (random.pick(space) + "{" + members.joined(separator: ",") + "}" + random.pick(space)).utf8)
    }

    /// One or two edits: a byte left out, doubled, or another in its place.
    private static func damage(_ line: inout [UInt8], _ random: inout SeededGenerator) {
        let bytes = Array("{}[]\":,\\u0 1e-.tfn/\t\r".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xFF]
        for _ in 0..<Int.random(in: 1...2, using: &random) where !line.isEmpty {
            let index = Int.random(in: line.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: line.remove(at: index)
            case 1: line.insert(line[index], at: index)
            case 2: line[index] = random.pick(bytes)
            default: line.insert(random.pick(bytes), at: index)
            }
        }
    }
}
