import Model
import TestSupport

@testable import DataPlane

/// Owner keys that are divided by time, and what is granted of each period, in the most obvious way.
struct NaiveTenancies {
    struct Period {
        var span: DataSpan
        var granted: Set<Int>

        func contains(_ time: Instant) -> Bool {
            (span.from.map { $0 <= time } ?? true) && (span.to.map { time < $0 } ?? true)
        }
    }

    /// The column of times; nil to have a name that is no column's.
    private(set) var column: Int?
    private(set) var keys: [String: [Period]] = [:]

    init() {}

    /// Divides some keys at moments at which rows are, or just beside them.
    init(_ reference: NaiveReference, _ keys: [String], _ random: inout SeededGenerator) {
        guard random.chance(60) else { return }
        let columns = reference.types.indices.filter { [.date, .datetime].contains(reference.types[$0]) }
        column = columns.isEmpty ? nil : random.pick(columns)
        if column == nil, random.chance(80) { return }
        let times = reference.rows.compactMap { time(of: $0)?.milliseconds }
        for key in keys.sorted() where random.chance(60) {
            let moments = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (times.isEmpty ? 0 : random.pick(times)) + Int64.random(in: -1...1, using: &random)
            }
            self.keys[key] = Self.periods(Array(Set(moments)).sorted(), reference, &random)
        }
    }

    /// Between the moments, before the first and behind the last; some are left out.
    private static func periods(
        _ moments: [Int64], _ reference: NaiveReference, _ random: inout SeededGenerator
    ) -> [Period] {
        var periods: [Period] = []
        for index in 0...moments.count where random.chance(70) {
            let span = DataSpan(
                from: index == 0 ? nil : Instant(milliseconds: moments[index - 1]),
                to: index == moments.count ? nil : Instant(milliseconds: moments[index]))
            let granted = reference.header.indices.filter { _ in random.chance(60) }
            if let span { periods.append(Period(span: span, granted: random.chance(30) ? [] : Set(granted))) }
        }
        return periods.shuffled(using: &random)
    }

    private func time(of row: [NaiveReference.Cell]) -> Instant? {
        column.flatMap { row[$0].isNull ? nil : Instant(row[$0].text) }
    }

    /// The period of a divided key in which a row lies.
    func period(_ row: [NaiveReference.Cell], of key: String) -> Period? {
        guard let time = time(of: row) else { return nil }
        return keys[key]?.first { $0.contains(time) }
    }

    /// The same as the data plane knows it.
    func known(_ version: StoredVersion, header: [String]) -> Tenancies? {
        Tenancies(
            of: version, timeColumn: column.map { header[$0] } ?? "none",
            keys.map { Tenancies.Division(ownerKey: $0.key, periods: $0.value.map(\.span)) })
    }
}
