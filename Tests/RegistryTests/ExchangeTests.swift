import GRDB
import Model
import Testing

@testable import Registry

@Suite("Requests and agreements") struct ExchangeTests {
    let story: Story
    init() throws { story = try Story() }

    @Test("A request comes back as it was stored, with everything and with little") func requests() throws {
        var full = story.accessRequest(identifier(50))
        full.legalBasis = .legitimateInterest
        full.notice = ["nl": "\"\\\n\u{1F6E9}", "en": ""]
        var bare = story.accessRequest(identifier(51))
        (bare.validUntil, bare.retention, bare.notice, bare.fields) = (nil, nil, [:], [])
        (bare.state, bare.refusalReason) = (.refused, "")
        try story.registry.write(at: noon) { registry in
            try registry.insert(full)
            try registry.insert(bare)
        }
        try story.registry.read { reader throws in
            #expect(try reader.request(full.id) == full)
            #expect(try reader.request(bare.id) == bare)
            #expect(try reader.request(identifier(52)) == nil)
        }
    }

    @Test("The oldest request is one that is open or has an agreement that runs, as long as it could matter")
    func oldest() throws {
        let day: Int64 = 86_400
        func oldest(at seconds: Int64) throws -> Instant? {
            try story.registry.read { try $0.oldestLiveRequest(at: noon.adding(seconds: seconds)) }
        }
        // The story's own request and agreement end after a day.
        #expect(try oldest(at: 5) == noon.adding(seconds: 1))
        #expect(try oldest(at: day) == nil)
        var (open, refused) = (story.accessRequest(identifier(70)), story.accessRequest(identifier(60)))
        open.validUntil = noon.adding(seconds: 3 * day)
        (refused.validUntil, refused.state) = (nil, .refused)
        try story.registry.write(at: noon) { [open, refused] registry in
            try registry.insert(open)
            try registry.insert(refused)
        }
        #expect(try oldest(at: day) == noon.adding(seconds: 70))
        #expect(try oldest(at: 3 * day) == nil)
        _ = try story.addAgreement(1, validUntil: noon.adding(seconds: 4 * day))
        #expect(try oldest(at: 3 * day) == noon.adding(seconds: 1001))
    }

    @Test("Every legal basis comes back", arguments: LegalBasis.allCases) func bases(basis: LegalBasis) throws
    {
        var request = story.accessRequest(identifier(50))
        request.legalBasis = basis
        var agreement = story.signedAgreement(identifier(51), request: request.id)
        agreement.legalBasis = basis
        try story.registry.write(at: noon) { registry in
            try registry.insert(request)
            try registry.insert(agreement)
        }
        #expect(try story.registry.read { try $0.request(request.id) } == request)
        #expect(try story.registry.read { try $0.agreement(agreement.id) } == agreement)
    }

