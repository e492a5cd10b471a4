import Model

/// A span of time as xsd:duration writes it (XML Schema 1.1 Part 2 section 3.3.6): months and milliseconds
/// apart, because months have no fixed length.
struct CalendarDuration: Hashable, Sendable {
    var months: Int64
    var milliseconds: Int64

    init(months: Int64, milliseconds: Int64) {
        self.months = months
        self.milliseconds = milliseconds
    }

    /// Nil for anything else; no number has more than nine digits before its point.
    init?(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes.removeFirst() }
        guard bytes.first == UInt8(ascii: "P"), bytes.count <= 64 else { return nil }
        let halves = bytes.dropFirst().split(
            separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = Self.parts(halves[0], Self.dateUnits),
            let time = Self.parts(halves.count > 1 ? halves[1] : [], Self.timeUnits),
            date.count + time.count > 0, halves.count == 1 || time.count > 0
        else { return nil }
        let sign: Int64 = isNegative ? -1 : 1
        months = sign * (date.months + time.months)
        milliseconds = sign * (date.milliseconds + time.milliseconds)
    }

    private typealias Unit = (letter: UInt8, months: Int64, milliseconds: Int64)

    private static let dateUnits: [Unit] = [
        (UInt8(ascii: "Y"), 12, 0), (UInt8(ascii: "M"), 1, 0), (UInt8(ascii: "D"), 0, 86_400_000),
    ]
    private static let timeUnits: [Unit] = [
        (UInt8(ascii: "H"), 0, 3_600_000), (UInt8(ascii: "M"), 0, 60_000), (UInt8(ascii: "S"), 0, 1000),
    ]

    private static func parts(_ text: ArraySlice<UInt8>, _ units: [Unit])
        -> (count: Int, months: Int64, milliseconds: Int64)?
    {
        var rest = text
        var units = units[...]
        var (count, months, milliseconds): (Int, Int64, Int64) = (0, 0, 0)
        while !rest.isEmpty {
            let digits = rest.prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count), let number = Int64(String(decoding: digits, as: UTF8.self))
            else { return nil }
            rest = rest.dropFirst(digits.count)
            var fraction: Int64 = 0
            if rest.first == UInt8(ascii: ".") {
                let places = rest.dropFirst().prefix { (48...57).contains($0) }
                guard (1...3).contains(places.count),
                    let thousandths = Int64(
                        (String(decoding: places, as: UTF8.self) + "00").prefix(3)),
                    rest.dropFirst(1 + places.count).first == UInt8(ascii: "S")
                else { return nil }
                fraction = thousandths
                rest = rest.dropFirst(1 + places.count)
            }
            guard let letter = rest.popFirst(), let place = units.firstIndex(where: { $0.letter == letter })
            else { return nil }
            months += number * units[place].months
            milliseconds += number * units[place].milliseconds + fraction
            units = units[units.index(after: place)...]
            count += 1
        }
        return (count, months, milliseconds)
    }

    /// -1, 0 or 1; nil where it depends on the months meant (`P1M` and `P30D`).
    ///
    /// Decided as XML Schema does, at four points in time that have every length of month between them.
    func compared(to other: CalendarDuration) -> Int? {
        if months == other.months { return (milliseconds - other.milliseconds).signum().asInt }
        var signs: Set<Int64> = []
        for (year, month) in [(1696, 9), (1697, 2), (1903, 3), (1903, 7)] as [(Int64, Int64)] {
            guard let a = added(toYear: year, month), let b = other.added(toYear: year, month) else {
                return nil
            }
            signs.insert((a - b).signum())
        }
        return signs.count == 1 ? signs.first?.asInt : nil
    }

    /// Milliseconds since 1970 of the first of a month plus this.
    private func added(toYear year: Int64, _ month: Int64) -> Int64? {
        let total = year * 12 + month - 1 + months
        guard (12..<120_000).contains(total) else { return nil }
        return Instant.firstOfMonth(year: total / 12, month: total % 12 + 1).map {
            $0.milliseconds + milliseconds
        }
    }
}

extension CalendarDuration: CustomStringConvertible {
    /// The canonical form of XML Schema, such as `P90D` or `P1Y6M`.
    var description: String {
        var text = months < 0 || milliseconds < 0 ? "-P" : "P"
        let (allMonths, all) = (months.magnitude, milliseconds.magnitude)
        for (number, unit) in [(allMonths / 12, "Y"), (allMonths % 12, "M"), (all / 86_400_000, "D")]
        where number > 0 {
            text += "\(number)\(unit)"
        }
        let rest = all % 86_400_000
        if rest > 0 {
            text += "T"
            for (number, unit) in [(rest / 3_600_000, "H"), (rest / 60_000 % 60, "M")] where number > 0 {
                text += "\(number)\(unit)"
            }
            let seconds = FixedDecimal(
                scaled: Int128(rest % 60_000) * FixedDecimal.one.scaled / 1000)
            if seconds > .zero { text += "\(seconds)S" }
        }
        return text.hasSuffix("P") ? "PT0S" : text
    }
}

extension Int64 {
    fileprivate var asInt: Int { Int(self) }
}
