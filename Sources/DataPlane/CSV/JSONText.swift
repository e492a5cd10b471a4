/// JSON strings as NDJSON writes them (RFC 8259 section 7), shortest escapes, UTF-8 as it is.
enum JSONText {
    /// Whether a byte must be escaped.
    @inline(__always)
    static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// How many bytes the text takes between its quotes.
    static func escapedLength(_ text: Span<UInt8>) -> Int {
        var length = text.count
        for index in text.indices where needsEscape(text[index]) {
            length += escapes[Int(text[index])].count - 1
        }
        return length
    }

    static func appendEscaped(_ text: [UInt8], to output: inout [UInt8]) {
        for byte in text {
            if needsEscape(byte) { output += escapes[Int(byte)] } else { output.append(byte) }
        }
    }

    /// The line that says which owner's rows a reader drops.
    static func retraction(_ ownerKey: String) -> [UInt8] {
        var line = Array("{\"retract\":\"".utf8)
        appendEscaped(Array(ownerKey.utf8), to: &line)
        return line + Array("\"}\n".utf8)
    }

    /// By byte; empty for those that stand for themselves.
    static let escapes: [[UInt8]] = (0..<128).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "\""): Array("\\\"".utf8)
        case UInt8(ascii: "\\"): Array("\\\\".utf8)
        case 0x08: Array("\\b".utf8)
        case 0x09: Array("\\t".utf8)
        case 0x0A: Array("\\n".utf8)
        case 0x0C: Array("\\f".utf8)
        case 0x0D: Array("\\r".utf8)
        case 0..<0x20: Array("\\u00".utf8) + [48 + UInt8(byte >> 4), hexDigit(UInt8(byte & 15))]
        default: []
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}
