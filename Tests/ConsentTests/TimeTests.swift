import Consent
import Model
import Testing

@Suite("Time ends things by itself", .timeLimit(.minutes(5))) struct TimeTests {
    @Test("A grant ends at its millisecond, not before, and in a running download too") func exact()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let end = noon.adding(seconds: 10)
        let given = try await world.grant(agreement, until: end, by: world.cast.ann).value
        try await world.grant(agreement, by: world.cast.bob)
        world.home.clock.set(Instant(milliseconds: end.milliseconds - 1))
        #expect(try world.meters(agreement) == ["m1", "m2", "m3"])
        let running = try world.download(agreement)
        let before = world.epoch(of: agreement)
        world.home.clock.set(end)
        #expect(try running.rest().allSatisfy { $0.hasPrefix("m3,") })
        #expect(try world.meters(agreement) == ["m3"])
        #expect(world.epoch(of: agreement) > before)
        #expect(try world.stored(given.grant.id)?.state == .given, "the sweep has not come yet")
    }

    @Test("What has expired stays expired when the clock steps back, over a restart too") func stepsBack()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, until: noon.adding(seconds: 10), by: world.cast.ann)
        world.home.clock.set(noon.adding(seconds: 10))
        #expect(try world.rows(agreement) == [])
        world.home.clock.set(noon)
        #expect(try world.rows(agreement) == [])
        #expect(try await world.exchange.recordExpiries() == 1)
        let later = try await world.restarted()
        #expect(try later.rows(agreement) == [])
        let fault = try await fault {
            try await later.grant(agreement, until: noon.adding(seconds: 10), by: later.cast.ann)
        }
        #expect(fault.code == "time_past")
    }

    @Test("An expiry is recorded once, with who, which grant and an epoch; others are left alone")
    func recordedOnce() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann).value
        try await world.grant(agreement, until: noon.adding(seconds: 2), by: world.cast.bob)
        #expect(try await world.exchange.recordExpiries() == 0)
        world.home.clock.set(noon.adding(seconds: 1))
        #expect(try await world.exchange.recordExpiries() == 1)
        #expect(try await world.exchange.recordExpiries() == 0)
        #expect(try world.stored(given.grant.id)?.state == .expired)
        #expect(try world.meters(agreement) == ["m3"])
        let expired = try world.finalEntries().filter { $0["type"] == "grant.expired" }
        #expect(expired.count == 1)
        #expect(expired.first?["grant"]?.string == given.grant.id.description)
        #expect(expired.first?["actor"]?["org"] == .null)
        #expect(try #require(expired.first?["epoch"]?.integer) > given.epoch)
    }

    @Test("Two that end at different times: each entry carries the epoch that its end created")
    func epochsOfExpiries() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann)
        try await world.grant(agreement, until: noon.adding(seconds: 2), by: world.cast.bob)
        world.home.clock.set(noon.adding(seconds: 1))
        let first = try world.plan(agreement).epoch
        world.home.clock.set(noon.adding(seconds: 2))
        let second = try world.plan(agreement).epoch
        #expect(second > first)
        #expect(try await world.exchange.recordExpiries() == 2)
        let expired = try world.finalEntries().filter { $0["type"] == "grant.expired" }
        #expect(expired.map { $0["epoch"]?.integer } == [first, second])
    }

    @Test("A new yes after the end is a new grant, and its rows flow", arguments: [false, true])
    func again(isReadBetween: Bool) async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let first = try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann).value
        world.home.clock.set(noon.adding(seconds: 1))
        if isReadBetween { #expect(try world.rows(agreement) == []) }
        let second = try await world.grant(agreement, by: world.cast.ann).value
        #expect(second.grant.id != first.grant.id)
        #expect(try world.stored(first.grant.id)?.state == .expired)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        #expect(try await world.exchange.recordExpiries() == 0)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        let types = try world.finalEntries().suffix(3).map { $0["type"] }
        #expect(types == ["grant.given", "grant.expired", "grant.given"])
    }

    @Test("An end that is moved, earlier, later or away, is the one that holds") func moved() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let (soon, late) = (noon.adding(seconds: 1), noon.adding(seconds: 5))
        try await world.grant(agreement, until: soon, by: world.cast.ann)
        try await world.grant(agreement, until: late, by: world.cast.ann)
        try await world.grant(agreement, until: late, by: world.cast.bob)
        try await world.grant(agreement, until: soon, by: world.cast.bob)
        try await world.grant(agreement, until: soon, by: world.cast.corp)
        try await world.grant(agreement, by: world.cast.corp)
        world.home.clock.set(soon)
        #expect(try world.meters(agreement) == ["m1", "m2", "m4"])
        #expect(try await world.exchange.recordExpiries() == 1)
        world.home.clock.set(late)
        #expect(try world.meters(agreement) == ["m4"])
        #expect(try await world.exchange.recordExpiries() == 1)
    }

    @Test("An end that comes while it is moved is not told as the end that then comes") func movedAsItCame()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let (soon, late) = (noon.adding(seconds: 1), noon.adding(seconds: 5))
        let first = try await world.grant(agreement, until: soon, by: world.cast.ann).value.grant.id
        world.commits.shut()
        let moving = Task { try await world.grant(agreement, until: late, by: world.cast.ann) }
        await world.commits.holds(1)
        world.home.clock.set(soon)
        world.commits.open()
        #expect(try await moving.value.value.grant.id == first)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        let flowing = world.epoch(of: agreement)
        world.home.clock.set(late)
        // Nobody has looked when he says yes again.
        try await world.grant(agreement, by: world.cast.ann)
        let expired = try world.finalEntries().filter { $0["type"] == "grant.expired" }
        #expect(expired.map { $0["grant"]?.string } == [first.description])
        #expect(try #require(expired.first?["epoch"]?.integer) > flowing)
    }

    @Test("A grant that ran out cannot be withdrawn into another ending twice") func withdrawnAfterEnd()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann).value
        world.home.clock.set(noon.adding(seconds: 1))
        #expect(try await world.exchange.recordExpiries() == 1)
        let fault = try await fault { try await world.withdraw(given.grant.id, by: world.cast.ann) }
        #expect(fault.kind == .conflict && fault.found == "Expired")
    }

    @Test("The agreement ends: reads are denied, downloads cut, and nobody can grant") func agreementEnd()
        async throws
    {
        let world = try await World.story()
        let end = noon.adding(seconds: 60)
        let agreement = try await world.agreement(validUntil: end)
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        world.home.clock.set(Instant(milliseconds: end.milliseconds - 1))
        let running = try world.download(agreement)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        world.home.clock.set(end)
        #expect(try running.step() == .cut)
        let denied = #expect(throws: World.Denied.self) { try world.rows(agreement) }
        #expect(denied?.decision.reasons.first?.code == "no_agreement")
        #expect(world.exchange.decide(try world.claim(agreement), fields: ["day"]) == nil)
        let fault = try await fault { try await world.grant(agreement, by: world.cast.bob) }
        #expect(fault.kind == .conflict && fault.code == "agreement_ended")
        #expect(try await world.withdraw(given, by: world.cast.ann).value.grant.state == .withdrawn)
    }

    @Test("After a restart what ran out meanwhile does not flow, and is recorded once") func restart()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann).value
        try await world.grant(agreement, until: noon.adding(seconds: 9), by: world.cast.bob)
        try world.stop()
        world.home.clock.set(noon.adding(seconds: 1))
        let next = try await world.restarted(isStopped: true)
        #expect(try next.meters(agreement) == ["m3"])
        #expect(try await next.exchange.recordExpiries() == 1)
        #expect(try await next.exchange.recordExpiries() == 0)
        #expect(try next.stored(given.grant.id)?.state == .expired)
        next.home.clock.set(noon.adding(seconds: 9))
        #expect(try next.rows(agreement) == [], "an end that lay ahead at the start comes too")
        #expect(try next.finalEntries().filter { $0["type"] == "grant.expired" }.count == 1)
    }
}
