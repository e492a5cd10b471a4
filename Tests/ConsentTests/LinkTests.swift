import Consent
import DataPlane
import Model
import Registry
import Testing

@Suite("Keys are linked to owners", .timeLimit(.minutes(5))) struct LinkTests {
    @Test("A key that passes on stops at once; the new owner releases it from the next version on")
    func relinked() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        try await world.grant(agreement, by: world.cast.bob)
        let running = try world.download(agreement)
        let recorded = try await world.link([("m1", world.cast.bob)])
        #expect(recorded.value == 1 && recorded.entry != nil)
        #expect(try running.rest().allSatisfy { !$0.hasPrefix("m1,") })
        #expect(try world.meters(agreement) == ["m2", "m3"])
        try await world.grant(agreement, by: world.cast.bob)
        #expect(try world.meters(agreement) == ["m2", "m3"], "rows of before are not his")
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(try world.meters(agreement) == ["m1", "m2", "m3"])
        try world.expectExact(agreement, World.meters(version: 2), version: 2)
    }

    @Test("Rows that were on their way when their key passed on are nobody's") func whileUploading()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        for owner in [world.cast.ann, world.cast.bob] { try await world.grant(agreement, by: owner) }
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: world.cast.grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        try await world.link([("m1", world.cast.bob)])
        _ = try await world.exchange.publish(upload, by: world.cast.grid)
        #expect(try world.meters(agreement) == ["m2", "m3"])
        try await world.publish(World.csv(World.meters(version: 3)))
        #expect(try world.meters(agreement) == ["m1", "m2", "m3"])
    }

    @Test("Rows of an erased person are not released by the next owner of his key") func erased()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.bob)
        guard case .person(let ann) = world.cast.ann.owner else { throw NoPerson() }
        _ = try await world.exchange.erase(ann, by: world.cast.boss)
        try await world.link([("m1", world.cast.bob)])
        #expect(try world.meters(agreement) == ["m3"])
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(try world.meters(agreement) == ["m1", "m3"])
    }

    private struct NoPerson: Error {}

    @Test("Over a restart the older rows stay closed to the new owner") func relinkedAndRestarted()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.bob)
        try await world.link([("m1", world.cast.bob)])
        let next = try await world.restarted()
        #expect(try next.meters(agreement) == ["m3"])
    }

    @Test("A key that goes and comes back opens no version of the time between") func backAgain()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        try await world.link([("m1", world.cast.bob)])
        try await world.publish(World.csv(World.meters(version: 2)))
        try await world.link([("m1", world.cast.ann)])
        #expect(try world.meters(agreement) == ["m2"])
        try await world.publish(World.csv(World.meters(version: 3)))
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("A key that is nobody's any more: its rows stop, the others go on") func unlinked() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        #expect(try await world.link([("m1", nil), ("m9", nil)]).value == 1)
        #expect(try world.meters(agreement) == ["m2"])
        try await world.link([("m2", nil)])
        let fault = try await fault { try await world.grant(agreement, by: world.cast.ann) }
        #expect(fault.kind == .notFound && fault.code == "agreement_unknown")
    }

    @Test("Who has lost his keys can still withdraw") func withdrawWithoutKeys() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        try await world.link([("m1", nil), ("m2", nil)])
        #expect(try await world.withdraw(given, by: world.cast.ann).value.grant.state == .withdrawn)
        try await world.link([("m1", world.cast.ann)])
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(try world.rows(agreement) == [])
    }

    @Test("A link that changes nothing is no change") func unchanged() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let epoch = world.epoch(of: agreement)
        #expect(try await world.link([("m1", world.cast.ann), ("m3", world.cast.bob)]).value == 0)
        #expect(world.epoch(of: agreement) >= epoch)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("An unknown owner, a key twice, no key, a long key, no link: refused by name, and all rows flow on")
    func refused() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let stranger = Owner.person(PersonID(at: noon, random: (9, 9)))
        func attempt(_ claims: [(String, Owner?)]) async throws -> ClientFault {
            try await fault {
                try await world.exchange.link(
                    claims.map { Exchange.LinkClaim(ownerKey: $0.0, owner: $0.1) }, in: slug("meters"),
                    by: world.cast.grid)
            }
        }
        let bob = world.cast.bob.owner
        let faults = [
            try await attempt([("m1", bob), ("m2", stranger)]),
            try await attempt([("m1", .organisation(slug("nobody")))]),
            try await attempt([("m1", bob), ("m2", bob), ("m1", nil)]),
            try await attempt([("m1", bob), ("", bob)]),
            try await attempt([(String(repeating: "k", count: 1025), bob)]),
            try await attempt([]),
        ]
        #expect(
            faults.map(\.code) == [
                "owner_unknown", "owner_unknown", "owner_key_twice", "bad_owner_key", "bad_owner_key",
                "links_missing",
            ])
        #expect(
            faults.map(\.field) == [
                "[1].owner", "[0].owner", "[2].owner_key", "[1].owner_key", "[0].owner_key", nil,
            ])
        #expect(try world.meters(agreement) == ["m1", "m2"])
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }

    @Test("Only the provider links, and only where a column names the owner") func notTheirs() async throws {
        let world = try await World.story()
        let claim = [Exchange.LinkClaim(ownerKey: "m1", owner: world.cast.bob.owner)]
        for caller in [world.cast.water, world.cast.ann, world.cast.bureau, world.cast.boss] {
            let fault = try await fault {
                try await world.exchange.link(claim, in: slug("meters"), by: caller)
            }
            #expect(fault.kind == .notFound && fault.code == "dataset_unknown")
        }
        try await world.add("all-corp", .single(world.cast.corp.owner))
        let single = try await fault { try await world.link([("m1", world.cast.bob)], in: "all-corp") }
        #expect(single.kind == .conflict && single.code == "links_need_owner_column")
        let unknown = try await fault { try await world.link([("m1", world.cast.bob)], in: "nothing") }
        #expect(unknown.code == "dataset_unknown")
    }

    @Test(
        "A key passes on while its owner grants: the grant comes first, then the link, and it does not flow")
    func whileGranting() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let ann = world.cast.ann
        let lane = Lane(stoppingAtReading: RaceTests.granting)
        let giving = lane.run { try await world.grant(agreement, by: ann) }
        await lane.stopped()
        let linking = Task { try await world.link([("m1", world.cast.bob)]) }
        _ = await ends(linking, withinMilliseconds: 50)
        lane.go()
        _ = try await (giving.value, linking.value)
        #expect(try world.meters(agreement) == ["m2"])
        try world.expectExact(agreement, World.meters(version: 1), version: 1)
    }

    @Test("An owner grants while his key passes on: what he releases is what he then has") func whileLinking()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        world.commits.shut()
        let linking = Task { try await world.link([("m1", world.cast.bob)]) }
        await world.commits.holds(1)
        let giving = Task { try await world.grant(agreement, by: world.cast.ann) }
        world.commits.open()
        _ = try await (giving.value, linking.value)
        #expect(try world.meters(agreement) == ["m2"])
    }
}

