import Model

extension FieldType {
    /// Whether the text is a value of this type. `text` is valid UTF-8.
    ///
    /// Integers and decimals follow JSON's number grammar (RFC 8259 section 6), so that NDJSON can write the
    /// published digits: no leading `+`, no leading zeros.
    func accepts(_ text: Span<UInt8>) -> Bool {
        switch self {
        case .string: true
        case .integer: Self.isInteger(text)
        case .decimal: Self.isDecimal(text)
        case .boolean: Self.isBoolean(text)
        case .date: text.count == 10 && CalendarText.isDate(text)
        case .datetime: CalendarText.isDateTime(text)
        }
    }

    /// What a value of this type looks like, for messages.
    var expectation: String {
        switch self {
        case .string: "any text"
        case .integer: "an integer of at most 38 digits, without `+` and leading zeros"
        case .decimal: "a number such as -12.5 or 1e6, without `+` and leading zeros"
        case .boolean: "true or false"
        case .date: "a date such as 2026-11-22"
        case .datetime: "a time such as 2026-11-22T06:48:23Z"
        }
    }

    /// Digits that any database can hold as a number.
    private static let maximumIntegerDigits = 38

    private static func isInteger(_ text: Span<UInt8>) -> Bool {
        let start = integerPart(text)
        return start.end == text.count && start.digits > 0 && start.digits <= maximumIntegerDigits
    }

    /// Where an optional minus and digits without leading zeros end, and how many digits there are.
    private static func integerPart(_ text: Span<UInt8>) -> (end: Int, digits: Int) {
        let start = text.count > 0 && text[0] == UInt8(ascii: "-") ? 1 : 0
        let end = skipDigits(text, start)
        if end - start > 1, text[start] == UInt8(ascii: "0") { return (start, 0) }
        return (end, end - start)
    }

    private static func isDecimal(_ text: Span<UInt8>) -> Bool {
        var (end, digits) = integerPart(text)
        guard digits > 0 else { return false }
        if end < text.count, text[end] == UInt8(ascii: ".") {
            let start = end + 1
            end = skipDigits(text, start)
            guard end > start else { return false }
        }
        guard end < text.count else { return digits < 300 || isFinite(text) }
        guard text[end] | 0x20 == UInt8(ascii: "e") else { return false }
        var start = end + 1
        if start < text.count, text[start] == UInt8(ascii: "-") || text[start] == UInt8(ascii: "+") {
            start += 1
        }
        digits = skipDigits(text, start) - start
        return digits > 0 && start + digits == text.count && isFinite(text)
    }

    /// A number too large for a double would be read by many as infinity.
    private static func isFinite(_ text: Span<UInt8>) -> Bool {
        var characters: [UInt8] = []
        characters.append(text, 0..<text.count)
        return Double(String(decoding: characters, as: UTF8.self))?.isFinite ?? false
    }

    private static func skipDigits(_ text: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < text.count, text[index] &- 48 < 10 { index += 1 }
        return index
    }

    private static func isBoolean(_ text: Span<UInt8>) -> Bool {
        switch text.count {
        case 4:
            text[0] == UInt8(ascii: "t") && text[1] == UInt8(ascii: "r") && text[2] == UInt8(ascii: "u")
                && text[3] == UInt8(ascii: "e")
        case 5:
            text[0] == UInt8(ascii: "f") && text[1] == UInt8(ascii: "a") && text[2] == UInt8(ascii: "l")
                && text[3] == UInt8(ascii: "s") && text[4] == UInt8(ascii: "e")
        default: false
        }
    }
}
