import Model
import PolicyEngine
import Testing

/// Requests in JSON-LD against policies, each a fault that a reference written apart once found.
@Suite("Evaluating requests")
struct EvaluationTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private static let context: JSON = [
        "http://www.w3.org/ns/odrl.jsonld",
        [
            "dpv": "https://w3id.org/dpv#", "sluis": "https://w3id.org/sluis/odrl#",
            "ex": "http://example.org/", "report": "https://w3id.org/force/compliance-report#",
        ],
    ]

    private func evaluate(
        _ rules: [String: JSON], asking values: [(String, JSON)] = [], ask: [String: JSON] = [:],
        state nodes: [JSON] = [], options: EvaluationOptions = EvaluationOptions()
    ) throws -> Evaluation {
        var policy: [String: JSON] = ["@context": Self.context, "@type": "Set", "uid": "urn:x:policy"]
        policy.merge(rules) { _, own in own }
        var permission: [String: JSON] = [
            "action": "read", "assignee": "ex:alice", "target": "ex:x",
            "context": .array(values.map { PolicyWorld.constraint($0.0, "eq", $0.1) }),
        ]
        permission.merge(ask) { _, own in own }
        let time: JSON = [
            "@id": "http://example.com/request/currentTime", "dct:issued": "2026-06-01T10:00:00Z",
        ]
        return try PolicySet(.object(policy), purposes: library.purposes).evaluate(
            request: [
                "@context": Self.context, "@type": "Request", "uid": "urn:x:request",
                "permission": .object(permission),
            ],
            state: [
                "@context": Self.context, "@id": "urn:x:state", "ex:includes": .array([time] + nodes),
            ], options: options)
    }

    private func permits(
        _ rules: [String: JSON], _ values: (String, JSON)..., ask: [String: JSON] = [:], state: [JSON] = []
    ) throws -> Bool {
        let evaluation = try evaluate(rules, asking: values, ask: ask, state: state)
        #expect(!evaluation.reasons.isEmpty)
        return evaluation.outcome == .permit
    }

    private func permission(_ left: String, _ comparison: String, _ right: JSON) -> [String: JSON] {
        ["permission": ["action": "read", "constraint": PolicyWorld.constraint(left, comparison, right)]]
    }

    private func prohibition(_ left: String, _ comparison: String, _ right: JSON) -> [String: JSON] {
        [
            "permission": ["action": "use"],
            "prohibition": ["action": "read", "constraint": PolicyWorld.constraint(left, comparison, right)],
        ]
    }

    private func iri(_ name: String) -> JSON { ["@id": .string(name)] }

    @Test("Several purposes: each of them is looked at, narrower and unknown ones too")
    func purposes() throws {
        let none = permission("purpose", "isNoneOf", iri("dpv:Marketing"))
        let both: JSON = [iri("dpv:Advertising"), iri("dpv:ResearchAndDevelopment")]
        #expect(try !permits(none, ("purpose", both)))
        #expect(try !permits(none, ("purpose", [iri("dpv:ResearchAndDevelopment"), iri("ex:unknown")])))
        #expect(try permits(none, ("purpose", iri("dpv:ResearchAndDevelopment"))))
        #expect(try !permits(prohibition("purpose", "isAnyOf", iri("dpv:Marketing")), ("purpose", both)))
        #expect(
            try !permits(
                permission("purpose", "isAllOf", iri("dpv:Marketing")), ("purpose", iri("dpv:Advertising"))))
    }

    @Test("A request for several actions, targets or parties is permitted only if all of it is")
    func combinations() throws {
        let policy: [String: JSON] = [
            "permission": ["action": "use"], "prohibition": ["action": "print"],
        ]
        #expect(try permits(policy))
        for actions: JSON in [["read", "print"], ["print", "read"]] {
            #expect(try !permits(policy, ask: ["action": actions]))
        }
        let onX: [String: JSON] = ["permission": ["action": "read", "target": "ex:x"]]
        #expect(try !permits(onX, ask: ["target": ["ex:x", "ex:y"]]))
        let toAlice: [String: JSON] = ["permission": ["action": "read", "assignee": "ex:alice"]]
        #expect(try !permits(toAlice, ask: ["assignee": ["ex:alice", "ex:bob"]]))
    }

    @Test("A value that cannot be one of its operand's is unknown, not another value")
    func unclearValues() throws {
        #expect(try !permits(permission("language", "neq", "fr"), ("language", true)))
        #expect(try !permits(permission("language", "isNoneOf", ["fr"]), ("language", 7)))
        #expect(try permits(permission("language", "neq", "fr"), ("language", "nl")))
        #expect(try !permits(prohibition("sluis:field", "isAnyOf", ["f"]), ("sluis:field", 5)))
        let whim = iri("sluis:whim")
        #expect(
            try !permits(
                permission("sluis:legalBasis", "isNoneOf", iri("sluis:consent")),
                ("sluis:legalBasis", whim)))
        #expect(try !permits(permission("count", "neq", 5), ("count", .number(5.5))))
        #expect(try !permits(permission("sluis:dayOfWeek", "neq", "Maandag")))
        #expect(try permits(permission("sluis:dayOfWeek", "eq", "Monday")))
    }

    @Test("A duty that was violated needs its consequence, whatever the order of the reports")
    func consequences() throws {
        let policy: [String: JSON] = [
            "permission": [
                "action": "read",
                "duty": [
                    "@id": "urn:x:d", "action": "compensate",
                    "consequence": ["@id": "urn:x:k", "action": "inform"],
                ],
            ]
        ]
        func report(_ duty: String, _ state: String, _ day: String? = nil) -> JSON {
            var members: [String: JSON] = [
                "@type": "report:DutyReport", "report:rule": iri(duty),
                "report:deonticState": iri("report:" + state),
            ]
            if let day { members["dct:created"] = .string(day + "T00:00:00Z") }
            return .object(members)
        }
        let done = report("urn:x:d", "Fulfilled")
        let violated = report("urn:x:d", "Violated")
        let madeGood = report("urn:x:k", "Fulfilled")
        #expect(try !permits(policy))
        #expect(try permits(policy, state: [done]))
        for order in [[violated, done], [done, violated]] {
            #expect(try !permits(policy, state: order))
            #expect(try permits(policy, state: order + [madeGood]))
        }
        let late = [
            report("urn:x:d", "Violated", "2026-05-02"), report("urn:x:d", "Fulfilled", "2026-05-01"),
        ]
        #expect(try !permits(policy, state: late + [madeGood]))
        #expect(try !permits(policy, state: late.reversed() + [madeGood]))
    }

    @Test("A rule that names no action permits none, unless it says that it is a permission")
    func actionless() throws {
        #expect(try !permits(["permission": ["@type": "Rule", "target": "ex:x"]]))
        #expect(try !permits(["permission": [:]]))
        #expect(try permits(["permission": ["@type": "Permission", "target": "ex:x"]]))
    }

    @Test("Months are durations, and have no order with days")
    func months() throws {
        let year: JSON = ["@value": "P12M", "@type": "xsd:duration"]
        func elapsed(_ text: String) -> (String, JSON) {
            ("elapsedTime", ["@value": .string(text), "@type": "xsd:duration"])
        }
        #expect(try permits(permission("elapsedTime", "eq", year), elapsed("P1Y")))
        #expect(try permits(permission("elapsedTime", "lteq", year), elapsed("P300D")))
        #expect(try !permits(permission("elapsedTime", "lteq", year), elapsed("P365D")))
        #expect(try !permits(permission("elapsedTime", "gt", year), elapsed("P365D")))
    }

    @Test("What a prohibition does not understand of another action leaves this one alone")
    func refinedElsewhere() throws {
        let mood = PolicyWorld.constraint("mood", "eq", 1)
        func policy(_ action: String) -> [String: JSON] {
            [
                "permission": ["action": "use"],
                "prohibition": [
                    "action": ["rdf:value": iri("odrl:" + action), "refinement": [mood]]
                ],
            ]
        }
        #expect(try permits(policy("print")))
        #expect(try !permits(policy("read")))
    }

    @Test("A strategy is the policy's own: a parent cannot overrule its child's prohibitions")
    func inheritedStrategy() throws {
        let child: JSON = [
            "@type": "Set", "uid": "urn:x:child", "inheritFrom": "urn:x:parent",
            "permission": ["action": "use"], "prohibition": ["action": "read"],
        ]
        let parent: JSON = ["@type": "Set", "uid": "urn:x:parent", "conflict": "perm"]
        let set = try PolicySet(
            ["@context": Self.context, "@graph": [child, parent]], purposes: library.purposes)
        let evaluation = try set.evaluate(
            request: [
                "@context": Self.context, "@type": "Request", "permission": ["action": "read"],
            ], state: [:])
        #expect(evaluation.outcome == .deny)
    }

    @Test("Every deny says why", arguments: [[:], ["action": "ex:fly"], ["action": []]] as [[String: JSON]])
    func reasons(_ ask: [String: JSON]) throws {
        let policies: [[String: JSON]] = [
            ["permission": ["action": "use", "target": "ex:y", "assignee": "ex:bob"]],
            ["permission": ["action": "print"]], [:],
            [
                "permission": [
                    "action": "read",
                    "target": [
                        "@type": "AssetCollection", "source": "ex:c",
                        "refinement": PolicyWorld.constraint("language", "eq", "nl"),
                    ],
                ]
            ],
        ]
        for policy in policies {
            let evaluation = try evaluate(policy, ask: ask, state: [["@id": "ex:x", "partOf": iri("ex:c")]])
            #expect(evaluation.outcome == .deny && !evaluation.reasons.isEmpty, "\(policy)")
            #expect(evaluation.reasons.allSatisfy { $0.code != "permitted" })
        }
    }

    @Test("An unknown action beside a refined one might be what is asked; a refinement that fails is not")
    func unknownBesideRefined() throws {
        func policy(_ actions: JSON) -> [String: JSON] {
            ["permission": ["action": "use"], "prohibition": ["action": actions]]
        }
        let german = PolicyWorld.constraint("language", "isNoneOf", ["de"])
        let refined: JSON = ["rdf:value": iri("odrl:use"), "refinement": [german]]
        #expect(try permits(policy(refined), ("language", "de")))
        #expect(try !permits(policy(["ex:stream", refined]), ("language", "de")))
        #expect(try !permits(policy(refined), ("language", "nl")))
    }

    @Test("A purpose by reference is compared as one in place")
    func purposeByReference() throws {
        let policy: [String: JSON] = [
            "permission": ["action": "use"],
            "prohibition": [
                "action": "read",
                "constraint": [
                    "leftOperand": "purpose", "operator": "isAnyOf", "rightOperandReference": "ex:limit",
                ],
            ],
        ]
        let limit: JSON = ["@id": "ex:limit", "rdf:value": iri("dpv:Marketing")]
        #expect(try !permits(policy, ("purpose", iri("dpv:Advertising")), state: [limit]))
        #expect(try permits(policy, ("purpose", iri("dpv:ResearchAndDevelopment")), state: [limit]))
        #expect(try !permits(policy, ("purpose", iri("dpv:ResearchAndDevelopment"))))
    }

    @Test("What a state says of a thing is not said of the request")
    func valuesOfThings() throws {
        let set = try PolicySet(
            [
                "@context": Self.context, "@type": "Set", "uid": "urn:x:policy",
                "permission": [
                    "action": "use", "constraint": PolicyWorld.constraint("language", "eq", "nl"),
                ],
            ], purposes: library.purposes)
        let request: JSON = [
            "@context": Self.context, "@type": "Request", "permission": ["action": "read"],
        ]
        let thing: JSON = ["@context": Self.context, "@graph": [["@id": "ex:bob", "language": "nl"]]]
        #expect(try set.evaluate(request: request, state: thing).outcome == .deny)
        let own: JSON = ["@context": Self.context, "@type": "ex:Sotw", "@id": "ex:s", "language": "nl"]
        #expect(try set.evaluate(request: request, state: own).outcome == .permit)
    }

    @Test("An action with its refinements may stand elsewhere in the document")
    func actionByReference() throws {
        let set = try PolicySet(
            [
                "@context": Self.context,
                "@graph": [
                    ["@type": "Set", "uid": "urn:x:p", "permission": ["action": ["@id": "urn:x:n"]]],
                    ["@id": "urn:x:n", "rdf:value": iri("odrl:print")],
                ],
            ], purposes: library.purposes)
        for (action, isPermitted) in [("print", true), ("read", false)] {
            let evaluation = try set.evaluate(
                request: [
                    "@context": Self.context, "@type": "Request", "permission": ["action": .string(action)],
                ], state: [:])
            #expect((evaluation.outcome == .permit) == isPermitted)
        }
    }

    @Test("A policy in a graph that does not say what it is is refused, not left out")
    func untypedPolicy() throws {
        for type: [String: JSON] in [[:], ["@type": "SetX"]] {
            let other: [String: JSON] = ["@id": "urn:x:b", "prohibition": ["action": "read"]]
            let graph: JSON = [
                ["@id": "urn:x:a", "@type": "Set", "permission": ["action": "use"]],
                .object(other.merging(type) { $1 }),
            ]
            #expect(throws: ClientFault(.badInput, "policy_malformed", "", field: "$.@graph[1].@type")) {
                try PolicySet(["@context": Self.context, "@graph": graph], purposes: library.purposes)
            }
        }
    }

    @Test("A collection is met under its own name and under its source's")
    func collectionBySource() throws {
        let collection: JSON = ["@type": "AssetCollection", "@id": "urn:x:c", "source": "ex:x"]
        let policy: [String: JSON] = [
            "permission": ["action": "use"], "prohibition": ["action": "read", "target": collection],
        ]
        #expect(try !permits(policy))
        #expect(try !permits(policy, ask: ["target": "urn:x:c"]))
        #expect(try permits(policy, ask: ["target": "ex:y"]))
    }

    @Test("A deny by a prohibition still tells what in the policy is not understood")
    func problemsBesideProhibition() throws {
        let evaluation = try evaluate([
            "permission": ["action": "use"], "prohibition": ["action": "read"], "ex:mood": 1,
        ])
        #expect(evaluation.outcome == .deny)
        #expect(evaluation.reasons.map(\.code) == ["prohibited", "property_unknown"])
    }
}
