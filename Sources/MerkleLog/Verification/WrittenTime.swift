/// Times as Sluis writes them: `2026-11-22T06:48:23.123Z`, always 24 bytes.
enum WrittenTime {
    /// Whether `text` is the one way to write some instant of the years 1 to 9999 (RFC 3339 section 5.6, in
    /// UTC, with milliseconds and without leap seconds, which no instant is written as).
    static func isOne(_ text: Span<UInt8>) -> Bool {
        guard text.count == 24, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[19] == UInt8(ascii: "."), text[23] == UInt8(ascii: "Z"),
            let century = pair(text, at: 0), let years = pair(text, at: 2), let month = pair(text, at: 5),
            let day = pair(text, at: 8), let hour = pair(text, at: 11), let minute = pair(text, at: 14),
            let second = pair(text, at: 17), pair(text, at: 20) != nil, isDigit(text[22])
        else { return false }
        return isDay(day, month: month, year: century * 100 + years) && hour < 24 && minute < 60
            && second < 60
    }

    private static func isDay(_ day: Int, month: Int, year: Int) -> Bool {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let last =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            case 1, 3, 5, 7, 8, 10, 12: 31
            default: 0
            }
        return year > 0 && day > 0 && day <= last
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private static func pair(_ text: Span<UInt8>, at offset: Int) -> Int? {
        guard isDigit(text[offset]), isDigit(text[offset + 1]) else { return nil }
        return Int(text[offset] - 48) * 10 + Int(text[offset + 1] - 48)
    }
}
