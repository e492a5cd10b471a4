/// Values but strings.
extension ObjectReader {
    /// Where the text of the value lies, and what it is; nil for null.
    mutating func readValue(_ member: Int?) throws(NDJSONFault) -> (Range<Int>, ValueKind?) {
        let start = position
        guard position < lineEnd else { throw unexpected(.invalidJSON, member: member) }
        switch text[position] {
        case UInt8(ascii: "\""): return (try readString(member: member), .string)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try readNumber(member)
            return (start..<position, .number)
        case UInt8(ascii: "t"):
            try readWord(Self.yes, member)
            return (start..<position, .boolean)
        case UInt8(ascii: "f"):
            try readWord(Self.no, member)
            return (start..<position, .boolean)
        case UInt8(ascii: "n"):
            try readWord(Self.null, member)
            return (start..<start, nil)
        case UInt8(ascii: "{"), UInt8(ascii: "["): throw unexpected(.nestedValue, member: member)
        default: throw unexpected(.invalidJSON, Self.valueExpected, member: member)
        }
    }

    private static let valueExpected =
        "a value is expected here: a string in double quotes, a number, true, false or null"

    private static let yes = Array("true".utf8), no = Array("false".utf8), null = Array("null".utf8)

    private mutating func readWord(_ word: [UInt8], _ member: Int?) throws(NDJSONFault) {
        let end = position + word.count
        guard end <= lineEnd, text[position..<end].elementsEqual(word), isValueEnd(end) else {
            throw unexpected(.invalidJSON, Self.valueExpected, member: member)
        }
        position = end
    }

    /// RFC 8259 section 6.
    private mutating func readNumber(_ member: Int?) throws(NDJSONFault) {
        var index = position + (text[position] == UInt8(ascii: "-") ? 1 : 0)
        let integer = index
        var isNumber = skipDigits(&index) > 0
        if text[integer..<index].first == UInt8(ascii: "0"), index - integer > 1 { isNumber = false }
        if index < lineEnd, text[index] == UInt8(ascii: ".") {
            index += 1
            if skipDigits(&index) == 0 { isNumber = false }
        }
        if index < lineEnd, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < lineEnd, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
                index += 1
            }
            if skipDigits(&index) == 0 { isNumber = false }
        }
        guard isNumber, isValueEnd(index) else { throw unexpected(.invalidNumber, member: member) }
        position = index
    }

    private func skipDigits(_ index: inout Int) -> Int {
        let start = index
        while index < lineEnd, text[index] &- 48 < 10 { index += 1 }
        return index - start
    }

    /// Whether a number or word may end here: nothing that looks as if it belonged to it follows.
    private func isValueEnd(_ index: Int) -> Bool {
        guard index < lineEnd else { return true }
        return switch text[index] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            true
        default: false
        }
    }
}
