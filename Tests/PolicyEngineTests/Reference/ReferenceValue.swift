import Model

/// A value of a constraint, read for the kind of its left operand. Nil where it is not of that kind.
enum ReferenceValue: Equatable {
    /// In units of 10^-18.
    case number(Int128)
    /// Milliseconds since 1970: a point in time, or a day from its first to the first of the next.
    case time(start: Int64, end: Int64?)
    case duration(months: Int64, milliseconds: Int64)
    /// An identifier, with the classes that it is said to be of.
    case iri(String, types: [String])
    case text(String)

    init?(_ json: JSON, as kind: ReferenceWorld.Kind) {
        if json["@language"] != nil { return nil }
        let type = json.types.first
        let plain = json["@value"] ?? json
        let read: ReferenceValue? =
            switch kind {
            case .number: Self.number(plain, type)
            case .time: Self.time(plain, type)
            case .duration: Self.duration(plain, type)
            case .field: Self.text(plain, type)
            case .purpose, .party, .basis: Self.iri(json)
            case .token: Self.iri(json) ?? Self.text(plain, type)
            }
        guard let read else { return nil }
        self = read
    }

    private static func isAbsolute(_ text: String) -> Bool {
        text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("urn:")
    }

    private static func iri(_ json: JSON) -> ReferenceValue? {
        if let id = json["@id"]?.string { return isAbsolute(id) ? .iri(id, types: json.types) : nil }
        let type = json.types.first ?? ReferenceWorld.xsd + "anyURI"
        guard let text = (json["@value"] ?? json).string, isAbsolute(text) else { return nil }
        return type == ReferenceWorld.xsd + "anyURI" ? .iri(text, types: []) : nil
    }

    private static func text(_ json: JSON, _ type: String?) -> ReferenceValue? {
        guard let text = json.string, !text.isEmpty else { return nil }
        return type == nil || type == ReferenceWorld.xsd + "string" ? .text(text) : nil
    }
}

extension ReferenceValue {
    private static let wholeTypes: [String: Int128?] = [
        "integer": nil, "nonNegativeInteger": 0, "positiveInteger": 1,
    ]

    private static func number(_ json: JSON, _ type: String?) -> ReferenceValue? {
        let text: String
        switch json {
        case .string(let written): text = written
        case .integer(let written): text = String(written)
        case .number(let written): text = String(written)
        default: return nil
        }
        guard let value = decimal(text) else { return nil }
        guard let type else { return .number(value) }
        guard type.hasPrefix(ReferenceWorld.xsd) else { return nil }
        let name = String(type.dropFirst(ReferenceWorld.xsd.count))
        if name == "decimal" || name == "double" { return .number(value) }
        guard let least = wholeTypes[name], !text.contains(".") else { return nil }
        if let least, value < least * 1_000_000_000_000_000_000 { return nil }
        return .number(value)
    }

    /// `-12.5` as a whole number of 10^-18; nil for what has more decimals or is no such number.
    private static func decimal(_ text: String) -> Int128? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }.split(
            separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, text.drop(while: { $0 == "-" || $0 == "+" }).count + 1 >= text.count,
            parts.allSatisfy({ $0.allSatisfy { "0123456789".contains($0) } }), !parts.joined().isEmpty
        else { return nil }
        let decimals = parts.count == 2 ? String(parts[1]) : ""
        guard decimals.count <= 18,
            let value = Int128(parts[0] + decimals + String(repeating: "0", count: 18 - decimals.count))
        else { return nil }
        return isNegative ? -value : value
    }
}

extension ReferenceValue {
    private static let day: Int64 = 86_400_000

