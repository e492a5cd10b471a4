import Consent
import Model
import Testing

@Suite("Grants end", .timeLimit(.minutes(5))) struct EndingTests {
    @Test("Withdrawn: the rows stop, the entry is there, and a new yes is a new grant") func withdraw()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value
        let recorded = try await world.withdraw(given.grant.id, by: world.cast.ann)
        #expect(recorded.entry != nil)
        #expect(recorded.value.grant.state == .withdrawn)
        #expect(recorded.value.epoch > given.epoch)
        #expect(world.epoch(of: agreement) == recorded.value.epoch)
        #expect(recorded.value.stillReadable == [])
        #expect(try world.rows(agreement) == [])
        let again = try await world.grant(agreement, by: world.cast.ann).value
        #expect(again.grant.id != given.grant.id)
        #expect(again.epoch > recorded.value.epoch)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        #expect(try world.stored(given.grant.id)?.state == .withdrawn)
        let entries = try world.finalEntries().suffix(3)
        #expect(entries.map { $0["type"] } == ["grant.given", "grant.withdrawn", "grant.given"])
        #expect(
            entries.map { $0["epoch"]?.integer } == [given.epoch, recorded.value.epoch, again.epoch])
    }

    @Test("Listed, then refused: nothing flowed, and a later yes is a new grant") func refuse() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let listed = try #require(try await world.listed(agreement, for: world.cast.ann))
        #expect(listed.grant.state == .requested)
        #expect(listed.ownerKeys == ["m1", "m2"])
        #expect(listed.request.consumer == slug("bureau"))
        let again = try #require(try await world.listed(agreement, for: world.cast.ann))
        #expect(again.grant.id == listed.grant.id)
        let ended = try await world.exchange.end(listed.grant.id, by: .refuse, world.cast.ann).value
        #expect(ended.grant.state == .refused)
        #expect(try world.rows(agreement) == [])
        let given = try await world.grant(agreement, by: world.cast.ann).value
        #expect(given.grant.id != listed.grant.id)
        let types = try world.finalEntries().suffix(3).map { $0["type"] }
        #expect(types == ["grant.requested", "grant.refused", "grant.given"])
    }

    @Test("Listed, then granted: the listed grant is the one that is given") func grantListed() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let listed = try #require(try await world.listed(agreement, for: world.cast.corp))
        let given = try await world.grant(agreement, by: world.cast.corp).value
        #expect(given.grant.id == listed.grant.id)
        #expect(try await world.listed(agreement, for: world.cast.corp)?.grant.state == .given)
        #expect(try await world.listed(agreement, for: world.cast.dora) == nil)
    }

    @Test("The provider and the operator revoke, given and listed grants alike") func revoke() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        for caller in [world.cast.grid, world.cast.boss] {
            let given = try await world.grant(agreement, by: world.cast.ann).value
            let ended = try await world.exchange.end(given.grant.id, by: .revoke, caller).value
            #expect(ended.grant.state == .revoked)
            #expect(try world.rows(agreement) == [])
            let renewed = try await world.grant(agreement, by: world.cast.ann).value
            #expect(renewed.grant.id != given.grant.id)
            try await world.withdraw(renewed.grant.id, by: world.cast.ann)
        }
        let listed = try #require(try await world.listed(agreement, for: world.cast.bob))
        _ = try await world.exchange.end(listed.grant.id, by: .revoke, world.cast.grid)
        #expect(try world.stored(listed.grant.id)?.state == .revoked)
    }

    @Test(
        "To strangers there is no such grant, however they would end it", arguments: Exchange.Ending.allCases)
    func strangers(ending: Exchange.Ending) async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value
        let auditor = try await Cast.person(
            "Auditor", of: "grid", role: .auditor, world.exchange, by: world.cast.boss)
        let strangers = [
            world.cast.bob, world.cast.corp, world.cast.dora, world.cast.water, world.cast.bureau,
            world.cast.rival, auditor,
        ]
        for caller in strangers {
            let fault = try await fault { try await world.exchange.end(given.grant.id, by: ending, caller) }
            #expect(fault.kind == .notFound && fault.code == "grant_unknown")
        }
        let none = GrantID(at: noon, random: (3, 3))
        let unknown = try await fault { try await world.exchange.end(none, by: ending, world.cast.ann) }
        #expect(unknown.code == "grant_unknown")
        #expect(world.epoch(of: agreement) == given.epoch)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("Who knows the grant but may not end it so is told what he may do") func wrongWay() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value
        let publisher = try await Cast.person(
            "Pia", of: "grid", role: .publisher, world.exchange, by: world.cast.boss)
        for caller in [world.cast.grid, world.cast.boss, publisher] {
            for ending in [Exchange.Ending.withdraw, .refuse] {
                let fault = try await fault {
                    try await world.exchange.end(given.grant.id, by: ending, caller)
                }
                #expect(fault.kind == .forbidden && fault.code == "not_the_owner")
                #expect(fault.remedy?.contains("revoke") == true)
            }
        }
        let own = try await fault {
            try await world.exchange.end(given.grant.id, by: .revoke, world.cast.ann)
        }
        #expect(own.kind == .forbidden && own.code == "owner_revokes")
        #expect(own.remedy?.contains("withdraw") == true)
        #expect(world.epoch(of: agreement) == given.epoch)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("Twice is a conflict that names the state, and harms nothing") func twice() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let listed = try #require(try await world.listed(agreement, for: world.cast.ann)).grant.id
        let early = try await fault { try await world.withdraw(listed, by: world.cast.ann) }
        #expect(early.kind == .conflict && early.found == "Requested")
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        let late = try await fault { try await world.exchange.end(given, by: .refuse, world.cast.ann) }
        #expect(late.kind == .conflict && late.found == "Given")
        try await world.withdraw(given, by: world.cast.ann)
        let renewed = try await world.grant(agreement, by: world.cast.ann).value
        for (ending, caller) in [(Exchange.Ending.withdraw, world.cast.ann), (.revoke, world.cast.grid)] {
            let fault = try await fault { try await world.exchange.end(given, by: ending, caller) }
            #expect(fault.kind == .conflict && fault.code == "grant_state" && fault.field == "state")
            #expect(fault.found == "Withdrawn")
        }
        #expect(world.epoch(of: agreement) == renewed.epoch)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("The answer lists the grants by which the same consumer reads on, and no others")
    func stillReadable() async throws {
        let world = try await World.story()
        let (first, second) = (try await world.agreement(), try await world.agreement(fields: ["day"]))
        let short = try await world.agreement(validUntil: noon.adding(seconds: 60))
        let rivals = try await world.agreement(consumer: world.cast.rival)
        let mine = try await world.grant(first, by: world.cast.ann).value.grant.id
        let other = try await world.grant(second, by: world.cast.ann).value.grant.id
        let brief = try await world.grant(short, by: world.cast.ann).value.grant.id
        try await world.grant(rivals, by: world.cast.ann)
        try await world.grant(second, by: world.cast.bob)
        #expect(try await world.withdraw(mine, by: world.cast.ann).value.stillReadable == [other, brief])
        #expect(try world.rows(first) == [])
        #expect(Set(try world.rows(second)).count == 6)
        let again = try await world.grant(first, by: world.cast.ann).value.grant.id
        world.home.clock.advance(milliseconds: 60_000)
        #expect(try await world.withdraw(again, by: world.cast.ann).value.stillReadable == [other])
    }

    @Test("Reasons are kept for the parties and never reach the log") func reasons() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        let secret = "because-of-my-illness"
        _ = try await world.exchange.end(given, by: .withdraw, reason: secret, world.cast.ann)
        let listed = try #require(try await world.listed(agreement, for: world.cast.bob)).grant.id
        _ = try await world.exchange.end(listed, by: .refuse, reason: secret, world.cast.bob)
        let corps = try await world.grant(agreement, by: world.cast.corp).value.grant.id
        _ = try await world.exchange.end(corps, by: .revoke, reason: secret, world.cast.grid)
        let request = try await world.exchange.request(world.ask(), by: world.cast.bureau).value
        _ = try await world.exchange.refuse(request.id, reason: secret, by: world.cast.grid)
        for grant in [given, listed, corps] { #expect(try world.stored(grant)?.reason == secret) }
        try world.stop()
        let bytes = try world.home.logBytes()
        #expect(String(decoding: bytes, as: UTF8.self).contains("grant.withdrawn"))
        #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
    }
}
