/// Dates and times as RFC 3339 section 5.6 writes them, the zone optional and `T` or a space between.
///
/// It accepts what `Instant` reads, so that a stored time can always be compared, with one exception that no
/// data set meets: the first and the last day of the calendar, where a zone could lead out of it.
enum CalendarText {
    /// `YYYY-MM-DD` at the start of the text: a day that exists, from year 1.
    static func isDate(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let century = number(text, 0), let yearOfCentury = number(text, 2),
            let month = number(text, 5), let day = number(text, 8)
        else { return false }
        let year = century * 100 + yearOfCentury
        return year > 0 && (1...12).contains(month) && day > 0 && day <= length(ofMonth: month, year)
    }

    /// A date, `T`, `t` or a space, `HH:MM:SS`, an optional fraction and an optional zone.
    static func isDateTime(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 19, isDate(text), isSeparator(text[10]),
            let hour = number(text, 11), hour < 24, text[13] == UInt8(ascii: ":"),
            let minute = number(text, 14), minute < 60, text[16] == UInt8(ascii: ":"),
            let second = number(text, 17), second <= 60
        else { return false }
        var end = 19
        if end < text.count, text[end] == UInt8(ascii: ".") {
            end += 1
            while end < text.count, text[end] &- 48 < 10 { end += 1 }
            guard end > 20 else { return false }
        }
        return end == text.count || isZone(text, end)
    }

    /// `Z`, or hours and minutes east or west; not on a day from which they could lead out of the calendar.
    private static func isZone(_ text: Span<UInt8>, _ start: Int) -> Bool {
        if text[start] | 0x20 == UInt8(ascii: "z") { return text.count == start + 1 }
        guard text[start] == UInt8(ascii: "+") || text[start] == UInt8(ascii: "-"),
            text.count == start + 6, let hour = number(text, start + 1), hour < 24,
            text[start + 3] == UInt8(ascii: ":"), let minute = number(text, start + 4), minute < 60
        else { return false }
        return !isEdgeOfCalendar(text)
    }

    private static func isEdgeOfCalendar(_ text: Span<UInt8>) -> Bool {
        let monthAndDay = (number(text, 5), number(text, 8))
        return switch (number(text, 0), number(text, 2)) {
        case (0, 1): monthAndDay == (1, 1)
        case (99, 99): monthAndDay == (12, 31)
        default: false
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte | 0x20 == UInt8(ascii: "t") || byte == UInt8(ascii: " ")
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Two digits.
    private static func number(_ text: Span<UInt8>, _ start: Int) -> Int? {
        let tens = text[start] &- 48
        let ones = text[start + 1] &- 48
        return tens < 10 && ones < 10 ? Int(tens) * 10 + Int(ones) : nil
    }
}
