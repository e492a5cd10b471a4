import Model
import PolicyEngine
import Testing

@Suite("Reading policies as peers write them")
struct ReadingTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private func decide(_ policy: JSON, _ request: PolicyRequest = PolicyWorld.request()) throws -> Decision {
        PolicyEngine.decide(
            request, under: try PolicyWorld.layers(library, agreement: policy), at: PolicyWorld.noon)
    }

    private func compile(_ policy: JSON) throws -> CompiledPolicy {
        try CompiledPolicy(policy, purposes: library.purposes)
    }

    /// The same agreement, in every spelling: the authority may use the flights for public benefit.
    static let spellings: [String] = [
        """
        {"@context":"http://www.w3.org/ns/odrl.jsonld","@type":"Agreement","uid":"urn:x:a",
         "assigner":"urn:x:p","assignee":"ASSIGNEE","target":"TARGET","permission":{"action":"use",
         "constraint":{"leftOperand":"purpose","operator":"isA",
         "rightOperand":{"@id":"https://w3id.org/dpv#PublicBenefit"}}}}
        """,
        """
        {"@context":["http://www.w3.org/ns/odrl.jsonld",{"dpv":"https://w3id.org/dpv#"}],"type":["Agreement"],
         "@id":"urn:x:a","odrl:permission":[{"odrl:action":[{"@id":"odrl:use"}],"assigner":{"@id":"urn:x:p"},
         "assignee":[{"@id":"ASSIGNEE","@type":"Party"}],"target":[{"uid":"TARGET","type":"Asset"}],
         "odrl:constraint":[{"odrl:leftOperand":{"@id":"odrl:purpose"},"odrl:operator":{"@id":"odrl:isA"},
         "odrl:rightOperand":[{"@id":"dpv:PublicBenefit"}]}]}]}
        """,
        """
        {"@context":{"odrl":"http://www.w3.org/ns/odrl/2/","id":"@id",
         "permission":{"@id":"odrl:permission","@type":"@id"}},"@type":["odrl:Policy","odrl:Agreement"],
         "id":"urn:x:a","http://www.w3.org/ns/odrl/2/uid":"urn:x:a",
         "http://www.w3.org/ns/odrl/2/assigner":"urn:x:p","odrl:assignee":"ASSIGNEE","odrl:target":"TARGET",
         "permission":{"@type":"odrl:Permission",
         "http://www.w3.org/ns/odrl/2/action":"http://www.w3.org/ns/odrl/2/use",
         "odrl:constraint":{"@type":"odrl:Constraint",
         "odrl:leftOperand":"odrl:purpose","odrl:operator":"odrl:isAnyOf",
         "odrl:rightOperand":{"@list":[{"@id":"https://w3id.org/dpv#PublicBenefit"}]}}}}
        """,
        """
        {"@context":[{"org":"https://hub.example/id/organisations/",
         "data":"https://hub.example/id/datasets/"},
         "http://www.w3.org/ns/odrl.jsonld",
         {"erlaubt":"permission","wozu":{"@id":"odrl:purpose"},"@version":1.1}],
         "@type":"Agreement","uid":"urn:x:a","dct:title":"Flights",
         "rdfs:comment":{"@value":"x","@language":"nl"},
         "profile":["https://w3id.org/sluis/odrl#"],
         "conflict":{"@id":"odrl:prohibit"},"assigner":"urn:x:p",
         "assignee":"org:authority","target":"data:flights","action":"odrl:read","erlaubt":[{"uid":"_:b0",
         "constraint":[{"uid":"_:b1","leftOperand":"wozu","operator":"isA",
         "rightOperand":"https://w3id.org/dpv#PublicBenefit"}]}]}
        """,
    ]

    @Test("One agreement in four spellings means the same", arguments: spellings)
    func spelling(_ text: String) throws {
        let filled = text.replacing("ASSIGNEE", with: PolicyWorld.authority)
            .replacing("TARGET", with: PolicyWorld.flights)
        let policy = try JSON.parse(filled)
        let compiled = try compile(policy)
        #expect(compiled.kind == .agreement && compiled.uid == "urn:x:a" && compiled.assigner == "urn:x:p")
        #expect(compiled.targets == [PolicyWorld.flights])
        #expect(compiled.problems(layer: .agreement).isEmpty)
        #expect(try decide(policy).outcome == .permit)
        #expect(
            try decide(policy, PolicyWorld.request(purpose: "Marketing")).codes == ["purpose_not_permitted"])
        #expect(
            try decide(policy, PolicyWorld.request(assignee: PolicyWorld.thief)).codes == [
                "assignee_not_permitted"
            ])
        #expect(
            try decide(policy, PolicyWorld.request(target: "urn:x:other")).codes.contains(
                "target_not_permitted"))
    }

    @Test("Names mean what the context says, not what they look like")
    func contexts() throws {
        let renamed = PolicyWorld.agreementJSON([
            "@context": [
                "http://www.w3.org/ns/odrl.jsonld", ["prohibition": "odrl:permission"],
            ],
            "prohibition": ["action": "use"],
        ])
        #expect(try decide(renamed).isPermit)
        let foreign = PolicyWorld.agreementJSON([
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["prohibition": "urn:x:remark"]],
            "permission": ["action": "use"], "prohibition": ["action": "use"],
        ])
        #expect(try decide(foreign).codes == ["property_unknown"])
    }

    /// Changes to an agreement that permits, each making it unknown.
    static let unknowns: [(String, [String: JSON])] = [
        ("property_unknown", ["permissions": ["action": "use"]]),
        ("parent_unknown", ["inheritFrom": "urn:x:parent"]),
        ("property_unknown", ["dct:isReplacedBy": "urn:x:next"]),
        ("property_unknown", ["http://purl.org/dc/terms/coverage": "urn:x:be"]),
        ("property_unknown", ["@reverse": [:]]),
        ("profile_unknown", ["profile": "http://example.org/profile"]),
        ("profile_unknown", ["profile": ["https://w3id.org/sluis/odrl#", "urn:x:p"]]),
        ("conflict_unknown", ["conflict": "first"]),
        ("type_unknown", ["@type": ["Agreement", "odrl:Privacy"]]),
        (
            "context_unknown",
            ["@context": ["http://www.w3.org/ns/odrl.jsonld", "https://example.org/context"]]
        ),
        ("context_unknown", ["@context": ["http://www.w3.org/ns/odrl.jsonld", ["@import": "urn:x:"]]]),
        ("context_unknown", ["@context": ["http://www.w3.org/ns/odrl.jsonld", ["@base": "urn:x:"]]]),
        ("context_unknown", ["@context": ["http://www.w3.org/ns/odrl.jsonld", ["use": nil]]]),
        ("context_unknown", ["@context": [["use": "odrl:print"], "http://www.w3.org/ns/odrl.jsonld"]]),
        (
            "context_unknown",
            [
                "@context": [
                    "http://www.w3.org/ns/odrl.jsonld", ["a": ["@id": "urn:x:a", "@container": "@language"]],
                ]
            ]
        ),
        ("action_unknown", ["permission": ["target": "urn:x:y"]]),
        ("action_unknown", ["permission": ["action": "fly"]]),
        ("action_unknown", ["permission": ["action": ["use", "http://example.org/fly"]]]),
        ("action_unknown", ["permission": ["action": ["rdf:value": ["@id": "odrl:fly"]]]]),
        ("reference_unknown", ["permission": ["action": "use", "target": "_:b0"]]),
        ("reference_unknown", ["permission": ["action": "use", "assignee": ["@id": "_:b0"]]]),
        ("reference_unknown", ["permission": "urn:x:rule"]),
        ("reference_unknown", ["permission": ["action": "use", "constraint": "urn:x:c"]]),
        ("reference_unknown", ["permission": ["action": "use", "assignee": ["@type": "Party"]]]),
        ("type_unknown", ["permission": ["action": "use", "@type": "Prohibition"]]),
        (
            "type_unknown",
            ["permission": ["action": "use", "target": ["@id": "urn:x:y", "@type": "PartyCollection"]]]
        ),
        ("reference_unknown", ["permission": ["action": "use", "duty": "urn:x:duty"]]),
        ("action_unknown", ["permission": ["action": "use", "duty": ["action": "fly to"]]]),
        ("property_unknown", ["permission": ["action": "use", "constraints": []]]),
        (
            "constraint_incomplete",
            ["permission": ["action": "use", "target": ["@id": "urn:x:y", "refinement": [:]]]]
        ),
        ("constraint_incomplete", ["permission": ["action": "use", "constraint": [:]]]),
        ("constraint_incomplete", ["permission": ["action": "use", "constraint": ["and": ["@list": []]]]]),
        (
            "constraint_incomplete",
            ["permission": ["action": "use", "constraint": ["leftOperand": "purpose", "operator": "eq"]]]
        ),
        (
            "unit_unknown",
            [
                "permission": [
                    "action": "use",
                    "constraint": [
                        "leftOperand": "dateTime", "operator": "lt", "rightOperand": "2040-01-01",
                        "unit": "urn:x:u",
                    ],
                ]
            ]
        ),
    ]

    @Test("What is not understood withholds the permission and is told", arguments: unknowns)
    func unknown(_ code: String, _ members: [String: JSON]) throws {
        let policy = PolicyWorld.agreementJSON(
            ["permission": ["action": "use"]].merging(members) { _, ours in ours })
        let decision = try decide(policy)
        #expect(decision.outcome == .deny)
        #expect(decision.codes.contains(code))
        #expect(try compile(policy).problems(layer: .agreement).contains { $0.code == code })
    }

    @Test("The same parts in a prohibition leave it in force", arguments: unknowns)
    func unknownProhibition(_ code: String, _ members: [String: JSON]) throws {
        var all: [String: JSON] = ["permission": ["action": "use"]].merging(members) { _, ours in ours }
        guard let rule = members["permission"], all.removeValue(forKey: "permission") != nil else { return }
        // Duties are of permissions, and a prohibition without an action forbids every one.
        guard rule["duty"] == nil, rule["action"] != nil else { return }
        var prohibition = rule
        if case .object(var inner) = rule, inner["@type"] != nil {
            inner["@type"] = "Permission"
            prohibition = .object(inner)
        }
        all["permission"] = ["action": "use"]
        all["prohibition"] = prohibition
        let decision = try decide(PolicyWorld.agreementJSON(all))
        #expect(decision.codes.first == "prohibited")
        #expect(decision.codes.contains(code))
    }

    static let malformed: [(String, [String: JSON])] = [
        ("$.uid", ["uid": .array([])]), ("$.uid", ["uid": 7]), ("$.uid", ["uid": "relative"]),
        ("$.uid", ["uid": "_:blank"]), ("$.uid", ["@id": "urn:x:other"]), ("$.uid", ["uid": nil]),
        ("$.@type", ["@type": "Ticket"]), ("$.@type", ["@type": []]), ("$.@type", ["@type": 1]),
        ("$.@type", ["@type": ["Offer", "Agreement"]]), ("$.@context", ["@context": 1]),
        ("$.@context", ["@context": nil]), ("$.@context[0]", ["@context": [nil]]),
        ("$.assigner", ["assigner": []]), ("$.assigner", ["assigner": ["urn:x:a", "urn:x:b"]]),
        ("$.assigner", ["assigner": "nobody"]), ("$.assigner", ["assigner": nil]),
        ("$.permission.assignee", ["assignee": []]), ("$.permission.target", ["target": []]),
        ("$.target", ["target": 4]), ("$.target[1]", ["target": ["urn:x:y", ["a"]]]),
        ("$.target", ["target": "data:flights"]), ("$.target", ["target": "flights"]),
        ("$.assignee[0]", ["assignee": ["org:authority"]]),
        ("$.target.@id", ["target": ["@id": "data:flights"]]),
        ("$.permission", ["permission": 1]), ("$.permission", ["permission": nil]),
        ("$.permission[1]", ["permission": [["action": "use"], true]]),
        ("$.permission.action", ["permission": ["action": 3]]),
        ("$.permission.constraint", ["permission": ["action": "use", "constraint": 3]]),
        (
            "$.permission.constraint[0].operator",
            ["permission": ["action": "use", "constraint": [["operator": 3]]]]
        ),
        (
            "$.permission.constraint.leftOperand[0]",
            ["permission": ["action": "use", "constraint": ["leftOperand": [[]]]]]
        ),
        ("$.prohibition", ["prohibition": nil]), ("$.prohibition", ["prohibition": false]),
        ("$.obligation", ["obligation": 7]), ("$['a b']", ["a b": nil]),
        ("$.profile", ["profile": 5]), ("$.conflict", ["conflict": true]),
    ]

    @Test("A wrong shape is refused with its JSON path", arguments: malformed)
    func wrongShape(_ path: String, _ members: [String: JSON]) throws {
        var all = ["permission": ["action": "use"] as JSON].merging(members) { _, ours in ours }
        if path == "$.uid", members["uid"] == .array([]) { all["uid"] = [] }
        let policy = PolicyWorld.agreementJSON(all)
        #expect(throws: ClientFault(.badInput, "policy_malformed", "", field: path)) { try compile(policy) }
    }

    @Test(
        "What is no object is refused",
        arguments: [nil, true, 7, "Agreement", [], [[]]] as [JSON])
    func notAnObject(_ json: JSON) {
        #expect(throws: ClientFault(.badInput, "policy_malformed", "", field: "$")) { try compile(json) }
    }

    @Test("Without the ODRL context its names mean nothing")
    func noContext() throws {
        let bare = try JSON.parse(#"{"@type":"Set","uid":"urn:x:a"}"#)
        #expect(throws: ClientFault(.badInput, "policy_malformed", "", field: "$.@context")) {
            try compile(bare)
        }
        let empty = try JSON.parse(#"{"@context":{},"@type":"Set","@id":"urn:x:a"}"#)
        #expect(throws: ClientFault(.badInput, "policy_malformed", "", field: "$.@type")) {
            try compile(empty)
        }
        let full = try JSON.parse(
            #"{"@context":{},"@type":"http://www.w3.org/ns/odrl/2/Set","@id":"urn:x:a"}"#)
        #expect(try compile(full).kind == .set)
    }

    @Test("Obligations are returned by name and never block, whatever they say")
    func obligations() throws {
        let policy = PolicyWorld.agreementJSON([
            "permission": ["action": "use"],
            "obligation": [
                ["action": "attribute"], ["uid": "urn:x:duty", "action": "fly", "consequence": [:]],
                [
                    "action": "inform",
                    "constraint": PolicyWorld.constraint("event", "lt", ["@id": "odrl:policyUsage"]),
                ],
            ],
        ])
        let decision = try decide(policy)
        #expect(decision.isPermit)
        #expect(decision.obligations == ["attribute", "fly", "inform (event lt policyUsage)"])
    }

    @Test("The canonical form is that of the document, whichever way it was written")
    func canonical() throws {
        let a = try compile(
            JSON.parse(#"{ "uid":"urn:x:a", "@type":"Set", "@context":"http://www.w3.org/ns/odrl.jsonld" }"#))
        let b = try compile(
            JSON.parse(#"{"@context":"http://www.w3.org/ns/odrl.jsonld","@type":"Set","uid":"urn:x:a"}"#))
        #expect(a.canonical == b.canonical)
    }
}
