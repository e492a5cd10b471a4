import Consent
import Model
import Testing

@Suite("Owners give", .timeLimit(.minutes(5))) struct GrantTests {
    @Test("Nobody has granted: the read is permitted and empty; then one grants, and his rows flow alone")
    func whole() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        #expect(try world.rows(agreement) == [])
        let before = world.epoch(of: agreement)
        let recorded = try await world.grant(agreement, by: world.cast.ann)
        #expect(recorded.entry != nil)
        #expect(recorded.value.epoch > before)
        #expect(recorded.value.epoch == world.epoch(of: agreement))
        #expect(recorded.value.grant.state == .given)
        #expect(recorded.value.grant.fields == World.fields)
        #expect(
            try world.rows(agreement) == ["m1,m1-1-v1,11", "m1,m1-2-v1,21", "m2,m2-1-v1,11", "m2,m2-2-v1,21"])
        #expect(try world.plan(agreement).epoch == recorded.value.epoch)
        let entry = try #require(try world.finalEntries().last)
        #expect(entry["type"] == "grant.given")
        #expect(entry["epoch"]?.integer == recorded.value.epoch)
        #expect(entry["grant"]?.string == recorded.value.grant.id.description)
    }

    @Test("A person stands in the entry as a commitment, an organisation by its name") func named()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        try await world.grant(agreement, by: world.cast.corp)
        let entries = try world.finalEntries().suffix(2)
        #expect(entries.first?["owner"]?.string?.utf8.count == 43)
        #expect(entries.first?["owner"]?.string != world.cast.ann.owner.description)
        #expect(entries.last?["owner"] == "corp")
        let text = String(decoding: try world.home.logBytes(), as: UTF8.self)
        for secret in [world.cast.ann.owner.description, "\"Ann\"", "\"m1\"", "\"m4\""] {
            #expect(!text.contains(secret), "`\(secret)` is in the log")
        }
    }

    @Test("Some fields: the others are empty cells; a read of none of them has no row") func someFields()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, fields: ["day"], by: world.cast.bob)
        try await world.grant(agreement, fields: ["kwh", "meter"], by: world.cast.corp)
        #expect(try world.rows(agreement) == [",m3-1-v1,", ",m3-2-v1,", "m4,,11", "m4,,21"])
        #expect(try world.rows(agreement, fields: ["kwh"]) == ["11", "21"])
        #expect(
            try world.rows(agreement, fields: ["day", "meter"]) == [",m4", ",m4", "m3-1-v1,", "m3-2-v1,"])
    }

    @Test("Some owner keys") func someKeys() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, keys: ["m2"], by: world.cast.ann)
        #expect(try world.meters(agreement) == ["m2"])
    }

    @Test("A grant for all keys covers one that is linked later; one for some keys does not")
    func laterKeys() async throws {
        let world = try await World.story()
        let (all, some) = (try await world.agreement(), try await world.agreement())
        try await world.grant(all, by: world.cast.ann)
        try await world.grant(some, keys: ["m1"], by: world.cast.ann)
        #expect(try await world.link([("m5", world.cast.ann)]).value == 1)
        #expect(try world.meters(all) == ["m1", "m2", "m5"])
        #expect(try world.meters(some) == ["m1"])
    }

    @Test("An amendment keeps the grant, narrows at once, and widens again") func amended() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let first = try await world.grant(agreement, by: world.cast.ann).value
        let narrow = try await world.grant(agreement, fields: ["day"], keys: ["m1"], by: world.cast.ann).value
        #expect(narrow.grant.id == first.grant.id)
        #expect(narrow.epoch > first.epoch)
        #expect(try world.rows(agreement) == [",m1-1-v1,", ",m1-2-v1,"])
        let wide = try await world.grant(agreement, fields: ["kwh"], by: world.cast.ann).value
        #expect(wide.grant.id == first.grant.id)
        #expect(wide.epoch > narrow.epoch)
        #expect(try world.rows(agreement) == [",,11", ",,11", ",,21", ",,21"])
        let types = try world.finalEntries().suffix(3).map { $0["type"] }
        #expect(types == ["grant.given", "grant.amended", "grant.amended"])
    }

    @Test("Fields that are taken back stop in a download of an older version too") func amendedInOldStream()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let running = try world.download(agreement)
        try await world.publish(World.csv(World.meters(version: 2)))
        try await world.grant(agreement, fields: ["day"], by: world.cast.ann)
        let lines = try running.rest()
        #expect(lines.allSatisfy { $0.hasPrefix(",") && $0.hasSuffix(",") }, "\(lines)")
        #expect(try world.rows(agreement) == [",m1-1-v2,", ",m1-2-v2,", ",m2-1-v2,", ",m2-2-v2,"])
    }

    @Test("Keys that are taken back stop in a download of an older version too") func keysInOldStream()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let running = try world.download(agreement)
        try await world.publish(World.csv(World.meters(version: 2)))
        try await world.grant(agreement, keys: ["m2"], by: world.cast.ann)
        #expect(try running.rest().allSatisfy { $0.hasPrefix("m2,") })
    }

    @Test("Nothing that widens reaches a download of an older version") func widerInOldStream() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, fields: ["day"], by: world.cast.ann)
        let running = try world.download(agreement)
        try await world.publish(World.csv(World.meters(version: 2)))
        try await world.grant(agreement, by: world.cast.bob)
        #expect(Set(try running.rest()) == [",m1-1-v1,", ",m1-2-v1,", ",m2-1-v1,", ",m2-2-v1,"])
    }

    @Test("Who owns nothing grants nothing: another person, the provider, the consumer, the operator")
    func notAnOwner() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        for caller in [world.cast.dora, world.cast.grid, world.cast.bureau, world.cast.boss] {
            let fault = try await fault { try await world.grant(agreement, by: caller) }
            #expect(fault.kind == .notFound && fault.code == "agreement_unknown", "it is between others")
            #expect(fault.remedy != nil)
        }
        #expect(try world.rows(agreement) == [])
        let entries = try world.finalEntries()
        #expect(!entries.isEmpty && entries.allSatisfy { $0["type"]?.string?.hasPrefix("grant.") == false })
    }

    @Test("Foreign keys, no keys, fields that were not agreed, and an end in the past are refused by name")
    func badTerms() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement(fields: ["meter", "day"])
        let ann = world.cast.ann
        let before = world.epoch(of: agreement)
        let faults = [
            try await fault { try await world.grant(agreement, keys: ["m1", "m3"], by: ann) },
            try await fault { try await world.grant(agreement, keys: ["nothing"], by: ann) },
            try await fault { try await world.grant(agreement, keys: [], by: ann) },
            try await fault { try await world.grant(agreement, fields: ["kwh"], by: ann) },
            try await fault { try await world.grant(agreement, fields: ["day", "day"], by: ann) },
            try await fault { try await world.grant(agreement, fields: [], by: ann) },
            try await fault { try await world.grant(agreement, until: noon, by: ann) },
        ]
        #expect(
            faults.map(\.code) == [
                "owner_key_foreign", "owner_key_foreign", "owner_keys_missing", "field_unknown",
                "field_twice", "fields_missing", "time_past",
            ])
        #expect(
            faults.map(\.field) == [
                "owner_keys", "owner_keys", "owner_keys", "fields", "fields", "fields", "valid_until",
            ])
        #expect(faults[0].found == "m3")
        #expect(world.epoch(of: agreement) == before)
        #expect(try world.rows(agreement) == [])
    }

    @Test("An agreement that is none") func unknownAgreement() async throws {
        let world = try await World.story()
        let none = AgreementID(at: noon, random: (7, 7))
        let fault = try await fault { try await world.grant(none, by: world.cast.ann) }
        #expect(fault.kind == .notFound && fault.code == "agreement_unknown")
    }

    @Test("What is granted under one agreement says nothing under another") func twoAgreements()
        async throws
    {
        let world = try await World.story()
        let mine = try await world.agreement()
        let theirs = try await world.agreement(consumer: world.cast.rival)
        let before = world.epoch(of: theirs)
        try await world.grant(mine, by: world.cast.ann)
        #expect(try world.meters(mine) == ["m1", "m2"])
        #expect(try world.rows(theirs) == [])
        #expect(world.epoch(of: theirs) == before)
    }
}
