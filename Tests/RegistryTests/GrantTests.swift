import Model
import Testing

@testable import Registry
import TestSupport

@Suite("Grants") struct GrantTests {
    let story: Story
    init() throws { story = try Story() }

    private func insert(_ grants: Grant...) throws {
        try story.registry.write(at: noon) { registry in
            for grant in grants { try registry.insert(grant) }
        }
    }

    private func live(at now: Instant = noon) throws -> [LiveGrant] {
        try story.registry.read { reader in
            var found: [LiveGrant] = []
            try reader.forEachLiveGrant(of: story.agreement, at: now) { found.append($0) }
            return found
        }
    }

    @Test("A grant of every state comes back as it was stored", arguments: Grant.State.allCases)
    func roundTrip(state: Grant.State) throws {
        var full = story.grant(5, of: .organisation(story.authority), state, until: noon.adding(seconds: 9))
        full.fields = ["tailnum", "dep_delay"]
        full.ownerKeys = ["N1", "\u{E9}\"", ""]
        full.reason = "the \u{E9}nd"
        var bare = story.grant(6, of: person(1), state)
        bare.fields = []
        var none = story.grant(7, of: person(2), state)
        none.ownerKeys = []
        try insert(full, bare, none)
        for grant in [full, bare, none] {
            #expect(try story.registry.read { try $0.grant(grant.id) } == grant)
        }
        #expect(try story.registry.read { try $0.grant(identifier(99)) } == nil)
    }

    @Test(
        "An owner has one requested or given grant under an agreement",
        arguments: [
            (Grant.State.requested, Grant.State.requested), (.requested, .given), (.given, .requested),
            (.given, .given),
        ])
    func oneOpenGrant(first: Grant.State, second: Grant.State) throws {
        try insert(story.grant(5, of: person(1), first))
        let fault = ClientFault(.conflict, "grant_exists", "", field: "grant")
        #expect(throws: fault) { try insert(story.grant(6, of: person(1), second)) }
        #expect(throws: Never.self) { try insert(story.grant(7, of: person(2), second)) }
        var other = story.grant(8, of: person(1), second)
        other.agreement = try story.addAgreement(1)
        #expect(throws: Never.self) { try insert(other) }
    }

