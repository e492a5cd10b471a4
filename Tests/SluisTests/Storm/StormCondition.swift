import TestSupport

/// A random condition, and what it comes to of a row: read naively, in three values.
indirect enum StormCondition: Sendable {
    case seatBelow(Int)
    case fareFrom(Int)
    case keyIn(Set<Int>)
    case keyIsNot(Int)
    case isNull(StormFields, Bool)
    case not(StormCondition)
    case and(StormCondition, StormCondition)
    case or(StormCondition, StormCondition)

    static func random(
        within fields: StormFields, depth: Int = 2, using random: inout SeededGenerator
    ) -> StormCondition {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &random) {
        case 4: return .not(.random(within: fields, depth: depth - 1, using: &random))
        case 5:
            return .and(
                .random(within: fields, depth: depth - 1, using: &random),
                .random(within: fields, depth: depth - 1, using: &random))
        case 6, 7:
            return .or(
                .random(within: fields, depth: depth - 1, using: &random),
                .random(within: fields, depth: depth - 1, using: &random))
        default: return test(of: random.pick(fields.names), using: &random)
        }
    }

    private static func test(of field: String, using random: inout SeededGenerator) -> StormCondition {
        if random.chance(10) { return .isNull(StormFields([field]), random.chance(30)) }
        let row = Int.random(in: 0..<StormTable.rows, using: &random)
        switch field {
        case "seat": return .seatBelow(row)
        case "fare": return .fareFrom(row)
        default:
            let key = Int.random(in: 0..<StormTable.keys, using: &random)
            if random.chance(50) { return .keyIsNot(key) }
            let others = (0..<StormTable.keys).filter { _ in random.chance(25) }
            return .keyIn(Set(others).union([key]))
        }
    }

    /// In the words of docs/reading.md.
    var text: String {
        switch self {
        case .seatBelow(let row): "seat < \(row)"
        case .fareFrom(let row): "fare >= \(row)"
        case .keyIn(let keys): "plane in (\(keys.sorted().map(Self.quoted).joined(separator: ", ")))"
        case .keyIsNot(let key): "plane != \(Self.quoted(key))"
        case .isNull(let field, let isNull): "\(field.names[0]) is \(isNull ? "" : "not ")null"
        case .not(let one): "not (\(one.text))"
        case .and(let one, let other): "(\(one.text)) and (\(other.text))"
        case .or(let one, let other): "(\(one.text)) or (\(other.text))"
        }
    }

    private static func quoted(_ key: Int) -> String { "'\(StormTable.name(ofKey: key))'" }

    /// - Parameter fields: what the row's owner granted; tests of others are unknown.
    func holds(row: Int, key: Int, granted fields: StormFields) -> Bool? {
        switch self {
        case .seatBelow(let bound): return fields.contains(.seat) ? row < bound : nil
        // Every fare is a little more than the number of its row.
        case .fareFrom(let bound): return fields.contains(.fare) ? row >= bound : nil
        case .keyIn(let keys): return fields.contains(.plane) ? keys.contains(key) : nil
        case .keyIsNot(let other): return fields.contains(.plane) ? key != other : nil
        case .isNull(let field, let isNull): return fields.contains(field) ? !isNull : nil
        case .not(let one): return one.holds(row: row, key: key, granted: fields).map { !$0 }
        case .and(let one, let other):
            let first = one.holds(row: row, key: key, granted: fields)
            if first == false { return false }
            let second = other.holds(row: row, key: key, granted: fields)
            return second == false ? false : first == nil ? nil : second
        case .or(let one, let other):
            let first = one.holds(row: row, key: key, granted: fields)
            if first == true { return true }
            let second = other.holds(row: row, key: key, granted: fields)
            return second == true ? true : first == nil ? nil : second
        }
    }
}
