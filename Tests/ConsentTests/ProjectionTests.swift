import Consent
import DataPlane
import Model
import Testing

/// Every download of these tests takes its rows from a projection where there is one.
@Suite("Projections follow versions, agreements and grants", .timeLimit(.minutes(5)))
struct ProjectionTests {
    /// The fields of each projection, in their order.
    private func projections(_ world: World, _ dataset: String = "meters") async throws -> Set<[String]> {
        let found = try await world.exchange.inspect(slug(dataset), by: world.cast.grid)
        let names = try #require(found.stored).fields.map(\.name)
        return Set(found.projections.map { $0.fields.map { names[$0] } })
    }

    /// Reads until there is one of these fields; it is made on another thread.
    private func make(_ fields: [String], _ agreement: AgreementID, _ world: World) async throws {
        for _ in 0..<6_000 {
            if try await projections(world).contains(fields) { return }
            _ = try world.rows(agreement, fields: fields)
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("no projection of \(fields) was made")
    }

    @Test("The second read of the same fields has one made, and what is read stays the same") func demand()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        try await world.grant(agreement, fields: ["kwh"], by: world.cast.bob)
        let before = try world.rows(agreement, fields: ["kwh", "meter"])
        #expect(before == ["11,", "11,m1", "11,m2", "21,", "21,m1", "21,m2"])
        #expect(try await projections(world).isEmpty)
        try await make(["kwh", "meter"], agreement, world)
        #expect(try world.rows(agreement, fields: ["kwh", "meter"]) == before)
        // A withdrawal acts in it as in the version, inside a running download too.
        let running = try world.download(agreement, fields: ["kwh", "meter"])
        let given = try await world.listed(agreement, for: world.cast.ann)?.grant.id
        try await world.withdraw(try #require(given), by: world.cast.ann)
        #expect(try running.rest() == ["11,", "21,"])
        #expect(try world.rows(agreement, fields: ["meter", "kwh"]) == [",11", ",21"])
    }

    @Test("A new version, added rows, a merge and a deletion leave nothing of those before") func versions()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        for owner in [world.cast.ann, world.cast.bob] { try await world.grant(agreement, by: owner) }
        try await make(["meter"], agreement, world)
        let running = try world.download(agreement, fields: ["meter"])
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(try await projections(world).isEmpty)
        #expect(try running.rest().count == 6, "who began with the version before reads it to the end")
        try await make(["meter", "day"], agreement, world)
        let rows = try world.rows(agreement, fields: ["meter", "day"])
        #expect(rows.count == 6 && rows.allSatisfy { $0.hasSuffix("v2") })
        try await world.append(World.meters(version: 3))
        #expect(try world.rows(agreement, fields: ["meter", "day"]).count == 12)
        for _ in 0..<6_000 {
            let stored = try await world.exchange.inspect(slug("meters"), by: world.cast.grid).stored
            if stored?.segments.count == 1 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        try await make(["meter", "day"], agreement, world)
        #expect(try world.rows(agreement, fields: ["meter", "day"]).count == 12)
        _ = try await world.exchange.deleteRows(of: "m1", in: slug("meters"), by: world.cast.grid)
        #expect(try await projections(world).isEmpty)
        #expect(try world.rows(agreement, fields: ["meter", "day"]).count == 8)
        let next = try await world.restarted()
        #expect(try await projections(next).isEmpty)
        #expect(next.home.files(of: "meters").filter { Int($0) != nil } == ["4"])
    }

    @Test("With the last agreement, or the last grant, that has a field, all that hold it go") func ends()
        async throws
    {
        let world = try await World.story()
        let end = noon.adding(seconds: 60)
        let long = try await world.agreement(fields: ["meter", "kwh"])
        let short = try await world.agreement(validUntil: end, consumer: world.cast.rival)
        let given = try await world.grant(long, by: world.cast.ann).value.grant.id
        try await world.grant(short, by: world.cast.ann)
        try await make(["day", "kwh"], short, world)
        try await make(["kwh"], short, world)
        try await make(["kwh", "meter"], long, world)
        let running = try world.download(short, fields: ["day", "kwh"])
        world.home.clock.set(end)
        _ = try await world.exchange.recordExpiries()
        #expect(try await projections(world) == [["kwh"], ["kwh", "meter"]])
        #expect(try running.rest().isEmpty)
        #expect(try world.rows(long, fields: ["kwh", "meter"]).count == 4)
        // Nobody releases a field any more: none is kept, at once.
        try await world.grant(long, fields: ["kwh"], by: world.cast.bob)
        try await world.withdraw(given, by: world.cast.ann)
        #expect(try await projections(world) == [["kwh"]])
        #expect(try world.rows(long, fields: ["kwh"]) == ["11", "21"])
    }

    @Test("An open dataset has them, and a condition of the agreement on a field that it has not makes none")
    func openAndBounded() async throws {
        let world = try await World.empty()
        try await world.add("weather", .open)
        try await world.publish(World.csv(World.meters(version: 1)), as: "weather")
        for _ in 0..<6_000 where try await projections(world, "weather").isEmpty {
            let plan = try #require(try world.exchange.readOpen(slug("weather"), fields: ["day"]))
            #expect(try Download(plan, of: world.exchange).rest().count == 12)
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await projections(world, "weather") == [["day"]])
        _ = try await world.exchange.addDataset(
            Exchange.DatasetDescription(
                id: slug("meters"), title: "m", ownerRule: .column("meter"), timeColumn: "at",
                nullValues: [""],
                fields: [
                    Field(name: "meter", type: .string), Field(name: "at", type: .date),
                    Field(name: "kwh", type: .integer),
                ], offer: nil), by: world.cast.grid)
        try await world.publish(Array("meter,at,kwh\nm1,2026-01-01,1\nm1,2026-01-03,2\n".utf8))
        try await world.link([("m1", world.cast.ann)])
        let start = try #require(Instant("2026-01-02T00:00:00.000Z"))
        let ask = Exchange.Ask(
            dataset: slug("meters"), purpose: World.purpose, legalBasis: .consent,
            fields: ["meter", "kwh"], dataSpan: DataSpan(from: start, to: nil))
        let request = try await world.exchange.request(ask, by: world.cast.bureau).value
        let bounded = try await world.exchange.agree(request.id, by: world.cast.grid).value.id
        try await world.grant(bounded, by: world.cast.ann)
        for _ in 0..<4 { #expect(try world.rows(bounded, fields: ["kwh"]) == ["2"]) }
        // One at a time: once this one is there, the others were refused.
        let whole = try await world.agreement(fields: ["kwh"], consumer: world.cast.rival)
        try await world.grant(whole, by: world.cast.ann)
        try await make(["kwh"], whole, world)
        #expect(try await projections(world) == [["kwh"]])
        #expect(try world.rows(bounded, fields: ["kwh"]) == ["2"])
    }
}
