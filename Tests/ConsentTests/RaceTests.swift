import Consent
import Model
import Registry
import Testing

/// Every caller here is held at a place that the test chose: what is tested happens each time.
@Suite("At the same time", .timeLimit(.minutes(5))) struct RaceTests {
    /// Where the first grant of an owner is held just before its transaction.
    static let granting = 4
    /// Where an amendment that adds is held just before its transaction.
    static let widening = 6
    /// Where an amendment that only takes away is held, in effect, just before its transaction.
    static let reducing = 4
    /// Where a withdrawal is held when it is in effect, just before its transaction.
    static let narrowed = 1

    @Test("A grant that is committed and not yet logged does not flow; withdrawn meanwhile, it never does")
    func withdrawnBeforeEffect() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        world.commits.shut()
        let giving = Task { try await world.grant(agreement, by: ann) }
        await world.commits.holds(1)
        #expect(try world.rows(agreement) == [])
        let grant = try #require(
            try world.registry.read { try $0.currentGrant(of: agreement, owner: ann.owner) })
        let ending = Task { try await world.withdraw(grant.id, by: ann) }
        await world.commits.holds(2)
        world.commits.open()
        let (given, ended) = (try await giving.value, try await ending.value)
        #expect(try #require(given.entry) < (try #require(ended.entry)))
        #expect(try world.rows(agreement) == [])
        #expect(try world.stored(grant.id)?.state == .withdrawn)
    }

    @Test("An amendment that is held while the grant is withdrawn: what it says then is what flows")
    func amendedAfterWithdrawal() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        let lane = Lane(stoppingAtReading: Self.reducing)
        let amending = lane.run { try await world.grant(agreement, fields: ["meter"], by: ann) }
        await lane.stopped()
        let ending = Task { try await world.withdraw(given, by: ann) }
        _ = await ends(ending)
        lane.go()
        // He is told that it was withdrawn meanwhile, or his amendment is a new grant.
        switch await amending.result {
        case .success(let amended): #expect(amended.value.grant.id != given)
        case .failure(let error): #expect((error as? ClientFault)?.kind == .conflict)
        }
        _ = try await ending.value
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }

    @Test("A new version waits for a grant that is under way, and has it; one that comes after waits for it")
    func publishedWhileGranting() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let lane = Lane(stoppingAtReading: Self.granting)
        let giving = lane.run { try await world.grant(agreement, by: world.cast.ann) }
        await lane.stopped()
        let publishing = Task { try await world.publish(World.csv(World.meters(version: 2))) }
        _ = await ends(publishing, withinMilliseconds: 50)
        let later = Task { try await world.grant(agreement, by: world.cast.bob) }
        _ = await ends(later, withinMilliseconds: 50)
        lane.go()
        _ = try await (giving.value, publishing.value, later.value)
        #expect(try world.meters(agreement) == ["m1", "m2", "m3"])
        try world.expectExact(agreement, World.meters(version: 2), version: 2)
    }

    @Test("Two amendments of one owner: the one that was recorded last holds, whoever comes back first")
    func lastAmendmentHolds() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        try await world.grant(agreement, fields: ["day"], by: ann)
        let slow = Lane()
        world.commits.shut()
        let wide = slow.run { try await world.grant(agreement, by: ann) }
        await world.commits.holds(1)
        slow.suspend()
        world.commits.open()
        let narrow = Task { try await world.grant(agreement, fields: ["meter"], keys: ["m1"], by: ann) }
        _ = await ends(narrow)
        slow.release()
        _ = try await (wide.value, narrow.value)
        #expect(try world.rows(agreement) == ["m1,,", "m1,,"])
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }

    @Test("The same with an end of time: the later word on when holds") func lastEndHolds() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let slow = Lane()
        world.commits.shut()
        let endless = slow.run { try await world.grant(agreement, by: ann) }
        await world.commits.holds(1)
        slow.suspend()
        world.commits.open()
        let brief = Task { try await world.grant(agreement, until: noon.adding(seconds: 1), by: ann) }
        _ = await ends(brief)
        slow.release()
        _ = try await (endless.value, brief.value)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        world.home.clock.set(noon.adding(seconds: 1))
        #expect(try world.rows(agreement) == [])
    }

    @Test(
        "A filter that is built anew while a withdrawal is in effect but not committed does not undo it",
        arguments: ["publish", "link"])
    func rebuiltDuringWithdrawal(by change: String) async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        let lane = Lane(stoppingAtReading: Self.narrowed)
        let ending = lane.run { try await world.withdraw(given, by: ann) }
        await lane.stopped()
        #expect(try world.rows(agreement) == [])
        let changing = Task {
            if change == "link" {
                try await world.link([("m5", ann)])
            } else {
                try await world.publish(World.csv(World.meters(version: 2)))
            }
        }
        if await ends(changing) { #expect(try world.rows(agreement) == [], "the rows came back") }
        lane.go()
        _ = try await ending.value
        try await changing.value
        #expect(try world.rows(agreement) == [], "the grant is withdrawn")
    }

    @Test("A grant that is withdrawn while a new version's filter is being built is not in it")
    func withdrawnDuringRebuild() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        try await world.grant(agreement, by: world.cast.bob)
        // The first reading stamps the publication; at the second the links were read, the grants were not.
        let hold = world.home.clock.hold(atReading: 2)
        let publishing = Task { try await world.publish(World.csv(World.meters(version: 2))) }
        await hold.reached()
        try await world.withdraw(given, by: ann)
        hold.go()
        _ = try await publishing.value
        #expect(try world.meters(agreement) == ["m3"])
        try world.expectExact(agreement, World.meters(version: 2), version: 2)
    }

    @Test("A grant that came between two endings ends at its time") func endAfterRestore() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let end = noon.adding(seconds: 10)
        let given = try await world.grant(agreement, by: ann).value.grant.id
        let granter = Lane(stoppingAtReading: Self.reducing)
        let renewing = granter.run { try await world.grant(agreement, until: end, by: ann) }
        await granter.stopped()
        let late = Lane(stoppingAtReading: Self.narrowed)
        let lateEnding = late.run { try await world.withdraw(given, by: ann) }
        await late.stopped()
        _ = try await world.exchange.end(given, by: .revoke, world.cast.grid)
        granter.go()
        // It is a new grant, or its owner is told that the old one was revoked meanwhile.
        switch await renewing.result {
        case .success(let renewed): #expect(renewed.value.grant.id != given)
        case .failure(let error): #expect((error as? ClientFault)?.kind == .conflict)
        }
        late.go()
        let fault = try await fault { try await lateEnding.value }
        #expect(fault.kind == .conflict && fault.found == "Revoked")
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
        world.home.clock.set(end)
        #expect(try world.rows(agreement) == [])
    }

    @Test("Withdrawn by two at once: one is answered, the other hears of a conflict") func twoEndings()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        let lane = Lane(stoppingAtReading: Self.narrowed)
        let late = lane.run { try await world.exchange.end(given, by: .revoke, world.cast.grid) }
        await lane.stopped()
        try await world.withdraw(given, by: ann)
        let renewed = try await world.grant(agreement, fields: ["meter"], by: ann).value
        lane.go()
        #expect(try await fault { try await late.value }.found == "Withdrawn")
        #expect(try world.stored(renewed.grant.id)?.state == .given)
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }

    @Test("An end that was moved in time is not recorded as an expiry by a sweep that was under way")
    func sweepDuringAmendment() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let end = noon.adding(seconds: 10)
        let given = try await world.grant(agreement, until: end, by: ann).value.grant.id
        world.home.clock.set(noon.adding(seconds: 9))
        let writer = HeldWriter(world.registry)
        await writer.holds()
        let owner = Lane(stoppingAtReading: Self.widening)
        let amending = owner.run {
            try await world.grant(agreement, until: noon.adding(seconds: 99), by: ann)
        }
        await owner.stopped()
        owner.go()
        world.home.clock.set(end)
        // At its second reading the sweep has its list and begins its first transaction.
        let sweeper = Lane(stoppingAtReading: 2)
        let sweeping = sweeper.run { try await world.exchange.recordExpiries() }
        await sweeper.stopped()
        writer.letGo()
        let amended = try await amending.value.value.grant
        sweeper.go()
        _ = try await sweeping.value
        #expect(try world.stored(amended.id)?.state == .given)
        if amended.id == given { #expect(try world.stored(given)?.validUntil == noon.adding(seconds: 99)) }
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }
}
