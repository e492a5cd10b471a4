/// A time as `CalendarText` takes it, as an instant: whole seconds, and a fraction of any length.
///
/// A text without a zone is in UTC. Second 60 counts as the second before it, as `Instant` has it.
struct TimeText {
    /// Since 1 March of the year 0.
    let seconds: Int
    /// The fraction's digits; empty without one.
    let fraction: Range<Int>

    /// Nil for a text that is too short to be a time; of other texts that are none the result means nothing.
    @inline(__always)
    init?(_ text: Span<UInt8>, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= 19 else { return nil }
        let year = 100 * Self.number(text, start) + Self.number(text, start + 2)
        let day = Self.day(year, Self.number(text, start + 5), Self.number(text, start + 8))
        let minute = (day * 24 + Self.number(text, start + 11)) * 60 + Self.number(text, start + 14)
        var seconds = minute * 60 + min(Self.number(text, start + 17), 59)
        var end = start + 19
        if end < range.upperBound, text[end] == UInt8(ascii: ".") {
            end += 1
            while end < range.upperBound, text[end] &- 48 < 10 { end += 1 }
            fraction = start + 20..<end
        } else {
            fraction = end..<end
        }
        if range.upperBound - end == 6 {
            let east = Self.number(text, end + 1) * 3600 + Self.number(text, end + 4) * 60
            seconds += text[end] == UInt8(ascii: "-") ? east : -east
        }
        self.seconds = seconds
    }

    /// From 1 March of the year 0 to 1 January 1970.
    private static let secondsBefore1970 = 719_468 * 86_400

    /// A day's first millisecond, or that of a time, since 1970; digits behind it are cut. Nil for a text
    /// that is too short to be either.
    @inline(__always)
    static func milliseconds(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        let start = range.lowerBound
        if range.count == 10 {
            let year = 100 * number(text, start) + number(text, start + 2)
            let day = day(year, number(text, start + 5), number(text, start + 8))
            return Int64(day * 86_400 - secondsBefore1970) * 1000
        }
        guard let time = TimeText(text, range) else { return nil }
        var milliseconds = 0
        for offset in 0..<3 {
            let digit = time.fraction.lowerBound + offset
            milliseconds = 10 * milliseconds + (digit < time.fraction.upperBound ? Int(text[digit] &- 48) : 0)
        }
        return Int64((time.seconds - secondsBefore1970) * 1000 + milliseconds)
    }

    /// Two digits.
    @inline(__always)
    private static func number(_ text: Span<UInt8>, _ start: Int) -> Int {
        Int(text[start] &- 48) * 10 + Int(text[start + 1] &- 48)
    }

    /// Days since 1 March of the year 0 (Howard Hinnant's `days_from_civil`, without its eras).
    @inline(__always)
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
            + (153 * monthFromMarch + 2) / 5 + day - 1
    }

    /// How this time of `text` stands to one of these seconds with, in `pool`, these digits of a fraction.
    @inline(__always)
    func order(
        _ text: Span<UInt8>, toSeconds otherSeconds: Int, _ pool: Span<UInt8>, _ otherFraction: Range<Int>
    ) -> ValueOrder {
        guard seconds == otherSeconds else { return seconds < otherSeconds ? .less : .greater }
        for offset in 0..<max(fraction.count, otherFraction.count) {
            let digit = offset < fraction.count ? text[fraction.lowerBound + offset] : 48
            let other = offset < otherFraction.count ? pool[otherFraction.lowerBound + offset] : 48
            guard digit == other else { return digit < other ? .less : .greater }
        }
        return .equal
    }
}
