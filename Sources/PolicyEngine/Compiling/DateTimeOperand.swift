import Model

/// The right operand of `dateTime`: a point in time, or a day.
///
/// A day (xsd:date) is the 24 hours from its midnight: `lteq 2026-12-31` holds until the end of that day, and
/// `eq` all through it. Without a zone both are UTC.
struct DateTimeOperand {
    /// Milliseconds since 1970, the end exclusive. A point in time is one millisecond long.
    let start: Int64, end: Int64

    init(_ value: Constraint.Value) throws(NotCompiled) {
        let isDay = Self.isDay(value.text)
        switch value.dataType {
        case nil: break
        case XSD.date where isDay: break
        case XSD.dateTime where !isDay: break
        case XSD.date, XSD.dateTime:
            throw NotCompiled("right_operand_unknown", "`\(brief(value.text))` is not of its data type")
        default: throw .dataType(value)
        }
        guard value.form == .string, let start = Self.instant(value.text, isDay: isDay) else {
            throw NotCompiled("right_operand_unknown", "`\(brief(value.text))` is not a date or a time")
        }
        self.start = start.milliseconds
        end = start.milliseconds + (isDay ? 86_400_000 : 1)
    }

    func test(_ comparison: Operator) -> Test {
        switch comparison {
        case .lt: .dateTime(start: .min, end: start, isInverted: false)
        case .lteq: .dateTime(start: .min, end: end, isInverted: false)
        case .gt: .dateTime(start: .min, end: end, isInverted: true)
        case .gteq: .dateTime(start: .min, end: start, isInverted: true)
        case .neq: .dateTime(start: start, end: end, isInverted: true)
        default: .dateTime(start: start, end: end, isInverted: false)
        }
    }

    /// xsd:date is ten characters and perhaps a zone; xsd:dateTime has a `T` after them.
    private static func isDay(_ text: String) -> Bool { text.utf8.dropFirst(10).first != UInt8(ascii: "T") }

    private static func instant(_ text: String, isDay: Bool) -> Instant? {
        guard text.utf8.count <= 64 else { return nil }
        guard isDay else { return Instant(text) }
        let zone = text.dropFirst(10)
        guard zone.first.map({ "Z+-".contains($0) }) ?? true else { return nil }
        return Instant("\(text.prefix(10))T00:00:00\(zone)")
    }
}
