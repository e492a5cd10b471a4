import TestSupport

/// Small files of nasty cells, for comparing with the reference.
struct RandomCSV {
    var text: String
    var nullValues: [String]
    var columns: Int

    private static let names = ["owner", "b", "naïve, \"x\"", "d\ne", "\\"]
    private static let kinds: [[String]] = [
        [
            "", "NA", "-", "a", "say \"hi\"", "x,y", "l1\nl2", "l1\r\nl2", "\r", "é€😀", "\t\u{1}", "\\",
            " a ", "\"", "'",
        ],
        ["0", "-1", "12", "99999999999999999999"],
        ["0", "-1.5", "1e5", "2.50"],
        ["true", "false"],
        ["2024-02-29", "1999-12-31"],
        ["2024-02-29T00:00:00", "1999-12-31T23:59:59.5+01:00"],
        ["o1", "o2", "o3", "", "NA"],
        ["1", "01130", "+1"],
    ]

    init(_ random: inout SeededGenerator, longTexts: Bool = false) {
        columns = Int.random(in: 1...4, using: &random)
        nullValues = ["", "NA", "-", "0", "12"].filter { _ in random.chance(40) }
        let line = random.chance(30) ? "\r\n" : "\n"
        var kinds = (0..<columns).map { _ in random.pick(Self.kinds) }
        kinds[0] = random.chance(70) ? Self.kinds[6] : kinds[0]
        text = random.chance(10) ? "\u{FEFF}" : ""
        text += Self.names[..<columns].map { Self.cell($0, &random) }.joined(separator: ",") + line
        for _ in 0..<Int.random(in: 0...(longTexts ? 60 : 8), using: &random) {
            let cells = kinds.map { kind in
                let isMarker = random.chance(15) && !nullValues.isEmpty
                var cell = isMarker ? random.pick(nullValues) : random.pick(kind)
                if longTexts, random.chance(30) {
                    cell += String(
                        repeating: random.pick(["x", "\"", "é,"]), count: random.pick([100, 5_000, 2_600]))
                }
                return Self.cell(cell, &random)
            }
            text += cells.joined(separator: ",") + line
        }
    }

    /// Quoted where it must be, and else now and then.
    private static func cell(_ text: String, _ random: inout SeededGenerator) -> String {
        let mustQuote = text.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
        guard mustQuote || random.chance(20) else { return text }
        let doubled = text.unicodeScalars.flatMap { $0 == "\"" ? ["\"", "\""] : [$0] }
        return "\"" + String(String.UnicodeScalarView(doubled)) + "\""
    }

    private static let nastyBytes = Array("\"\"\",,\n\n\r\u{0}a1 é\u{FEFF}".utf8) + [0xFF, 0xC3]

    /// With up to four bytes lost, added or changed, and sometimes without its last line end.
    func damaged(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        if random.chance(20) { bytes.removeLast() }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(random.pick(Self.nastyBytes), at: place)
            default: bytes[place] = random.pick(Self.nastyBytes)
            }
        }
        return bytes
    }
}
