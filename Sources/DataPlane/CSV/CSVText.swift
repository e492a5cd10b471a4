/// Cells as Sluis writes them: quoted only where a reader would else take them for something else.
enum CSVText {
    /// Whether the text would end its cell or line, or open a quoted cell.
    @inline(__always)
    static func hasDelimiters(_ text: Span<UInt8>) -> Bool {
        var index = 0
        // Most texts hold few bytes up to the comma, the greatest delimiter: eight at a time tell.
        while index + 8 <= text.count {
            let word = text.load64(index)
            let isLow = (word &- 0x2D2D_2D2D_2D2D_2D2D) & ~word & 0x8080_8080_8080_8080 != 0
            if isLow, hasDelimiters(text, index..<index + 8) { return true }
            index += 8
        }
        return hasDelimiters(text, index..<text.count)
    }

    @inline(__always)
    private static func hasDelimiters(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range {
            let byte = text[index]
            if byte <= UInt8(ascii: ","),
                byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
                    || byte == UInt8(ascii: "\r")
            {
                return true
            }
        }
        return false
    }

    /// In quotes, with each quote in it doubled.
    static func appendQuoted(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var start = 0
        for index in text.indices where text[index] == UInt8(ascii: "\"") {
            output.append(text, start..<index + 1)
            start = index
        }
        output.append(text, start..<text.count)
        output.append(UInt8(ascii: "\""))
    }

    /// A header line with LF. A name that begins with a byte order mark is quoted, else it could lose it.
    static func header(_ names: [String]) -> [UInt8] {
        var output: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            let text = Array(name.utf8)
            if hasDelimiters(text.span) || text.starts(with: [0xEF, 0xBB, 0xBF]) {
                appendQuoted(text.span, to: &output)
            } else {
                output += text
            }
        }
        output.append(UInt8(ascii: "\n"))
        return output
    }
}
