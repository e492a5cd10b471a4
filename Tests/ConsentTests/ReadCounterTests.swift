import Consent
import Model
import PolicyEngine
import Registry
import Testing
import TestSupport

@testable import Consent

@Suite("How often an agreement is read", .timeLimit(.minutes(5))) struct ReadCounterTests {
    private static let day: Int64 = 86_400_000

    /// The text of the calendar that a period's moments have in common, weeks apart.
    private static func name(_ period: ReadCounts.Period, of time: Instant) -> String {
        switch period {
        case .hour: String(time.description.prefix(13))
        case .day: String(time.description.prefix(10))
        // 2025-12-29 was a Monday.
        case .week: String((time.milliseconds - 1_766_966_400_000 + 10_000 * 7 * day) / (7 * day))
        case .month: String(time.description.prefix(7))
        case .year: String(time.description.prefix(4))
        }
    }

    @Test("Totals and periods are those of a list of all reads") func periods() {
        var random = SeededGenerator.announced("read counts")
        for _ in 0..<200 {
            let counter = ReadCounter()
            var kept: [Instant] = []
            var held: [(ReadCounter.Reservation, Instant)] = []
            var now = Instant(
                milliseconds: 1_766_900_000_000 + Int64.random(in: 0..<400 * Self.day, using: &random))
            for _ in 0..<60 {
                now.milliseconds += random.pick([0, 1, 900_000, 3_600_000, Self.day, 9 * Self.day])
                let reservation = counter.reserve(at: now)
                let all = kept + held.map(\.1) + [now]
                #expect(reservation.counts?.total == all.count)
                for period in ReadCounts.Period.allCases {
                    let name = Self.name(period, of: now)
                    #expect(
                        reservation.counts?[period] == all.count { Self.name(period, of: $0) == name })
                }
                switch Int.random(in: 0..<4, using: &random) {
                case 0: reservation.giveBack()
                case 1: held.append((reservation, now))
                case 2: break  // Dropped: it gives itself back.
                default:
                    reservation.spend()
                    kept.append(now)
                }
                while random.chance(30), let (reservation, at) = held.popLast() {
                    reservation.spend()
                    if random.chance(50) { reservation.giveBack() } else { kept.append(at) }
                }
            }
            let next = counter.next(at: now)
            #expect(next?.total == kept.count + held.count + 1)
            held.removeAll()
            #expect(counter.next(at: now)?.total == kept.count + 1)
        }
    }

    private static func offer(_ constraints: [(operand: String, most: Int64)]) -> JSON {
        let iris = IRIs(host: Home.host)
        return [
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["sluis": "https://w3id.org/sluis/odrl#"]],
            "@type": "Offer", "uid": .string(iris.offer(slug("limited"))),
            "target": .string(iris.dataset(slug("limited"))),
            "assigner": .string(iris.organisation(slug("grid"))),
            "permission": [
                [
                    "action": "use",
                    "constraint": .array(
                        constraints.map {
                            [
                                "leftOperand": .string($0.operand), "operator": "lteq",
                                "rightOperand": .integer($0.most),
                            ]
                        }),
                ]
            ],
        ]
    }

    private func codes(_ reading: Exchange.Reading) -> [String] {
        guard case .denied(let decision, _) = reading else { return [] }
        return decision.reasons.map(\.code)
    }

    @Test("An offer's limits hold at reads, in all and in a day, and are no bar to asking")
    func limits() async throws {
        let world = try await World.empty()
        try await world.add(
            "limited", .column("meter"),
            offer: Self.offer([("count", 3), ("sluis:countInDay", 2)]))
        try await world.publish(World.csv([["m1", "a", "1"]]), as: "limited")
        try await world.link([("m1", world.cast.ann)], in: "limited")
        let agreement = try await world.agreement(on: "limited")
        try await world.grant(agreement, by: world.cast.ann)
        let claim = try world.claim(agreement)
        func read() throws -> Exchange.Reading { try world.exchange.read(claim, fields: nil) }
        func sent() throws -> Bool {
            guard case .permitted(let plan) = try read() else { return false }
            try #require(plan.reservation).spend()
            return true
        }
        #expect(try sent())
        // One that is planned and dropped leaves nothing; two at once are two.
        for _ in 0..<5 { #expect(try codes(read()).isEmpty) }
        let held = try read()
        #expect(try codes(read()) == ["count_in_day_not_permitted"])
        #expect(world.exchange.decide(claim, fields: nil)?.isPermit == false)
        guard case .permitted(let plan) = held else { return }
        plan.reservation?.giveBack()
        #expect(world.exchange.decide(claim, fields: nil)?.isPermit == true)
        #expect(try sent())
        #expect(try !sent())
        world.home.clock.advance(milliseconds: Self.day)
        #expect(try sent())
        #expect(try codes(read()) == ["count_not_permitted"])
        world.home.clock.advance(milliseconds: 400 * Self.day)
        #expect(try !sent())
        // Another agreement has counts of its own.
        let other = try await world.agreement(on: "limited", consumer: world.cast.rival)
        #expect(world.exchange.decide(try world.claim(other), fields: nil)?.isPermit == true)
        // An offer that nobody could ever read under is none to ask under.
        try await world.add("never", .column("meter"), offer: Self.never)
        let fault = try await fault {
            try await world.exchange.request(world.ask("never"), by: world.cast.bureau)
        }
        #expect(fault.kind == .forbidden)
    }

    @Test("Where nobody knows how many reads there were, no limit lets one pass") func lost() async throws {
        let world = try await World.empty()
        try await world.add("limited", .column("meter"), offer: Self.offer([("count", 100)]))
        try await world.publish(World.csv([["m1", "a", "1"]]), as: "limited")
        let agreement = try await world.agreement(on: "limited")
        let claim = try world.claim(agreement)
        #expect(try codes(world.exchange.read(claim, fields: nil)).isEmpty)
        try #require(world.exchange.gates.gate(of: agreement)?.readCounter).lose()
        #expect(try codes(world.exchange.read(claim, fields: nil)) == ["count_not_permitted"])
        #expect(world.exchange.decide(claim, fields: nil)?.isPermit == false)
    }

    private static var never: JSON {
        guard var members = offer([("count", 0)]).object else { return .null }
        let iris = IRIs(host: Home.host)
        members["uid"] = .string(iris.offer(slug("never")))
        members["target"] = .string(iris.dataset(slug("never")))
        return .object(members)
    }
}
