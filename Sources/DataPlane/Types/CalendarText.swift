/// Dates and times as RFC 3339 section 5.6 writes them, the zone optional and `T` or a space between.
///
/// It accepts what `Instant` reads, so that a stored time can always be compared, with one exception that no
/// data set meets: the first and the last day of the calendar, where a zone could lead out of it.
enum CalendarText {
    /// `YYYY-MM-DD` at the start of the text: a day that exists, from year 1.
    @inline(__always)
    static func isDate(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 10, let century = number(text, 0), let pairs = pairs(text, 2, separator: "-")
        else {
            return false
        }
        let year = century * 100 + pair(pairs, 0)
        let month = pair(pairs, 1)
        let day = pair(pairs, 2)
        return year > 0 && (1...12).contains(month) && day > 0
            && (day <= 28 || day <= length(ofMonth: month, year))
    }

    /// A date, `T`, `t` or a space, `HH:MM:SS`, an optional fraction and an optional zone.
    static func isDateTime(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 19, isDate(text), isSeparator(text[10]),
            let pairs = pairs(text, 11, separator: ":"), pair(pairs, 0) < 24, pair(pairs, 1) < 60,
            pair(pairs, 2) <= 60
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

    /// The eight bytes from `start` if they are three pairs of digits with the separator between; of a digit
    /// its value, of a separator 0.
    @inline(__always)
    private static func pairs(
        _ text: Span<UInt8>, _ start: Int, separator: Unicode.Scalar
    ) -> UInt64? {
        let between = UInt64(UInt8(ascii: separator))
        let values = text.load64(start) ^ (0x3030_0030_3000_3030 | between << 16 | between << 40)
        // A value above 9 carries into the upper half of its byte when 6 is added.
        let odd = (values | values &+ 0x0606_0006_0600_0606) & 0xF0F0_FFF0_F0FF_F0F0
        return odd == 0 ? values : nil
    }

    /// The first, second or third of the pairs.
    @inline(__always)
    private static func pair(_ pairs: UInt64, _ index: Int) -> Int {
        let bits = pairs >> UInt64(24 * index)
        return Int(bits & 15) * 10 + Int(bits >> 8 & 15)
    }

    /// Two digits.
    @inline(__always)
    private static func number(_ text: Span<UInt8>, _ start: Int) -> Int? {
        let tens = text[start] &- 48
        let ones = text[start + 1] &- 48
        return tens < 10 && ones < 10 ? Int(tens) * 10 + Int(ones) : nil
    }
}
