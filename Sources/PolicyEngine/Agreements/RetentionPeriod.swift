/// How long data may be kept: an ISO 8601 duration as XML Schema 1.1 Part 2 section 3.3.6 writes it, not
/// negative and not empty, such as `P90D` or `P1Y6M` or `PT12H`.
public struct RetentionPeriod: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Nil for anything else; no number has more than nine digits.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        guard rest.popFirst() == "P" else { return nil }
        let halves = rest.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = Self.parts(halves[0], units: "YMD"),
            let time = Self.parts(halves.count > 1 ? halves[1] : "", units: "HMS"),
            date + time > 0, halves.count == 1 || time > 0
        else { return nil }
        self.text = String(text)
    }

    public var description: String { text }

    /// How many numbers with their units there are; nil if one is out of order or not a number.
    private static func parts(_ text: Substring, units: String) -> Int? {
        var rest = text
        var units = Substring(units)
        var count = 0
        while !rest.isEmpty {
            let digits = rest.utf8.prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            rest = rest[digits.endIndex...]
            guard let unit = rest.popFirst(), let place = units.firstIndex(of: unit) else { return nil }
            units = units[units.index(after: place)...]
            count += 1
        }
        return count
    }
}