    private static func time(_ json: JSON, _ type: String?) -> ReferenceValue? {
        guard let text = json.string else { return nil }
        let types = ["date", "dateTime"].map { ReferenceWorld.xsd + $0 }
        if let type, !types.contains(type) { return nil }
        if let type, (type == types[1]) != text.contains("T") { return nil }
        if text.contains("T") {
            return Instant(text).map { .time(start: $0.milliseconds, end: nil) }
        }
        // A day with a zone begins when its midnight in that zone does.
        let zone = text.dropFirst(10)
        guard let midnight = Instant(text.prefix(10) + "T00:00:00" + (zone.isEmpty ? "Z" : zone)) else {
            return nil
        }
        return .time(start: midnight.milliseconds, end: midnight.milliseconds + day)
    }

    private static func duration(_ json: JSON, _ type: String?) -> ReferenceValue? {
        guard var rest = json.string.map({ Substring($0) }) else { return nil }
        if let type, type != ReferenceWorld.xsd + "duration" { return nil }
        let isNegative = rest.hasPrefix("-")
        if isNegative { rest.removeFirst() }
        guard rest.hasPrefix("P"), rest.count > 1, rest.last != "T" else { return nil }
        rest.removeFirst()
        var (months, milliseconds): (Int64, Int64) = (0, 0)
        var units: [(letter: Character, months: Int64, milliseconds: Int64)] = [
            ("Y", 12, 0), ("M", 1, 0), ("D", 0, day),
        ]
        while !rest.isEmpty {
            if rest.first == "T" {
                rest.removeFirst()
                units = [("H", 0, 3_600_000), ("M", 0, 60_000), ("S", 0, 1000)]
            }
            let digits = rest.prefix { "0123456789".contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let count = Int64(digits), let letter = rest.popFirst(),
                let place = units.firstIndex(where: { $0.letter == letter })
            else { return nil }
            months += count * units[place].months
            milliseconds += count * units[place].milliseconds
            units.removeFirst(place + 1)
        }
        let sign: Int64 = isNegative ? -1 : 1
        return .duration(months: sign * months, milliseconds: sign * milliseconds)
    }
}

extension ReferenceValue {
    /// -1, 0 or 1 as this value lies before, at (or in the day of) or after the other; nil without an order.
    func order(_ other: ReferenceValue) -> Int? {
        switch (self, other) {
        case (.number(let a), .number(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.time(let a, _), .time(let start, let end)):
            return a < start ? -1 : a >= (end ?? start + 1) ? 1 : 0
        case (.duration(let m, let a), .duration(let n, let b)):
            let orders = Set(
                Self.months.map { start in
                    Int((Self.day * (Self.days(start + m) - Self.days(start + n)) + a - b).signum())
                })
            return orders.count == 1 ? orders.first : nil
        default: return nil
        }
    }

    /// The months, counted from the year 0, from which XML Schema (part 2, section 3.3.6.2) compares
    /// durations.
    private static let months: [Int64] = [1696 * 12 + 8, 1697 * 12 + 1, 1903 * 12 + 2, 1903 * 12 + 6]

    /// The days before the first of a month of the Gregorian calendar.
    private static func days(_ month: Int64) -> Int64 {
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let (year, place) = (month / 12, Int(month % 12))
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let leapDays = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400
        return year * 365 + leapDays + lengths[..<place].reduce(0, +) + (isLeap && place > 1 ? 1 : 0)
    }

    /// A day as its first and its last moment; any other value as itself.
    var ends: [ReferenceValue] {
        guard case .time(let start, let end?) = self else { return [self] }
        return [.time(start: start, end: nil), .time(start: end - 1, end: nil)]
    }

    /// Whether both are the same value; nil where they cannot be compared.
    func isSame(_ other: ReferenceValue) -> Bool? {
        switch (self, other) {
        case (.iri(let a, _), .iri(let b, _)): a == b
        case (.text(let a), .text(let b)): a == b
        case (.iri, .text), (.text, .iri): nil
        case (.time, .time):
            // A day on the left is the same if all of it is, another if none of it is.
            switch Set(ends.map { $0.order(other) }) {
            case [0]: true
            case [-1], [1]: false
            default: nil
            }
        default: order(other).map { $0 == 0 }
        }
    }
}
