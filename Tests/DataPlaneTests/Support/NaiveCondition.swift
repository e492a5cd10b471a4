import Model
import TestSupport

@testable import DataPlane

/// A condition and what it means for a row, in the most obvious way: a tree, three values, texts. It shares
/// no code with the module.
indirect enum NaiveCondition {
    case all([NaiveCondition])
    case any([NaiveCondition])
    case not(NaiveCondition)
    case compare(Int, String, String)
    case isIn(Int, [String])
    case isNull(Int, Bool)

    /// True, false, or nil for unknown.
    func value(_ row: [NaiveReference.Cell], _ types: [FieldType], granted: Set<Int>) -> Bool? {
        func value(_ part: NaiveCondition) -> Bool? { part.value(row, types, granted: granted) }
        switch self {
        case .all(let parts):
            let values = parts.map(value)
            return values.contains(false) ? false : values.contains(nil) ? nil : true
        case .any(let parts):
            let values = parts.map(value)
            return values.contains(true) ? true : values.contains(nil) ? nil : false
        case .not(let part): return value(part).map { !$0 }
        case .isNull(let field, let isNull):
            return granted.contains(field) ? row[field].isNull == isNull : nil
        case .compare(let field, let comparison, let literal):
            guard granted.contains(field), !row[field].isNull else { return nil }
            let order = NaiveOrder.order(row[field].text, literal, types[field])
            return switch comparison {
            case "=": order == 0
            case "!=": order != 0
            case "<": order < 0
            case "<=": order <= 0
            case ">": order > 0
            default: order >= 0
            }
        case .isIn(let field, let literals):
            guard granted.contains(field), !row[field].isNull else { return nil }
            return literals.contains { NaiveOrder.order(row[field].text, $0, types[field]) == 0 }
        }
    }

    // MARK: As text

    func text(_ names: [String], _ types: [FieldType], _ random: inout SeededGenerator) -> String {
        switch self {
        case .all(let parts): joined(parts, "and", names, types, &random)
        case .any(let parts): joined(parts, "or", names, types, &random)
        case .not(let part):
            "\(Self.word("not", &random)) (\(part.text(names, types, &random)))"
        case .compare(let field, let comparison, let literal):
            Self.name(names[field], &random) + Self.gap(&random) + comparison + Self.gap(&random)
                + Self.literal(literal, types[field])
        case .isIn(let field, let literals):
            Self.name(names[field], &random) + " \(Self.word("in", &random))" + Self.gap(&random) + "("
                + literals.map { Self.literal($0, types[field]) }.joined(separator: " ,") + ")"
        case .isNull(let field, let isNull):
            Self.name(names[field], &random) + " " + Self.word(isNull ? "is null" : "is not null", &random)
        }
    }

    private func joined(
        _ parts: [NaiveCondition], _ word: String, _ names: [String], _ types: [FieldType],
        _ random: inout SeededGenerator
    ) -> String {
        var texts: [String] = []
        for part in parts { texts.append("(\(part.text(names, types, &random)))") }
        return texts.joined(separator: " \(Self.word(word, &random)) ")
    }

    private static func word(_ text: String, _ random: inout SeededGenerator) -> String {
        random.chance(50)
            ? text : random.chance(50) ? text.uppercased() : text.prefix(1).uppercased() + text.dropFirst()
    }

    private static func gap(_ random: inout SeededGenerator) -> String { random.pick(["", " ", " \n\t"]) }

    private static func name(_ name: String, _ random: inout SeededGenerator) -> String {
        let isPlain = name.unicodeScalars.allSatisfy { ("a"..."z").contains($0) }
        return isPlain && random.chance(60) ? name : quoted(name, "\"")
    }

    private static func literal(_ text: String, _ type: FieldType) -> String {
        [.integer, .decimal, .boolean].contains(type) ? text : quoted(text, "'")
    }

    private static func quoted(_ text: String, _ quote: Unicode.Scalar) -> String {
        let doubled = text.unicodeScalars.flatMap { $0 == quote ? [$0, $0] : [$0] }
        return "\(quote)" + String(String.UnicodeScalarView(doubled)) + "\(quote)"
    }
}

extension NaiveCondition {
    private static let literals: [FieldType: [String]] = [
        .string: ["", "a", "say \"hi\"", "it's", "\"", "é€😀", "x,y", "NA", "o2", "b"],
        .integer: ["0", "-0", "12", "1.5", "-1e2", "99999999999999999999", "12.0"],
        .decimal: ["0.0", "-1.50", "100000", "1E5", "2.5", "1e-400"],
        .boolean: ["true", "false"],
        .date: ["2024-02-29", "2024-03-01", "0001-01-01"],
        .datetime: [
            "2024-02-29T00:00:00Z", "1999-12-31 22:59:59.50", "1999-12-31T22:59:59.500001z",
            "2024-02-28T23:30:00-00:30",
        ],
    ]