/// Two spellings of one character are one for Swift and two for the data.
@Suite("Keys that look alike", .timeLimit(.minutes(5))) struct LookAlikeKeyTests {
    static let one = "caf\u{E9}"
    static let two = "cafe\u{301}"
    static let rows = [[one, "one", "1"], [two, "two", "2"], ["m1", "third", "3"]]

    static func story(
        one: KeyPath<Cast, Caller>, two: KeyPath<Cast, Caller>
    ) async throws -> (World, AgreementID) {
        let world = try await World.story()
        try await world.publish(World.csv(rows))
        try await world.link([(Self.one, world.cast[keyPath: one]), (Self.two, world.cast[keyPath: two])])
        return (world, try await world.agreement(fields: ["meter", "day"]))
    }

    private func days(_ world: World, _ agreement: AgreementID) throws -> [String] {
        try world.rows(agreement, fields: ["day"])
    }

    @Test("Each owner's grant and withdrawal moves his own row alone") func apart() async throws {
        let (world, agreement) = try await Self.story(one: \.bob, two: \.corp)
        let bobs = try await world.grant(agreement, by: world.cast.bob).value.grant.id
        #expect(try days(world, agreement) == ["one"])
        try await world.grant(agreement, by: world.cast.corp)
        #expect(try days(world, agreement) == ["one", "two"])
        try await world.withdraw(bobs, by: world.cast.bob)
        #expect(try days(world, agreement) == ["two"])
        try world.expectExact(agreement, Self.rows, version: 2)
    }

    @Test("Who has both and grants one releases one; taking one back takes that one") func both()
        async throws
    {
        let (world, agreement) = try await Self.story(one: \.bob, two: \.bob)
        let bob = world.cast.bob
        try await world.grant(agreement, keys: [Self.two], by: bob)
        #expect(try days(world, agreement) == ["two"])
        try await world.grant(agreement, by: bob)
        #expect(try days(world, agreement) == ["one", "two"])
        try await world.grant(agreement, keys: [Self.one], by: bob)
        #expect(try days(world, agreement) == ["one"])
        let next = try await world.restarted()
        #expect(try days(next, agreement) == ["one"])
    }

    @Test("The other's spelling is a foreign key") func foreign() async throws {
        let (world, agreement) = try await Self.story(one: \.bob, two: \.corp)
        let fault = try await fault {
            try await world.grant(agreement, keys: [Self.two], by: world.cast.bob)
        }
        #expect(fault.code == "owner_key_foreign")
        #expect(try days(world, agreement) == [])
    }

    @Test("One passes on: its rows stop before anything is recorded, the other's flow on")
    func relinked() async throws {
        let (world, agreement) = try await Self.story(one: \.bob, two: \.corp)
        try await world.grant(agreement, by: world.cast.bob)
        try await world.grant(agreement, by: world.cast.corp)
        world.commits.shut()
        let linking = Task { try await world.link([(Self.one, world.cast.corp)]) }
        await world.commits.holds(1)
        #expect(try days(world, agreement) == ["two"])
        world.commits.open()
        _ = try await linking.value
        #expect(try days(world, agreement) == ["two"])
    }

    @Test("Withdrawn while a filter is being built: both rows of the owner are out of it")
    func withdrawnDuringRebuild() async throws {
        let (world, agreement) = try await Self.story(one: \.bob, two: \.bob)
        let bob = world.cast.bob
        let given = try await world.grant(agreement, by: bob).value.grant.id
        let hold = world.home.clock.hold(atReading: 2)
        let publishing = Task { try await world.publish(World.csv(Self.rows)) }
        await hold.reached()
        try await world.withdraw(given, by: bob)
        hold.go()
        _ = try await publishing.value
        #expect(try days(world, agreement) == [])
    }
}
