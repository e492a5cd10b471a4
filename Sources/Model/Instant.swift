/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Written and read as RFC 3339 in UTC with exactly three decimals, as every interface of Sluis does:
/// `2026-11-22T06:48:23.123Z`. Nothing in the core reads a clock: an instant always comes in from outside.
public struct Instant: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z: what RFC 3339 can write.
    static let writable: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// This instant moved by whole seconds, held at the ends of what can be written.
    public func adding(seconds: Int64) -> Instant {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflowed) = milliseconds.addingReportingOverflow(product)
        if overflow || overflowed {
            return Instant(milliseconds: seconds < 0 ? Self.writable.lowerBound : Self.writable.upperBound)
        }
        return Instant(milliseconds: min(max(sum, Self.writable.lowerBound), Self.writable.upperBound))
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds.
    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes the same behind a text: 24 bytes.
    public func append(to text: inout [UInt8]) {
        let clamped = min(max(milliseconds, Self.writable.lowerBound), Self.writable.upperBound)
        let day = clamped.flooredQuotient(by: 86_400_000)
        let rest = clamped - day * 86_400_000
        let date = CivilDate(daysSince1970: day)
        func write(_ number: Int64, _ width: Int, then separator: Unicode.Scalar) {
            var divisor: Int64 = width == 4 ? 1000 : width == 3 ? 100 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: separator))
        }
        write(date.year, 4, then: "-")
        write(date.month, 2, then: "-")
        write(date.day, 2, then: "T")
        write(rest / 3_600_000, 2, then: ":")
        write(rest / 60_000 % 60, 2, then: ":")
        write(rest / 1000 % 60, 2, then: ".")
        write(rest % 1000, 3, then: "Z")
    }
}

extension Instant {
    /// Reads an RFC 3339 date-time, or (as ODRL policies write) a bare date or a date-time without a zone,
    /// which then is UTC. Digits beyond the millisecond are cut. A leap second, which only the last minute of
    /// a month in UTC can have, counts as the second before it.
    ///
    /// Returns nil for anything else, a day that does not exist included.
    public init?(_ text: some StringProtocol) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.digits(4), scanner.skip(UInt8(ascii: "-")),
            let month = scanner.digits(2), scanner.skip(UInt8(ascii: "-")),
            let day = scanner.digits(2),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        let midnight = date.daysSince1970 * 86_400_000
        if scanner.isAtEnd {
            self.init(milliseconds: midnight)
            return
        }
        guard
            scanner.skip(UInt8(ascii: "T")) || scanner.skip(UInt8(ascii: "t"))
                || scanner.skip(UInt8(ascii: " ")),
            let time = scanner.timeOfDay(), let offset = scanner.zoneOffset(), scanner.isAtEnd
        else { return nil }
        let result = midnight + time.milliseconds - offset
        guard Self.writable.contains(result), !time.isLeapSecond || Self.isInLastMinuteOfMonth(result) else {
            return nil
        }
        self.init(milliseconds: result)
    }

    private static func isInLastMinuteOfMonth(_ milliseconds: Int64) -> Bool {
        let (minute, minutesPerDay): (Int64, Int64) = (60_000, 1440)
        let next = milliseconds.flooredQuotient(by: minute) + 1
        return next % minutesPerDay == 0 && CivilDate(daysSince1970: next / minutesPerDay).day == 1
    }
}

extension Instant {
    /// Midnight in UTC at the beginning of a month of the proleptic Gregorian calendar; nil outside of the
    /// years 1 to 9999.
    public static func firstOfMonth(year: Int64, month: Int64) -> Instant? {
        CivilDate(year: year, month: month, day: 1).map {
            Instant(milliseconds: $0.daysSince1970 * 86_400_000)
        }
    }
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate {
    var year: Int64, month: Int64, day: Int64

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[Int(month - 1)]).contains(day) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Howard Hinnant's `civil_from_days`: eras of 400 years that begin on 1 March.
    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.flooredQuotient(by: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that times before 1970 work.
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// Reads the fixed-width parts of a date-time.
private struct DigitScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard bytes.count - position >= count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        position += count
        return value
    }

    /// `HH:MM:SS[.fraction]`; second 60 as 59, and told.
    mutating func timeOfDay() -> (milliseconds: Int64, isLeapSecond: Bool)? {
        guard let hour = digits(2), hour < 24, skip(UInt8(ascii: ":")),
            let minute = digits(2), minute < 60, skip(UInt8(ascii: ":")),
            let second = digits(2), second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(UInt8(ascii: ".")) {
            var scale: Int64 = 100
            guard let first = digits(1) else { return nil }
            fraction = first * scale
            while let digit = digits(1) {
                scale /= 10
                fraction += digit * scale
            }
        }
        return (((hour * 60 + minute) * 60 + min(second, 59)) * 1000 + fraction, second == 60)
    }

    /// `Z`, `+HH:MM`, `-HH:MM` or nothing (UTC), in milliseconds east of UTC.
    mutating func zoneOffset() -> Int64? {
        if isAtEnd || skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) { return 0 }
        let sign: Int64
        if skip(UInt8(ascii: "+")) {
            sign = 1
        } else if skip(UInt8(ascii: "-")) {
            sign = -1
        } else {
            return nil
        }
        guard let hour = digits(2), hour < 24, skip(UInt8(ascii: ":")), let minute = digits(2), minute < 60
        else { return nil }
        return sign * (hour * 60 + minute) * 60_000
    }
}
