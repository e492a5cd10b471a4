import Model
import PolicyEngine
import Testing

@Suite("Who may read, and why not")
struct DecisionTests {
    let library: PolicyLibrary
    let layers: [PolicyLayer]
    let now = PolicyWorld.noon

    init() throws {
        library = try PolicyWorld.library()
        layers = try PolicyWorld.layers(library)
    }

    @Test("The authority reads under its agreement, and each layer names the rule that permits")
    func permit() {
        let decision = PolicyEngine.decide(PolicyWorld.request(), under: layers, at: now)
        #expect(decision.outcome == .permit)
        #expect(decision.fields == ["flight", "dep_delay"])
        #expect(decision.needsGrants)
        #expect(decision.obligations == ["delete (retention lteq P90D)"])
        #expect(decision.reasons.map(\.layer) == ["guardrail", "offer", "agreement"])
        #expect(decision.reasons.first?.source == "https://w3id.org/sluis/policies/legal-bases#served")
        #expect(decision.reasons.last?.source == PolicyWorld.agreementUID)
    }

    @Test("A reason names what was found, what was expected, and where it stands")
    func reason() throws {
        let marketing = PolicyWorld.request(purpose: "Marketing")
        let reason = try #require(PolicyEngine.decide(marketing, under: layers, at: now).reasons.first)
        #expect(reason.code == "purpose_not_permitted")
        #expect(reason.layer == "agreement")
        #expect(reason.source == PolicyWorld.agreementUID)
        #expect(
            reason.message
                == "purpose https://w3id.org/dpv#Marketing is not"
                + " https://w3id.org/dpv#PublicBenefit or narrower"
                + " (`$.permission[0].constraint[0]`)")
    }

    @Test("Each field outside of the agreement is named")
    func fields() {
        let request = PolicyWorld.request(fields: ["flight", "origin", "pilot"])
        let decision = PolicyEngine.decide(request, under: layers, at: now)
        #expect(decision.codes == ["field_not_agreed"])
        #expect(
            decision.reasons.map(\.message) == [
                "field `origin` is not one of `flight`, `dep_delay` (`$.permission[0].constraint[2]`)",
                "field `pilot` is not one of `flight`, `dep_delay` (`$.permission[0].constraint[2]`)",
            ])
        #expect(decision.fields.isEmpty && decision.obligations.isEmpty)
    }

    @Test("The hub says of each legal basis whether it refuses it or does not serve it")
    func legalBases() throws {
        let contract = PolicyEngine.decide(PolicyWorld.request(basis: .contract), under: layers, at: now)
        #expect(
            contract.reasons.first?.message
                == "legal basis contract is not one of consent, permission;"
                + " the hub serves consent and permission only"
                + " (`$.permission[0].constraint[0]`)")
        #expect(
            contract.reasons.first?.source
                == "https://w3id.org/sluis/policies/legal-bases#consent-or-permission")
        let interest = PolicyEngine.decide(
            PolicyWorld.request(basis: .legitimateInterest), under: layers, at: now)
        #expect(interest.codes.first == "legal_basis_refused")
    }

    @Test("A layer that is missing denies, the agreement first")
    func missingLayers() throws {
        let request = PolicyWorld.request()
        #expect(
            PolicyEngine.decide(request, under: [], at: now).codes == [
                "no_agreement", "no_offer", "no_guardrail",
            ])
        for name in PolicyLayer.Name.allCases {
            let rest = layers.filter { $0.name != name }
            #expect(PolicyEngine.decide(request, under: rest, at: now).codes == ["no_\(name)"])
        }
    }

    @Test("A policy of another type does not count in a layer")
    func wrongTypes() throws {
        let guardrail = try #require(library.guardrails.first).policy
        let offer = try PolicyWorld.offer(library)
        let agreement = try PolicyWorld.agreement(library)
        for wrong: [PolicyLayer] in [
            [.guardrail(guardrail), .offer(offer), .agreement(offer)],
            [.guardrail(guardrail), .offer(agreement), .agreement(agreement)],
            [.guardrail(offer), .offer(offer), .agreement(agreement)],
            [.guardrail(guardrail), .offer(offer), .agreement(guardrail)],
        ] {
            let decision = PolicyEngine.decide(PolicyWorld.request(), under: wrong, at: now)
            #expect(decision.codes == ["policy_type_not_permitted"])
        }
    }

    @Test("A prohibition in any layer wins over every permission")
    func prohibitionWins() throws {
        let json = PolicyWorld.agreementJSON([
            "permission": ["action": "use"],
            "prohibition": [
                "uid": "https://hub.example/rules/no-thief", "action": "read",
                "constraint": PolicyWorld.constraint(
                    "recipient", "eq", ["@id": .string(PolicyWorld.authority)]),
            ],
        ])
        let layers = try PolicyWorld.layers(library, agreement: json)
        let decision = PolicyEngine.decide(PolicyWorld.request(), under: layers, at: now)
        #expect(decision.codes == ["prohibited"])
        #expect(decision.reasons.first?.source == "https://hub.example/rules/no-thief")
        #expect(
            decision.reasons.first?.message
                == "the prohibition at `$.prohibition` is in force: recipient \(PolicyWorld.authority) is"
                + " \(PolicyWorld.authority)")
    }

    @Test("A prohibition that is not understood is in force and says so")
    func unknownProhibition() throws {
        let json = PolicyWorld.agreementJSON([
            "permission": ["action": "use"],
            "prohibition": [
                "action": "read", "constraint": PolicyWorld.constraint("odrl:mood", "gt", 5),
            ],
        ])
        let decision = PolicyEngine.decide(
            PolicyWorld.request(), under: try PolicyWorld.layers(library, agreement: json), at: now)
        #expect(decision.codes == ["prohibited", "left_operand_unknown"])
    }

    @Test("A permit still tells what elsewhere in the policy is not understood")
    func permitWithProblems() throws {
        let json = PolicyWorld.agreementJSON([
            "permission": [["action": "use"], ["action": "use", "promise": ["action": "compensate"]]]
        ])
        let decision = PolicyEngine.decide(
            PolicyWorld.request(), under: try PolicyWorld.layers(library, agreement: json), at: now)
        #expect(decision.outcome == .permit)
        #expect(decision.codes == ["permitted", "property_unknown"])
    }

    @Test("A prohibition on another dataset, party or action does not reach the request")
    func prohibitionElsewhere() throws {
        for other: [String: JSON] in [
            ["action": "print"], ["action": "distribute"],
        ] {
            let json = PolicyWorld.agreementJSON([
                "permission": ["action": "use"], "prohibition": .object(other),
            ])
            let layers = try PolicyWorld.layers(library, agreement: json)
            #expect(PolicyEngine.decide(PolicyWorld.request(), under: layers, at: now).isPermit)
        }
        let set: JSON = [
            "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": "urn:x:set",
            "permission": ["action": "use"],
            "prohibition": [
                ["action": "use", "target": "urn:x:other"],
                ["action": "use", "assignee": .string(PolicyWorld.thief)],
            ],
        ]
        let guarded = layers + [.guardrail(try CompiledPolicy(set, purposes: library.purposes))]
        #expect(PolicyEngine.decide(PolicyWorld.request(), under: guarded, at: now).isPermit)
        let stolen = PolicyEngine.decide(
            PolicyWorld.request(assignee: PolicyWorld.thief), under: guarded, at: now)
        #expect(stolen.codes == ["prohibited", "assignee_not_permitted"])
    }

    @Test("Only reading is covered by a permission to use; another action needs its own")
    func otherActions() throws {
        let json = PolicyWorld.agreementJSON(["permission": ["action": "use"]])
        let layers = try PolicyWorld.layers(library, agreement: json)
        let sell = PolicyWorld.request(action: "http://www.w3.org/ns/odrl/2/sell")
        #expect(PolicyEngine.decide(sell, under: layers, at: now).codes.contains("action_not_permitted"))
    }

    @Test("Of many failing permissions the closest ones are told, and no more than anyone reads")
    func manyFailures() throws {
        let far = PolicyWorld.constraint("purpose", "eq", ["@id": "dpv:Marketing"])
        let permissions = (0..<500).map { index -> JSON in
            let late = PolicyWorld.constraint("dateTime", "gt", "2040-01-01")
            return ["action": "use", "constraint": index == 400 ? [late] : [late, far]]
        }
        let json = PolicyWorld.agreementJSON(["permission": .array(permissions)])
        let decision = PolicyEngine.decide(
            PolicyWorld.request(), under: try PolicyWorld.layers(library, agreement: json), at: now)
        #expect(decision.reasons.count <= 32)
        #expect(decision.reasons.first?.message.contains("$.permission[400]") == true)
    }
}
