import Consent
import DataPlane
import Model
import Registry
import Testing
import TestSupport

@Suite("Data spans", .timeLimit(.minutes(5))) struct SpanTests {
    private static let fields = [
        Field(name: "meter", type: .string), Field(name: "day", type: .date),
        Field(name: "at", type: .datetime), Field(name: "kwh", type: .integer),
    ]
    private static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z
    private static let day: Int64 = 86_400_000

    /// A dataset whose rows are of every third hour of ten days, and one of no time.
    private func world(time: String?) async throws -> World {
        let world = try await World.empty()
        _ = try await world.exchange.addDataset(
            Exchange.DatasetDescription(
                id: slug("meters"), title: "m", ownerRule: .column("meter"), timeColumn: time,
                nullValues: [""], fields: Self.fields, offer: nil), by: world.cast.grid)
        let rows = (0..<80).map { number -> [String] in
            let at = Instant(milliseconds: Self.start + Int64(number) * Self.day / 8)
            return ["m\(number % 3)", String(at.description.prefix(10)), at.description, String(number)]
        }
        try await world.publish(
            World.csv(rows + [["m1", "", "", "99"]], fields: Self.fields.map(\.name)))
        try await world.link([("m0", world.cast.ann), ("m1", world.cast.bob)])
        return world
    }

    private func agreement(_ world: World, _ span: DataSpan?) async throws -> AgreementID {
        let ask = Exchange.Ask(
            dataset: slug("meters"), purpose: World.purpose, legalBasis: .consent,
            fields: ["meter", "kwh"], dataSpan: span)
        let request = try await world.exchange.request(ask, by: world.cast.bureau).value
        #expect(request.dataSpan == span)
        let agreement = try await world.exchange.agree(request.id, by: world.cast.grid).value
        #expect(try world.exchange.agreement(agreement.id)?.dataSpan == span)
        try await world.grant(agreement.id, fields: ["meter", "kwh"], by: world.cast.ann)
        try await world.grant(agreement.id, fields: ["kwh"], by: world.cast.bob)
        return agreement.id
    }

    @Test("Rows of the span are sent and no others, to the millisecond", arguments: ["day", "at"])
    func rows(of time: String) async throws {
        let world = try await world(time: time)
        var random = SeededGenerator.announced("spans \(time)")
        func moment() -> Instant? {
            guard random.chance(85) else { return nil }
            let hour = Int64.random(in: -5..<85, using: &random) * Self.day / 8
            return Instant(milliseconds: Self.start + hour + random.pick([-1, 0, 0, 1]))
        }
        for _ in 0..<60 {
            let span = DataSpan(from: moment(), to: moment())
            if let span, let from = span.from, let to = span.to, from >= to { continue }
            let expected = (0..<80).filter { number in
                let hours = time == "day" ? number / 8 * 8 : number
                let at = Instant(milliseconds: Self.start + Int64(hours) * Self.day / 8)
                return number % 3 < 2 && (span?.from.map { $0 <= at } ?? true)
                    && (span?.to.map { at < $0 } ?? true)
            }
            let lines = expected.map { $0 % 3 == 0 ? "m0,\($0)" : ",\($0)" } + (span == nil ? [",99"] : [])
            let agreement = try await agreement(world, span)
            #expect(try world.rows(agreement) == lines.sorted(), "\(String(describing: span)); \(replay)")
        }
        let next = try await world.restarted()
        #expect(try next.exchange.parts.registry.read { try $0.dataset(slug("meters"))?.timeColumn } == time)
    }

    @Test("Reads of a span have no cursor: it could name owners of whom nothing was sent") func cursors()
        async throws
    {
        let world = try await world(time: "at")
        let span = DataSpan(from: Instant(milliseconds: Self.start + Self.day), to: nil)
        let (some, all) = (try await agreement(world, span), try await agreement(world, nil))
        #expect(try world.exchange.cursor(after: world.plan(some), rows: 1) == nil)
        let cursor = try #require(try world.exchange.cursor(after: world.plan(all), rows: 1))
        let refused = try await fault {
            try world.exchange.read(world.claim(some), fields: nil, since: cursor)
        }
        #expect(refused.code == "since_of_data_span" && refused.field == "since")
    }

    @Test("A span needs a time column and a moment in it; a time column holds times") func refusals()
        async throws
    {
        let (with, without) = (try await world(time: "at"), try await world(time: nil))
        let noon = Instant(milliseconds: Self.start)
        let empty = try await fault { try await agreement(with, DataSpan(from: noon, to: noon)) }
        #expect(empty.code == "empty_span" && empty.field == "data_span")
        let none = try await fault { try await agreement(without, DataSpan(from: noon, to: nil)) }
        #expect(none.code == "no_time_column" && none.field == "data_span")
        for (column, rule) in [("kwh", OwnerRule.column("meter")), ("x", .column("meter")), ("at", .open)] {
            let bad = try await fault {
                try await with.exchange.addDataset(
                    Exchange.DatasetDescription(
                        id: slug("more"), title: "m", ownerRule: rule, timeColumn: column, nullValues: [""],
                        fields: Self.fields, offer: nil), by: with.cast.grid)
            }
            #expect(bad.code == "bad_time_column" && bad.field == "time_column")
        }
    }
}
