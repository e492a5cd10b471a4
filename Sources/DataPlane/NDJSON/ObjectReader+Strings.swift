extension ObjectReader {
    /// Reads the string that begins here; where its text lies, unescaped.
    mutating func readString(member: Int?) throws(NDJSONFault) -> Range<Int> {
        let start = position + 1
        var index = start
        while index < lineEnd {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                return start..<index
            }
            if byte == UInt8(ascii: "\\") { return try readEscaped(start, index, member) }
            if byte < 0x20 { throw control(at: index, member) }
            index += 1
        }
        throw openString(start - 1, member)
    }

    /// The same for a string with its first escape at `index`: its text goes behind the line.
    private mutating func readEscaped(
        _ start: Int, _ escape: Int, _ member: Int?
    ) throws(NDJSONFault) -> Range<Int> {
        let result = text.count
        for index in start..<escape { text.append(text[index]) }
        var index = escape
        while index < lineEnd {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""):
                position = index + 1
                return result..<text.count
            case UInt8(ascii: "\\"): index = try appendEscaped(index, member)
            case ..<0x20: throw control(at: index, member)
            default:
                text.append(byte)
                index += 1
            }
        }
        throw openString(start - 1, member)
    }

    /// Appends what the escape at `index` stands for (RFC 8259 section 7).
    /// - Returns: where it ends.
    private mutating func appendEscaped(_ index: Int, _ member: Int?) throws(NDJSONFault) -> Int {
        guard index + 1 < lineEnd else { throw openString(index, member) }
        switch text[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(text[index + 1])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): return try appendCodePoint(index, member)
        default: throw fault(.invalidEscape, at: index, member)
        }
        return index + 2
    }

    private mutating func appendCodePoint(_ index: Int, _ member: Int?) throws(NDJSONFault) -> Int {
        guard let unit = hexUnit(index) else { throw fault(.invalidEscape, at: index, member) }
        var (value, end) = (UInt32(unit), index + 6)
        if unit & 0xFC00 == 0xD800, let low = hexUnit(end), low & 0xFC00 == 0xDC00 {
            value = 0x1_0000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF))
            end += 6
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault(.loneSurrogate, at: index, member) }
        guard value > 0 else { throw fault(.nulByte, at: index, member) }
        text.append(contentsOf: scalar.utf8)
        return end
    }

    /// The four hexadecimal digits of an escape `\uXXXX`; nil if there is none.
    private func hexUnit(_ index: Int) -> UInt16? {
        guard index + 6 <= lineEnd, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for digit in text[index + 2..<index + 6] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(digit - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                unit = unit << 4 | UInt16((digit | 0x20) - 87)
            default: return nil
            }
        }
        return unit
    }

    // MARK: What is wrong

    private func control(at index: Int, _ member: Int?) -> NDJSONFault {
        fault(text[index] == 0 ? .nulByte : .controlCharacter, at: index, member)
    }

    private func openString(_ index: Int, _ member: Int?) -> NDJSONFault {
        fault(.openString, at: index, member)
    }

    private func fault(_ reason: BadLine.Reason, at index: Int, _ member: Int?) -> NDJSONFault {
        NDJSONFault(reason: reason, offset: index, value: index..<lineEnd, member: member)
    }
}