    @Test("A request is answered once", arguments: [AccessRequest.State.agreed, .refused])
    func deciding(state: AccessRequest.State) throws {
        let reason = state == .refused ? "no \"é\"" : nil
        try story.registry.write(at: noon) { try $0.decide(story.request, as: state, reason: reason) }
        var answered = story.accessRequest()
        (answered.state, answered.refusalReason) = (state, reason)
        #expect(try story.registry.read { try $0.request(story.request) } == answered)
        let fault = #expect(throws: ClientFault.self) {
            try story.registry.write(at: noon) { try $0.decide(story.request, as: .agreed) }
        }
        #expect(fault?.code == "request_decided")
        #expect(fault?.found == state.rawValue)
        #expect(throws: ClientFault(.notFound, "unknown_request", "", field: "request")) {
            try story.registry.write(at: noon) { try $0.decide(identifier(99), as: .agreed) }
        }
    }

    @Test("A request that refers to nothing leaves nothing behind") func badRequests() throws {
        var strangers = story.accessRequest(identifier(50))
        strangers.consumer = slug("nobody")
        var unknownField = story.accessRequest(identifier(50))
        unknownField.fields = ["dep_delay", "f1"]
        let bad: [(AccessRequest, String, String)] = [
            (story.accessRequest(), "request_exists", "request"),
            (story.accessRequest(identifier(50), dataset: "none"), "unknown_dataset", "dataset"),
            (strangers, "unknown_organisation", "organisation"), (unknownField, "unknown_field", "fields"),
        ]
        for (request, code, field) in bad {
            #expect(throws: ClientFault(.conflict, code, "", field: field)) {
                try story.registry.write(at: noon) { try $0.insert(request) }
            }
        }
        #expect(try story.registry.read { try $0.request(identifier(50)) } == nil)
    }

    @Test("A dataset and a request for it may be of one transaction") func oneTransaction() throws {
        try story.registry.write(at: noon) { registry in
            let early = try registry.fieldNames(of: slug("new")).names(of: ["f1"])
            #expect(early.isEmpty)
            try registry.insert(story.flightsDataset("new"))
            try registry.insert(story.accessRequest(identifier(50), dataset: "new"))
        }
        let fields = try story.registry.read { try $0.request(identifier(50)) }?.fields
        #expect(fields == ["dep_delay", "tailnum"])
    }

    @Test("An agreement is found by itself, its request and its dataset") func agreements() throws {
        let first = story.signedAgreement()
        let second = try story.addAgreement(1)
        try story.registry.read { reader throws in
            #expect(try reader.agreement(story.agreement) == first)
            #expect(try reader.agreement(forRequest: story.request) == first)
            #expect(try reader.agreement(forRequest: identifier(99)) == nil)
            #expect(try reader.agreement(identifier(99)) == nil)
            #expect(try reader.agreements(ofDataset: story.flights).map(\.id) == [first.id, second])
            #expect(try reader.agreements(ofDataset: slug("none")).isEmpty)
        }
    }

    @Test("An agreement that has run out is not live, to the millisecond") func live() throws {
        let end = noon.adding(seconds: 86_400)
        let endless = try story.addAgreement(1, validUntil: nil)
        let before = Instant(milliseconds: end.milliseconds - 1)
        try story.registry.read { reader throws in
            #expect(try reader.liveAgreements(at: before).map(\.id) == [story.agreement, endless])
            #expect(try reader.liveAgreements(at: end).map(\.id) == [endless])
        }
    }

    @Test("An owner sees the agreements on his rows, by link, by ownership and by a grant he gave")
    func touchingOwner() throws {
        try story.registry.write(at: noon) { registry in
            try registry.insert(story.flightsDataset("mine", rule: .single(person(1))))
            try registry.insert(story.flightsDataset("foreign"))
        }
        let second = try story.addAgreement(1)
        let mine = try story.addAgreement(2, dataset: "mine")
        _ = try story.addAgreement(3, dataset: "foreign")
        #expect(try agreements(of: person(1)) == [mine])
        #expect(try agreements(of: person(2)) == [])
        try link(person(1))
        #expect(try agreements(of: person(1)) == [story.agreement, second, mine])
        try story.registry.write(at: noon) { try $0.insert(story.grant(5, of: person(1))) }
        try link(nil)
        #expect(try agreements(of: person(1)) == [story.agreement, mine])
        let page = try story.registry.read { try $0.agreements(touching: person(1), limit: 1) }
        #expect(page.items.map { $0.id } == [story.agreement])
        let last = try story.registry.read {
            try $0.agreements(touching: person(1), after: page.next, limit: 1)
        }
        #expect(last.items.map { $0.id } == [mine])
        #expect(last.next == nil)
        #expect(throws: ClientFault(.badInput, "bad_cursor", "", field: "cursor")) {
            let airport = Party.provider(story.airport)
            return try story.registry.read { try $0.agreements(of: airport, after: page.next, limit: 1) }
        }
    }

    private func agreements(of owner: Owner) throws -> [AgreementID] {
        try story.registry.read { try $0.agreements(touching: owner, limit: 9).items.map { $0.id } }
    }

    private func link(_ owner: Owner?) throws {
        try story.registry.write(at: noon) { registry in
            _ = try registry.assertLinks([LinkAssertion(ownerKey: "N1", owner: owner)], in: story.flights)
        }
    }

    @Test("One agreement for each request, and only for one that exists") func badAgreements() throws {
        let bad: [(Agreement, String, String)] = [
            (story.signedAgreement(identifier(60)), "agreement_exists", "agreement"),
            (story.signedAgreement(request: identifier(61)), "agreement_exists", "agreement"),
            (story.signedAgreement(identifier(60), request: identifier(61)), "unknown_request", "request"),
            (story.signedAgreement(identifier(60), dataset: "none"), "unknown_field", "fields"),
        ]
        for (agreement, code, field) in bad {
            #expect(throws: ClientFault(.conflict, code, "", field: field)) {
                try story.registry.write(at: noon) { try $0.insert(agreement) }
            }
        }
        #expect(try story.registry.read { try $0.agreements(ofDataset: story.flights) }.count == 1)
    }

    @Test("Epochs only rise, whatever the order of commits") func epochs() throws {
        try story.registry.write(at: noon) { registry throws in
            #expect(try registry.epoch(of: story.agreement) == 0)
            #expect(try registry.raiseEpoch(of: story.agreement, to: 7) == 7)
            #expect(try registry.raiseEpoch(of: story.agreement, to: 6) == 7)
            try registry.raiseLiveEpochs(by: 10)
            #expect(try registry.epoch(of: story.agreement) == 17)
        }
        #expect(try story.registry.read { try $0.agreement(story.agreement) }?.epoch == 17)
        let unknown = ClientFault(.notFound, "unknown_agreement", "", field: "agreement")
        #expect(throws: unknown) {
            try story.registry.write(at: noon) { try $0.raiseEpoch(of: identifier(99), to: 1) }
        }
        #expect(throws: unknown) { try story.registry.read { try $0.epoch(of: identifier(99)) } }
    }

    @Test("An undone transaction does not raise the epoch") func epochRollback() throws {
        #expect(throws: Mishap()) {
            try story.registry.write(at: noon) { registry in
                _ = try registry.raiseEpoch(of: story.agreement, to: 1)
                throw Mishap()
            }
        }
        #expect(try story.registry.read { try $0.epoch(of: story.agreement) } == 0)
    }

    @Test("A renamed column stays agreed; one that only took its name is not") func fieldsByID() throws {
        try story.registry.write(at: noon) { try $0.insert(story.grant(5, of: person(1))) }
        try story.registry.pool.write { database in
            try database.execute(sql: "UPDATE dataset_fields SET name = 'aircraft' WHERE id = 'f1'")
            try database.execute(sql: "UPDATE dataset_fields SET id = 'f2-bis' WHERE name = 'dep_delay'")
        }
        try story.registry.read { reader throws in
            #expect(try reader.request(story.request)?.fields == ["aircraft"])
            #expect(try reader.agreement(story.agreement)?.fields == ["aircraft"])
            #expect(try reader.grant(identifier(5))?.fields == [])
            // Whoever reads grants by their ids finds no field that has one of them.
            try reader.forEachLiveGrant(of: story.agreement, at: noon) { #expect($0.fieldIDs == ["f2"]) }
        }
    }
}