    /// Some tree of tests of these fields, with values that occur in the rows and others.
    static func random(
        _ types: [FieldType], _ rows: [[NaiveReference.Cell]], depth: Int = 0,
        _ random: inout SeededGenerator
    ) -> NaiveCondition {
        if depth < 3, random.chance(55) {
            var parts: [NaiveCondition] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                parts.append(.random(types, rows, depth: depth + 1, &random))
            }
            return random.chance(30) ? .not(parts[0]) : random.chance(50) ? .all(parts) : .any(parts)
        }
        let field = Int.random(in: types.indices, using: &random)
        func literal() -> String {
            if random.chance(60), let cell = rows.randomElement(using: &random)?[field], !cell.isNull,
                cell.text.utf8.count < 200
            {
                return cell.text
            }
            return random.pick(literals[types[field]] ?? [""])
        }
        if random.chance(20) { return .isNull(field, random.chance(50)) }
        if random.chance(30) {
            return .isIn(field, (0..<Int.random(in: 1...5, using: &random)).map { _ in literal() })
        }
        let comparisons = types[field] == .boolean ? ["=", "!="] : ["=", "!=", "<", "<=", ">", ">="]
        return .compare(field, random.pick(comparisons), literal())
    }
}

/// How two texts of a type stand to each other: below, at or above zero.
enum NaiveOrder {
    static func order(_ a: String, _ b: String, _ type: FieldType) -> Int {
        switch type {
        case .string, .boolean, .date: order(Array(a.utf8), Array(b.utf8))
        case .integer, .decimal: numbers(a, b)
        case .datetime: times(a, b)
        }
    }

    private static func order(_ a: [UInt8], _ b: [UInt8]) -> Int {
        a.lexicographicallyPrecedes(b) ? -1 : a == b ? 0 : 1
    }

    // MARK: Numbers

    /// Written out without exponents, padded to the same width.
    private static func numbers(_ a: String, _ b: String) -> Int {
        let (left, right) = (WrittenOut(a), WrittenOut(b))
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let width = max(left.whole.count, right.whole.count)
        let places = max(left.fraction.count, right.fraction.count)
        let order = order(left.padded(width, places), right.padded(width, places))
        return left.isNegative ? -order : order
    }

    private struct WrittenOut {
        var isNegative: Bool
        var whole: [UInt8]
        var fraction: [UInt8]

        init(_ text: String) {
            let parts = text.lowercased().split(separator: "e")
            let mantissa = parts[0].split(separator: "-").last ?? ""
            let digits = mantissa.split(separator: ".")
            whole = Array(digits[0].utf8)
            fraction = digits.count > 1 ? Array(digits[1].utf8) : []
            for _ in 0..<max(0, parts.count > 1 ? Int(parts[1]) ?? 0 : 0) {
                whole.append(fraction.isEmpty ? 48 : fraction.removeFirst())
            }
            for _ in 0..<max(0, -(parts.count > 1 ? Int(parts[1]) ?? 0 : 0)) {
                fraction.insert(whole.popLast() ?? 48, at: 0)
            }
            isNegative = text.hasPrefix("-") && (whole + fraction).contains { $0 != 48 }
        }

        func padded(_ width: Int, _ places: Int) -> [UInt8] {
            [UInt8](repeating: 48, count: width - whole.count) + whole + fraction
                + [UInt8](repeating: 48, count: places - fraction.count)
        }
    }

    // MARK: Times

    private static func times(_ a: String, _ b: String) -> Int {
        let (left, right) = (time(a), time(b))
        if left.seconds != right.seconds { return left.seconds < right.seconds ? -1 : 1 }
        let width = max(left.fraction.count, right.fraction.count)
        func padded(_ digits: [UInt8]) -> [UInt8] {
            digits + [UInt8](repeating: 48, count: width - digits.count)
        }
        return order(padded(left.fraction), padded(right.fraction))
    }

    private static func time(_ text: String) -> (seconds: Int64, fraction: [UInt8]) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64 {
            Int64(String(decoding: bytes[range], as: UTF8.self)) ?? 0
        }
        let midnight = (Instant(String(text.prefix(10)))?.milliseconds ?? 0) / 1000
        var seconds = midnight + number(11..<13) * 3600 + number(14..<16) * 60 + min(number(17..<19), 59)
        let rest = bytes[19...]
        let fraction =
            rest.first == UInt8(ascii: ".") ? Array(rest.dropFirst().prefix { (48...57).contains($0) }) : []
        if let sign = rest.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            let offset = number(sign + 1..<sign + 3) * 3600 + number(sign + 4..<sign + 6) * 60
            seconds -= bytes[sign] == UInt8(ascii: "+") ? offset : -offset
        }
        return (seconds, fraction)
    }
}
