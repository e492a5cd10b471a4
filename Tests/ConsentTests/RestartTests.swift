import Consent
import Model
import Testing

@Suite("Started again", .timeLimit(.minutes(5))) struct RestartTests {
    @Test("State, rows and log are as before; nothing is doubled") func same() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let open = try await world.exchange.request(world.ask(), by: world.cast.bureau).value
        try await world.grant(agreement, fields: ["day"], keys: ["m1"], by: world.cast.ann)
        let bobs = try await world.grant(agreement, by: world.cast.bob).value.grant.id
        try await world.withdraw(bobs, by: world.cast.bob)
        try await world.grant(agreement, by: world.cast.corp)
        let rows = try world.rows(agreement)
        let next = try await world.restarted()
        #expect(try next.rows(agreement) == rows)
        #expect(try await next.exchange.agree(open.id, by: next.cast.grid).entry != nil)
        let entries = try next.finalEntries()
        #expect(entries.filter { $0["type"] == "grant.given" }.count == 3)
        let numbers = entries.compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }

    @Test(
        "No epoch that a reader may have seen comes again, whatever raised it",
        arguments: ["grants", "versions", "links", "first links", "expiries", "nothing"])
    func epochs(of kind: String) async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        for step in 0..<5 {
            switch kind {
            case "grants": try await world.grant(agreement, by: world.cast.ann)
            case "versions": try await world.publish(World.csv(World.meters(version: step + 2)))
            case "links": try await world.link([("m5", step % 2 == 0 ? world.cast.ann : world.cast.bob)])
            case "first links": try await world.link([("new\(step)", world.cast.ann)])
            case "expiries":
                let end = noon.adding(seconds: Int64(step) + 1)
                try await world.grant(agreement, until: end, by: world.cast.ann)
                world.home.clock.set(end)
            default: break
            }
            _ = try world.rows(agreement)
        }
        let seen = world.epoch(of: agreement)
        let next = try await world.restarted()
        // Where nothing changed, the same epoch may stand for the same rows.
        #expect(next.epoch(of: agreement) >= (kind == "nothing" ? seen : seen + 1))
        let given = try await next.grant(agreement, by: next.cast.bob).value
        #expect(given.epoch > seen)
        let again = try await next.restarted()
        #expect(again.epoch(of: agreement) > given.epoch)
    }

    @Test("A dataset without data, and one whose upload was never finished") func unfinished() async throws {
        let world = try await World.empty()
        try await world.add("meters", .column("meter"))
        let agreement = try await world.agreement()
        try await world.link([("m1", world.cast.ann)])
        let given = try await world.grant(agreement, by: world.cast.ann)
        #expect(given.entry != nil)
        #expect(throws: ClientFault.self) { try world.rows(agreement) }
        let next = try await world.restarted()
        #expect(throws: ClientFault.self) { try next.rows(agreement) }
        try await next.publish(World.csv(World.meters(version: 1)))
        #expect(try next.meters(agreement) == ["m1"])
    }
}