    @Test("After an end there may be a new grant; the newest counts and the old ones stay")
    func history() throws {
        let ended: [Grant.State] = [.refused, .withdrawn, .revoked, .expired]
        for (number, state) in ended.enumerated() {
            try insert(story.grant(10 - number, of: person(1), state))
        }
        // Identifiers may go backwards within a millisecond; the order of insertion does not.
        #expect(
            try story.registry.read { try $0.currentGrant(of: story.agreement, owner: person(1)) }?.state
                == .expired)
        try insert(story.grant(1, of: person(1), .requested))
        try story.registry.read { reader throws in
            #expect(try reader.currentGrant(of: story.agreement, owner: person(1))?.id == identifier(1))
            #expect(try reader.currentGrant(of: story.agreement, owner: person(2)) == nil)
            #expect(try reader.currentGrant(of: identifier(99), owner: person(1)) == nil)
            #expect(try reader.grants(ofOwner: person(1), limit: 9).items.count == 5)
            #expect(try reader.grants(ofOwner: person(2), limit: 9).items.isEmpty)
        }
        // None of the ended ones may come back beside it.
        var revived = story.grant(10, of: person(1), .given)
        revived.changedAt = noon.adding(seconds: 1)
        #expect(throws: ClientFault(.conflict, "grant_exists", "", field: "grant")) {
            try story.registry.write(at: noon) { try $0.update(revived) }
        }
    }

    @Test("An update stores the whole answer and nothing else") func update() throws {
        var grant = story.grant(5, of: person(1), .requested)
        grant.fields = []
        try insert(grant, story.grant(6, of: person(2)))
        grant.state = .given
        grant.fields = ["tailnum"]
        grant.ownerKeys = ["N1"]
        grant.validUntil = noon.adding(seconds: 60)
        grant.reason = "as agreed"
        grant.changedAt = noon.adding(seconds: 1)
        try story.registry.write(at: noon) { try $0.update(grant) }
        #expect(try story.registry.read { try $0.grant(grant.id) } == grant)
        #expect(try story.registry.read { try $0.grant(identifier(6)) } == story.grant(6, of: person(2)))
    }

    @Test("A grant never passes to another owner or agreement") func fixedParts() throws {
        try insert(story.grant(5, of: person(1)))
        var otherOwner = story.grant(5, of: person(2))
        otherOwner.state = .withdrawn
        var otherAgreement = story.grant(5, of: person(1))
        otherAgreement.agreement = try story.addAgreement(1)
        for wrong in [otherOwner, otherAgreement, story.grant(9, of: person(1))] {
            #expect(throws: ClientFault(.notFound, "unknown_grant", "", field: "grant")) {
                try story.registry.write(at: noon) { try $0.update(wrong) }
            }
        }
        #expect(try story.registry.read { try $0.grant(identifier(5)) } == story.grant(5, of: person(1)))
    }

    @Test("A grant needs an agreement, an owner and fields that exist") func badGrants() throws {
        var noAgreement = story.grant(5, of: person(1))
        noAgreement.agreement = identifier(99)
        var noField = story.grant(5, of: person(1))
        noField.fields = ["dep_delay", "altitude"]
        for (grant, code, field) in [
            (noAgreement, "unknown_agreement", "agreement"), (noField, "unknown_field", "fields"),
            (story.grant(5, of: person(99)), "unknown_owner", "owner"),
        ] {
            #expect(throws: ClientFault(.notFound, code, "", field: field)) { try insert(grant) }
        }
        #expect(try story.registry.read { try $0.grant(identifier(5)) } == nil)
    }

    @Test("Only what is given and has not run out is live, to the millisecond") func liveness() throws {
        let end = noon.adding(seconds: 60)
        for (number, state) in Grant.State.allCases.enumerated() where state != .given {
            try insert(story.grant(10 + number, of: person(0), state))
        }
        var some = story.grant(20, of: person(1), until: end)
        some.ownerKeys = ["N1"]
        try insert(some, story.grant(21, of: person(2)))
        let first = LiveGrant(
            id: identifier(20), owner: person(1), fieldIDs: ["f2"], ownerKeys: ["N1"], validUntil: end)
        let second = LiveGrant(id: identifier(21), owner: person(2), fieldIDs: ["f2"])
        #expect(try live(at: Instant(milliseconds: end.milliseconds - 1)) == [first, second])
        #expect(try live(at: end) == [second])
        #expect(throws: ClientFault(.notFound, "unknown_agreement", "", field: "agreement")) {
            try story.registry.read { try $0.forEachLiveGrant(of: identifier(99), at: noon) { _ in } }
        }
    }

    @Test("What runs out is found in order, and only while it is given") func expiry() throws {
        let end = { (seconds: Int64) in noon.adding(seconds: seconds) }
        #expect(try story.registry.read { try $0.nextExpiry() } == nil)
        try insert(
            story.grant(5, of: person(1), until: end(30)), story.grant(6, of: person(2), until: end(10)),
            story.grant(7, of: person(3)), story.grant(8, of: person(4), .requested, until: end(1)),
            story.grant(9, of: person(0), .withdrawn, until: end(2)))
        try story.registry.read { reader throws in
            #expect(try reader.nextExpiry() == end(10))
            #expect(try reader.grantsExpiring(through: end(9), limit: 9).isEmpty)
            #expect(try reader.grantsExpiring(through: end(10), limit: 9).map(\.id) == [identifier(6)])
            #expect(
                try reader.grantsExpiring(through: end(99), limit: 9).map(\.id) == [6, 5].map(identifier))
            #expect(try reader.grantsExpiring(through: end(99), limit: 1).map(\.id) == [identifier(6)])
        }
        try story.registry.write(at: end(10)) { registry in
            var expired = story.grant(6, of: person(2), .expired, until: end(10))
            expired.changedAt = end(10)
            try registry.update(expired)
        }
        #expect(try story.registry.read { try $0.nextExpiry() } == end(30))
    }

    @Test("After a withdrawal the consumer may still read by other grants, which are named")
    func stillReadable() throws {
        try story.registry.write(at: noon) { try $0.insert(story.flightsDataset("weather")) }
        let end = noon.adding(seconds: 60)
        let agreements = [
            story.agreement, try story.addAgreement(1), try story.addAgreement(2, validUntil: end),
            try story.addAgreement(3, dataset: "weather"),
        ]
        for (number, agreement) in agreements.enumerated() {
            var grant = story.grant(10 + number, of: person(1), until: number == 1 ? end : nil)
            grant.agreement = agreement
            try insert(grant)
        }
        var ended = story.grant(20, of: person(2), .withdrawn)
        ended.agreement = agreements[1]
        try insert(ended, story.grant(21, of: person(2)))
        let others = { (grant: Int, owner: Owner, consumer: Slug, now: Instant) in
            try story.registry.read { reader in
                try reader.otherLiveGrants(
                    than: identifier(grant), of: owner, consumer: consumer, dataset: story.flights, at: now)
            }.map(\.id)
        }
        #expect(try others(10, person(1), story.authority, noon) == [11, 12].map(identifier))
        #expect(try others(11, person(1), story.authority, noon) == [10, 12].map(identifier))
        #expect(try others(10, person(1), story.authority, end) == [])
        #expect(try others(10, person(1), story.airport, noon) == [])
        #expect(try others(21, person(2), story.authority, noon) == [])
    }

    @Test("Random answers agree with a naive reference") func random() throws {
        var generator = SeededGenerator.announced("random grants")
        var reference: [Grant] = []
        for step in 0..<400 {
            let now = noon.adding(seconds: Int64(step))
            let owner = person(Int.random(in: 0..<5, using: &generator))
            let state = try #require(Grant.State.allCases.randomElement(using: &generator))
            let until =
                Bool.random(using: &generator)
                ? nil : now.adding(seconds: .random(in: -20...20, using: &generator))
            var grant = story.grant(step, of: owner, state, until: until)
            grant.fields = ["dep_delay", "tailnum"].filter { _ in Bool.random(using: &generator) }
            grant.changedAt = now
            let isOpen = { (grant: Grant) in grant.state == .requested || grant.state == .given }
            if let index = reference.lastIndex(where: { $0.owner == owner && isOpen($0) }) {
                grant.id = reference[index].id
                try story.registry.write(at: now) { try $0.update(grant) }
                reference[index] = grant
            } else {
                try insert(grant)
                reference.append(grant)
            }
            try compare(reference, at: now)
        }
    }

    private func compare(_ reference: [Grant], at now: Instant) throws {
        let expected = reference.filter { $0.isLive(at: now) }.sorted {
            $0.owner.description < $1.owner.description
        }
        let found = try live(at: now)
        #expect(found.map(\.id) == expected.map(\.id))
        #expect(found.map(\.owner) == expected.map(\.owner))
        #expect(
            found.map(\.fieldIDs) == expected.map { $0.fields.map { $0 == "tailnum" ? "f1" : "f2" } })
        let nextExpiry = reference.filter { $0.state == .given }.compactMap { $0.validUntil }.min()
        #expect(try story.registry.read { try $0.nextExpiry() } == nextExpiry)
        for owner in (0..<5).map({ person($0) }) {
            let current = try story.registry.read { try $0.currentGrant(of: story.agreement, owner: owner) }
            #expect(current == reference.last { $0.owner == owner })
        }
    }
}
