import Model
import Policies
import PolicyEngine
import Testing

@Suite("From offer and request to agreement")
struct AgreementPolicyTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private func make(
        _ request: PolicyRequest = PolicyWorld.request(), validUntil: Instant? = PolicyWorld.noon,
        retention: String? = nil
    ) throws -> JSON {
        try AgreementPolicy.make(
            uid: PolicyWorld.agreementUID, offer: PolicyWorld.offer(library), request: request,
            validUntil: validUntil, retention: retention)
    }

    @Test("The agreement is an ODRL Agreement that is understood throughout")
    func document() throws {
        let json = try make(retention: "P90D")
        let policy = try CompiledPolicy(json, purposes: library.purposes)
        #expect(policy.kind == .agreement)
        #expect(policy.assigner == PolicyWorld.airport)
        #expect(policy.problems(layer: .agreement).isEmpty)
        #expect(json["profile"] == "https://w3id.org/sluis/odrl#")
        #expect(json["dct:source"] == ["@id": .string(PolicyWorld.offerUID)])
        #expect(json["assignee"] == .string(PolicyWorld.authority))
    }

    @Test("It permits what was asked, and nothing beside it, for every basis, purpose and set of fields")
    func exact() throws {
        let offer = try PolicyWorld.offer(library)
        let purposes = ["PublicBenefit", "ProvideOfficialStatistics", "Marketing", "Advertising", "Purpose"]
        let fieldSets = [["flight"], ["flight", "dep_delay"], ["tailnum"]]
        for agreed in [LegalBasis.consent, .permission] {
            for purpose in purposes {
                for fields in fieldSets {
                    let request = PolicyWorld.request(purpose: purpose, basis: agreed, fields: fields)
                    let layers =
                        try library.guardrails + [
                            .offer(offer), .agreement(PolicyWorld.agreement(library, request)),
                        ]
                    for basis in [LegalBasis.consent, .permission, .contract] {
                        for asked in purposes {
                            for wanted in fieldSets {
                                let read = PolicyWorld.request(purpose: asked, basis: basis, fields: wanted)
                                let isCovered =
                                    basis == agreed && Set(wanted).isSubset(of: fields)
                                    && library.purposes.isA(read.purpose, request.purpose)
                                let decision = PolicyEngine.decide(read, under: layers, at: PolicyWorld.noon)
                                #expect(decision.isPermit == isCovered)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("Without an end it never ends; without a retention it obliges to nothing")
    func open() throws {
        let json = try make(validUntil: nil)
        let layers = try PolicyWorld.layers(library, agreement: json)
        let late = try #require(Instant("9999-12-31T23:59:59.999Z"))
        let decision = PolicyEngine.decide(PolicyWorld.request(), under: layers, at: late)
        #expect(decision.isPermit)
        #expect(decision.obligations.isEmpty)
        #expect(json["obligation"] == nil)
    }

    @Test(
        "A retention is an ISO 8601 duration",
        arguments: ["P90D", "P1Y", "P1Y2M3D", "PT12H", "P1DT1S", "P0D", "P999999999D"])
    func durations(_ text: String) throws {
        #expect(RetentionPeriod(text)?.text == text)
        let policy = try CompiledPolicy(make(retention: text), purposes: library.purposes)
        #expect(policy.problems(layer: .agreement).isEmpty)
    }

    @Test(
        "Anything else is refused as a retention",
        arguments: [
            "", "P", "PT", "P1DT", "90D", "90 days", "P90", "PD", "P-1D", "-P1D", "P1H", "P1D2Y", "P1D1D",
            "PT1S1M", "P1.5D", "P1234567890D", "P1D ", "p1d", "P１D", "P1W", "P1DT1HT1M",
        ])
    func badDurations(_ text: String) {
        #expect(RetentionPeriod(text) == nil)
        #expect(throws: ClientFault(.badInput, "retention_malformed", "", field: "retention")) {
            try make(retention: text)
        }
    }

    @Test("No agreement without fields, and none from a policy that is no offer")
    func refused() throws {
        #expect(throws: ClientFault(.badInput, "fields_missing", "", field: "fields")) {
            try make(PolicyWorld.request(fields: []))
        }
        let agreement = try PolicyWorld.agreement(library)
        #expect(throws: ClientFault(.badInput, "offer_expected", "", field: "$.@type")) {
            try AgreementPolicy.make(
                uid: "urn:x:a", offer: agreement, request: PolicyWorld.request(), validUntil: nil,
                retention: nil)
        }
    }

    @Test("Field names with quotes, dots and other scripts are agreed as they are")
    func oddFields() throws {
        let fields = ["a\"b", "a.b", "naïef veld", "列", "https://x", "dpv:Marketing", "@id"]
        let request = PolicyWorld.request(fields: fields)
        let layers = try PolicyWorld.layers(library, agreement: try make(request, validUntil: nil))
        let decision = PolicyEngine.decide(request, under: layers, at: PolicyWorld.noon)
        #expect(decision.fields == fields)
        let near = PolicyWorld.request(fields: ["https://w3id.org/dpv#Marketing"])
        #expect(PolicyEngine.decide(near, under: layers, at: PolicyWorld.noon).codes == ["field_not_agreed"])
    }
}

@Suite("Offers")
struct OfferTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private func admit(_ json: JSON) throws -> CompiledPolicy {
        try OfferCheck.admit(
            json, target: PolicyWorld.flights, assigner: PolicyWorld.airport, purposes: library.purposes)
    }

    private func offer(_ members: [String: JSON]) -> JSON {
        let base: [String: JSON] = [
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["dpv": "https://w3id.org/dpv#"]],
            "@type": "Offer", "uid": "urn:x:offer", "assigner": .string(PolicyWorld.airport),
            "target": .string(PolicyWorld.flights), "permission": ["action": "use"],
        ]
        return .object(base.merging(members) { _, ours in ours })
    }

    @Test("The template becomes the offer of one dataset")
    func template() throws {
        let json = library.byAgreement.offer(
            uid: PolicyWorld.offerUID, target: PolicyWorld.flights, assigner: PolicyWorld.airport)
        let policy = try admit(json)
        #expect(policy.uid == PolicyWorld.offerUID)
        #expect(policy.assigner == PolicyWorld.airport)
        #expect(policy.targets == [PolicyWorld.flights])
    }

    @Test("An offer for another dataset, by another provider or of another type is refused")
    func notForDataset() throws {
        let cases: [(String, [String: JSON])] = [
            ("$.target", ["target": "urn:x:other"]),
            ("$.target", ["target": [.string(PolicyWorld.flights), "urn:x:other"]]),
            ("$.target", ["permission": ["action": "use", "target": "urn:x:other"]]),
            ("$.assigner", ["assigner": .string(PolicyWorld.thief)]),
            ("$.@type", ["@type": "Set"]),
            ("$.@type", ["@type": "Agreement", "assignee": .string(PolicyWorld.authority)]),
        ]
        for (field, members) in cases {
            #expect(throws: ClientFault(.badInput, "offer_not_for_dataset", "", field: field)) {
                try admit(offer(members))
            }
        }
    }

    @Test("A request is measured against the offer before anyone reads it, with reasons")
    func check() throws {
        let policy = try admit(
            offer([
                "permission": [
                    "action": "use",
                    "constraint": PolicyWorld.constraint("purpose", "isA", ["@id": "dpv:PublicBenefit"]),
                ]
            ]))
        let layers = library.guardrails + [.offer(policy)]
        let fine = OfferCheck.decide(PolicyWorld.request(), under: layers, at: PolicyWorld.noon)
        #expect(fine.isPermit && fine.reasons.map(\.layer) == ["guardrail", "offer"])
        let marketing = OfferCheck.decide(
            PolicyWorld.request(purpose: "Marketing"), under: layers, at: PolicyWorld.noon)
        #expect(marketing.codes == ["purpose_not_permitted"])
        #expect(marketing.reasons.first?.layer == "offer")
        let read = PolicyEngine.decide(PolicyWorld.request(), under: layers, at: PolicyWorld.noon)
        #expect(read.codes == ["no_agreement"])
        #expect(
            OfferCheck.decide(PolicyWorld.request(), under: [.offer(policy)], at: PolicyWorld.noon).codes == [
                "no_guardrail"
            ])
    }

    @Test("An offer with parts that are not understood can be published and tells them, but permits nothing")
    func problems() throws {
        let policy = try admit(offer(["permission": ["action": "use", "promise": ["action": "compensate"]]]))
        #expect(policy.problems(layer: .offer).map(\.code) == ["property_unknown"])
        let layers = library.guardrails + [.offer(policy)]
        #expect(!OfferCheck.decide(PolicyWorld.request(), under: layers, at: PolicyWorld.noon).isPermit)
    }

    @Test("A library with a bad part does not start a hub")
    func badLibrary() throws {
        let purposes = ShippedPolicies.purposes
        let template = ShippedPolicies.byAgreement
        let guardrail = ShippedPolicies.guardrails[0]
        let unknown = Array(
            String(decoding: guardrail, as: UTF8.self).replacing("isAnyOf", with: "isPartOf").utf8)
        let cases: [([UInt8], [[UInt8]], [UInt8], String)] = [
            ([], [guardrail], template, "policy_malformed"),
            (template, [guardrail], template, "purposes_malformed"),
            (purposes, [], template, "guardrail_missing"),
            (purposes, [template], template, "policy_malformed"),
            (purposes, [unknown], template, "policy_malformed"),
            (purposes, [guardrail], guardrail, "offer_not_for_dataset"),
            (purposes, [guardrail], [0xFF], "policy_malformed"),
        ]
        for (purposes, guardrails, template, code) in cases {
            let fault = #expect(throws: ClientFault.self) {
                try PolicyLibrary(purposes: purposes, guardrails: guardrails, byAgreement: template)
            }
            #expect(fault?.code == code)
        }
    }
}
