import Testing

@testable import DataPlane
import TestSupport

/// What a scan of a text gives in all.
private struct Found: Hashable {
    var marks: [UInt32] = []
    var anomaly: Int?
    var hasHighBytes = false
}

/// The same, a byte at a time and written apart.
private func naive(_ text: [UInt8]) -> Found {
    enum Before { case text, start, closing, carriageReturn }
    var found = Found()
    var isInside = false
    var before = Before.start
    for (index, byte) in text.enumerated() {
        var now = Before.text
        var isBad = byte == 0
        switch byte {
        case UInt8(ascii: "\"") where isInside:
            isInside = false
            now = .closing
        case UInt8(ascii: "\""):
            isBad = before == .text || before == .carriageReturn
            if before == .closing { found.marks.append(UInt32(index) | StructureScan.insideQuotes) }
            isInside = true
        case UInt8(ascii: "\n") where isInside:
            found.marks.append(UInt32(index) | StructureScan.insideQuotes)
        case _ where isInside: break
        case UInt8(ascii: ","), UInt8(ascii: "\n"):
            isBad = before == .carriageReturn && byte == UInt8(ascii: ",")
            if !isBad { found.marks.append(UInt32(index)) }
            now = .start
        case UInt8(ascii: "\r"):
            isBad = before == .carriageReturn
            now = .carriageReturn
        default: isBad = isBad || before == .closing || before == .carriageReturn
        }
        if isBad {
            found.anomaly = index
            return found
        }
        found.hasHighBytes = found.hasHighBytes || byte >= 0x80
        before = now
    }
    return found
}

/// The pieces one after the other, with room for so many marks a time.
private func scanned(
    _ text: [UInt8], cuts: [Int] = [], room: Int = 4_096, _ variant: StructureScan.Variant
) -> Found {
    var scan = StructureScan(variant: variant)
    var found = Found()
    var start = 0
    for end in cuts + [text.count] {
        while start < end {
            // A place beyond the room shows whether it was kept to.
            var marks = [UInt32](repeating: 0xAAAA_AAAA, count: room + 1)
            var span = marks.mutableSpan
            var part = span._mutatingExtracting(0..<room)
            let result = scan.scan(text.span.extracting(start..<end), into: &part)
            #expect(result.count <= room && marks[room] == 0xAAAA_AAAA)
            found.marks += marks[..<result.count].map { $0 + UInt32(start) }
            found.hasHighBytes = found.hasHighBytes || result.hasHighBytes
            start += result.consumed
            if result.hasAnomaly {
                found.anomaly = start
                return found
            }
            #expect(result.consumed > 0)
            if result.consumed == 0 { return found }
        }
    }
    return found
}

@Suite("Structure scan")
struct StructureScanTests {
    private static let variants = StructureScan.Variant.allCases.filter {
        $0.rawValue <= StructureScan.Variant.best.rawValue
    }

    private func marks(_ text: String) -> [UInt32] { scanned(Array(text.utf8), .best).marks }

    @Test("commas and line ends outside quotes are marked, and what is odd inside them is flagged")
    func marks() {
        let flag = StructureScan.insideQuotes
        #expect(marks("a,b\nc") == [1, 3])
        #expect(marks("\"a,\"\r\n,") == [5, 6])
        #expect(marks("\"a\"\"b\nc\",d") == [3 | flag, 5 | flag, 8])
        #expect(marks("") == [] && marks("\"\",\"\"\n") == [2, 5])
    }

    @Test(
        "each anomaly is found at its byte",
        arguments: [
            ("a\u{0}", 1), ("\"\u{0}\"", 1), ("a\"", 1), ("a,b\"c\"", 3), ("\"a\"b", 3), ("\"a\" ,", 3),
            ("a\rb", 2), ("a\r\r\n", 2), ("a\r,", 2), ("a\r\"", 2), ("\"a\"\rb", 4), ("\"a\n", nil),
            ("\"a\"", nil), ("a\r", nil), ("\"a\r\"\r\n", nil), ("\"\"\"\"", nil),
        ])
    func anomalies(text: String, place: Int?) {
        // At every distance from a border of 64 bytes.
        for shift in 0...130 {
            let padded = Array((String(repeating: "x", count: shift) + "\n" + text).utf8)
            for variant in Self.variants {
                #expect(scanned(padded, variant).anomaly == place.map { $0 + shift + 1 })
            }
        }
    }

    @Test("every variant gives what a naive scan gives, on 20,000 random texts cut at random")
    func random() {
        var random = SeededGenerator.announced("structure scan")
        let alphabets: [[UInt8]] = [
            Array("ab,\n".utf8), Array("a\",\n".utf8), Array("aaaaaaaaaaaaaaaaaaaaa\",\n\r".utf8),
            Array("\"\"\",\n\r\u{0}é".utf8) + [0xFF], Array(repeating: UInt8(ascii: ","), count: 3),
        ]
        for _ in 0..<20_000 {
            let alphabet = random.pick(alphabets)
            let text = (0..<Int.random(in: 0...400, using: &random)).map { _ in random.pick(alphabet) }
            check(text, &random)
        }
    }

    @Test("every variant gives what a naive scan gives, on 5,000 well formed texts with little damage")
    func wellFormed() {
        var random = SeededGenerator.announced("structure scan of rows")
        let damage = Array("\"\r\n,\u{0}x".utf8)
        let cells = ["", "a", "\"\"", "\"b\"", "\"c,\"", "\"d\"\"\"", "\"e\nf\"", "\"g\r\n\"", "h é"]
        for _ in 0..<5_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...100, using: &random) {
                text += Array((random.pick(cells) + random.pick([",", ",", "\n", "\r\n"])).utf8)
            }
            if !text.isEmpty, random.chance(50) {
                text[Int.random(in: 0..<text.count, using: &random)] = random.pick(damage)
            }
            check(text, &random)
        }
    }

    private func check(_ text: [UInt8], _ random: inout SeededGenerator) {
        let expected = naive(text)
        let cuts = (0..<3).map { _ in Int.random(in: 0...text.count, using: &random) }.sorted()
        let room = random.pick([64, 65, 100, 1_000])
        for variant in Self.variants {
            #expect(scanned(text, variant) == expected, "\(variant) of \(text), \(replay)")
            #expect(
                scanned(text, cuts: cuts, room: room, variant) == expected,
                "\(variant) of \(text) cut at \(cuts) with room for \(room), \(replay)")
        }
    }

    @Test("a text may be cut at every byte, and at every two")
    func everyCut() {
        let row = "a,\"b\"\"\r\n,é\"\r\n\"\",\"\n\",,\n"
        let text = Array((row + String(repeating: "y", count: 60) + row).utf8)
        let expected = naive(text)
        #expect(expected.anomaly == nil && expected.marks.count == 18)
        for variant in Self.variants {
            #expect(scanned(text, cuts: Array(0...text.count), variant) == expected)
            for first in 0...text.count {
                #expect(scanned(text, cuts: [first, min(first + 7, text.count)], variant) == expected)
            }
        }
    }

    @Test("with less room than 64 marks it keeps to what there is")
    func littleRoom() {
        let text = [UInt8](repeating: UInt8(ascii: ","), count: 100)
        for variant in Self.variants {
            var scan = StructureScan(variant: variant)
            var marks = [UInt32](repeating: 7, count: 64)
            var span = marks.mutableSpan
            var part = span._mutatingExtracting(0..<63)
            let result = scan.scan(text.span, into: &part)
            #expect(result.consumed == 0 && result.count == 0 && marks[63] == 7)
        }
    }
}
