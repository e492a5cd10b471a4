import Consent
import Cryptography
import Model
import PolicyEngine
import Registry
import Testing

@Suite("Consumers ask, providers answer", .timeLimit(.minutes(5))) struct RequestTests {
    private func refused(
        _ world: World, by caller: Caller? = nil, _ change: (inout Exchange.Ask) -> Void
    ) async throws -> ClientFault {
        var ask = world.ask()
        change(&ask)
        return try await fault { try await world.exchange.request(ask, by: caller ?? world.cast.bureau) }
    }

    @Test(
        "Consent and permission may be asked for; every other basis is refused with that reason",
        arguments: LegalBasis.allCases)
    func bases(basis: LegalBasis) async throws {
        let world = try await World.story()
        if [.consent, .permission].contains(basis) {
            let made = try await world.exchange.request(world.ask(basis: basis), by: world.cast.bureau)
            #expect(made.entry != nil && made.value.state == .open && made.value.legalBasis == basis)
        } else {
            let fault = try await refused(world) { $0.legalBasis = basis }
            #expect(fault.kind == .forbidden)
            #expect(fault.code.hasPrefix("legal_basis"), "\(fault.code)")
            #expect(fault.field == "legal_basis")
            #expect(!fault.message.isEmpty)
        }
    }

    @Test("A wrong ask is refused by the name of the wrong member, and nothing is recorded") func wrong()
        async throws
    {
        let world = try await World.story()
        try await world.add("weather", .open)
        let faults = [
            try await refused(world) { $0.purpose = Purpose("https://w3id.org/dpv#WorldDomination") },
            try await refused(world) { $0.dataset = slug("nothing") },
            try await refused(world) { $0.dataset = slug("weather") },
            try await refused(world) { $0.fields = [] },
            try await refused(world) { $0.fields = ["day", "day"] },
            try await refused(world) { $0.fields = ["salary"] },
            try await refused(world) { $0.validUntil = noon },
            try await refused(world) { $0.retention = "ninety days" },
            try await refused(world) { $0.notice = ["en": ""] },
            try await refused(world) { $0.notice = ["e": "text"] },
        ]
        #expect(
            faults.map(\.code) == [
                "purpose_unknown", "dataset_unknown", "dataset_open", "fields_missing", "field_twice",
                "field_unknown", "time_past", "bad_duration", "bad_notice", "bad_notice",
            ])
        #expect(
            faults.map(\.field) == [
                "purpose", "dataset", "dataset", "fields", "fields", "fields", "valid_until", "retention",
                "notice.en", "notice.e",
            ])
        for caller in [world.cast.grid, world.cast.ann, world.cast.boss] {
            #expect(try await refused(world, by: caller) { _ in }.code == "not_a_consumer")
        }
        #expect(try world.finalEntries().allSatisfy { $0["type"] != "request.made" })
    }

    /// Two ways to say that the rival may not: by a prohibition, and by permitting another only.
    static let unwelcoming: [[String: JSON]] = [
        [
            "permission": [["action": "use"]],
            "prohibition": [
                ["action": "read", "assignee": "https://hub.example/id/organisations/rival"]
            ],
        ],
        ["permission": [["action": "use", "assignee": "https://hub.example/id/organisations/bureau"]]],
    ]

    @Test("An offer that prohibits the consumer is not to be asked under", arguments: unwelcoming)
    func prohibited(rules: [String: JSON]) async throws {
        let world = try await World.story()
        let iris = IRIs(host: Home.host)
        let frame: [String: JSON] = [
            "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer",
            "uid": .string(iris.offer(slug("secret"))), "target": .string(iris.dataset(slug("secret"))),
            "assigner": .string(iris.organisation(slug("grid"))),
        ]
        try await world.add(
            "secret", .column("meter"), offer: .object(frame.merging(rules) { _, rule in rule }))
        let fault = try await refused(world, by: world.cast.rival) { $0.dataset = slug("secret") }
        #expect(fault.kind == .forbidden && fault.field == nil)
        let allowed = try await world.exchange.request(world.ask("secret"), by: world.cast.bureau).value
        #expect(allowed.consumer == slug("bureau"))
    }

    @Test("Agreed once; agreed or refused twice is a conflict; others do not know of it") func decidedOnce()
        async throws
    {
        let world = try await World.story()
        let (first, second) = (
            try await world.exchange.request(world.ask(), by: world.cast.bureau).value.id,
            try await world.exchange.request(world.ask(), by: world.cast.rival).value.id
        )
        for caller in [world.cast.water, world.cast.bureau, world.cast.ann, world.cast.boss] {
            let agreeing = try await fault { try await world.exchange.agree(first, by: caller) }
            let refusing = try await fault {
                try await world.exchange.refuse(first, reason: "no", by: caller)
            }
            #expect(agreeing.kind == .notFound && refusing.code == "request_unknown")
        }
        let speechless = try await fault {
            try await world.exchange.refuse(first, reason: "", by: world.cast.grid)
        }
        #expect(speechless.field == "reason")
        _ = try await world.exchange.agree(first, by: world.cast.grid)
        let refused = try await world.exchange.refuse(second, reason: "too broad", by: world.cast.grid)
        #expect(refused.entry != nil && refused.value.refusalReason == "too broad")
        for (id, state) in [(first, "agreed"), (second, "refused")] {
            let again = try await fault { try await world.exchange.agree(id, by: world.cast.grid) }
            let other = try await fault {
                try await world.exchange.refuse(id, reason: "no", by: world.cast.grid)
            }
            #expect(again.kind == .conflict && again.code == "request_closed" && again.found == state)
            #expect(other.kind == .conflict && other.field == "state")
        }
        let seen = try world.exchange.requests(as: .consumer, of: world.cast.rival, limit: 10, cursor: nil)
        #expect(seen.items.map(\.request.refusalReason) == ["too broad"])
        let asked = try world.exchange.requests(as: .provider, of: world.cast.grid, limit: 10, cursor: nil)
        #expect(Set(asked.items.map(\.request.id)) == [first, second])
        for item in asked.items { #expect((item.agreement != nil) == (item.request.id == first)) }
        let foreign = try world.exchange.requests(
            as: .provider, of: world.cast.water, limit: 10, cursor: nil)
        #expect(foreign.items.isEmpty)
    }

    @Test("Two agree at once: one agreement, one conflict") func agreedAtOnce() async throws {
        let world = try await World.story()
        let request = try await world.exchange.request(world.ask(), by: world.cast.bureau).value.id
        let attempts = (0..<4).map { _ in
            Task { try await world.exchange.agree(request, by: world.cast.grid) }
        }
        var (made, faults) = (0, [ClientFault]())
        for attempt in attempts {
            switch await attempt.result {
            case .success: made += 1
            case .failure(let error): faults.append(try #require(error as? ClientFault))
            }
        }
        #expect(made == 1 && faults.count == 3)
        #expect(faults.allSatisfy { $0.code == "request_closed" })
    }

    @Test("A request whose time has passed cannot be agreed to any more") func tooLate() async throws {
        let world = try await World.story()
        let end = noon.adding(seconds: 60)
        let request = try await world.exchange.request(world.ask(validUntil: end), by: world.cast.bureau)
            .value
        world.home.clock.set(end)
        let fault = try await fault { try await world.exchange.agree(request.id, by: world.cast.grid) }
        #expect(fault.code == "time_past" && fault.field == "valid_until")
        #expect(try world.registry.read { try $0.request(request.id)?.state } == .open)
    }

    @Test("The agreement's signature is the hub's, and what it signs is the policy that decides")
    func signature() async throws {
        let world = try await World.story()
        let id = try await world.agreement(fields: ["day", "meter"], validUntil: noon.adding(seconds: 60))
        let agreement = try #require(try world.exchange.agreement(id))
        let jws = try CompactJWS(agreement.jws)
        #expect(jws.isValid(with: world.home.hubKey.publicKey))
        #expect(jws.isValid(with: try PrivateKey.generate(.es256).publicKey) == false)
        #expect(jws.header["kid"]?.string == world.home.hubKey.publicKey.jwkThumbprint)
        #expect(try JSON.parse(jws.payload) == agreement.policy)
        #expect(jws.payload == agreement.policy.canonical)
        #expect(agreement.policy["uid"]?.string == IRIs(host: Home.host).agreement(id))
        #expect(agreement.policy["assignee"]?.string == IRIs(host: Home.host).organisation(slug("bureau")))
        let entry = try #require(try world.finalEntries().last { $0["type"] == "agreement.made" })
        let digest = Base64.encodeURL(SHA256.hash(jws.payload))
        #expect(entry["policy"]?.string == digest)
        #expect(world.exchange.gates.gate(of: id)?.policyDigest == digest)
    }
}
