import Model

/// A point in time or a whole day, in milliseconds since 1970.
///
/// A day (xsd:date) is the 24 hours from its midnight: `lteq 2026-12-31` holds until the end of that day, and
/// `eq` all through it. Without a zone both are UTC.
struct TimeSpan: Hashable, Sendable {
    var start: Int64
    /// Exclusive. A point in time is one millisecond long.
    var end: Int64

    init(_ instant: Instant) {
        start = instant.milliseconds
        end = start + 1
    }

    init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }

    var isDay: Bool { end - start == 86_400_000 }

    /// Reads xsd:date (`2026-11-22`, perhaps with a zone) and xsd:dateTime, also without its seconds, as the
    /// Dataspace Protocol's own examples write it; nil for anything else.
    init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        // xsd:date is ten characters and perhaps a zone; xsd:dateTime has a `T` after them.
        if text.utf8.dropFirst(10).first == UInt8(ascii: "T") {
            guard let instant = Instant(text) ?? Instant(Self.withSeconds(text)) else { return nil }
            self.init(instant)
            return
        }
        let zone = text.dropFirst(10)
        guard zone.first.map({ "Z+-".contains($0) }) ?? true,
            let midnight = Instant("\(text.prefix(10))T00:00:00\(zone)")
        else { return nil }
        self.init(start: midnight.milliseconds, end: midnight.milliseconds + 86_400_000)
    }

    /// `2026-12-31T06:00Z` as `2026-12-31T06:00:00Z`.
    private static func withSeconds(_ text: String) -> String { "\(text.prefix(16)):00\(text.dropFirst(16))" }
}

extension TimeSpan: CustomStringConvertible {
    /// As policies write it: a day in UTC by its date, anything else as a point in time.
    var description: String {
        let text = Instant(milliseconds: start).description
        return isDay && start % 86_400_000 == 0 ? String(text.prefix(10)) : text
    }
}
