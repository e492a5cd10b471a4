import Model
import PolicyEngine
import Testing

/// Ways to get a permit that nobody gave, each of which somebody once found.
@Suite("What must not permit")
struct SafetyTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private static let context: JSON = [
        "http://www.w3.org/ns/odrl.jsonld",
        [
            "dpv": "https://w3id.org/dpv#", "sluis": "https://w3id.org/sluis/odrl#",
            "ex": "http://example.org/", "report": "https://w3id.org/force/compliance-report#",
        ],
    ]

    private func permits(
        _ policies: [[String: JSON]], context: JSON = context, action: String = "read",
        _ values: [(String, JSON)] = [], state nodes: [JSON] = []
    ) throws -> Bool {
        let evaluation = try evaluate(policies, context: context, action: action, values, state: nodes)
        #expect(!evaluation.reasons.isEmpty)
        return evaluation.outcome == .permit
    }

    private func evaluate(
        _ policies: [[String: JSON]], context: JSON = context, action: String = "read",
        _ values: [(String, JSON)] = [], state nodes: [JSON] = []
    ) throws -> Evaluation {
        let graph = policies.enumerated().map { place, rules in
            JSON.object(rules.merging(["uid": .string("urn:x:p\(place)")]) { own, _ in own })
        }
        let time: JSON = [
            "@id": "http://example.com/request/currentTime", "dct:issued": "2026-11-22T12:00:00Z",
        ]
        return try PolicySet(
            ["@context": context, "@graph": .array(graph)], purposes: library.purposes
        ).evaluate(
            request: [
                "@context": Self.context, "@type": "Request", "uid": "urn:x:request",
                "permission": [
                    "action": .string(action), "assignee": "ex:c", "target": "ex:x",
                    "context": .array(values.map { PolicyWorld.constraint($0.0, "eq", $0.1) }),
                ],
            ],
            state: ["@context": Self.context, "@id": "urn:x:state", "ex:includes": .array([time] + nodes)])
    }

    private func permission(_ left: String, _ comparison: String, _ right: JSON) -> [String: JSON] {
        [
            "@type": "Set",
            "permission": ["action": "use", "constraint": PolicyWorld.constraint(left, comparison, right)],
        ]
    }

    private static let use: [String: JSON] = ["@type": "Set", "permission": ["action": "use"]]

    @Test("A name that the context defines, but not as a prefix, begins no IRI")
    func prefixes() throws {
        let rules: [String: JSON] = [
            "@type": "Set", "permission": ["action": "use"],
            "prohibition": ["action": "read", "assignee": "org:c"],
        ]
        for (definition, isPermitted) in [
            (JSON.string("http://example.org/"), false), ([:], false),
            (["@id": "http://example.org/"], false),
            (["@id": "http://example.org/other", "@prefix": true], true),
        ] {
            let context: JSON = ["http://www.w3.org/ns/odrl.jsonld", ["org": definition]]
            // What is no IRI is refused.
            let answer = (try? permits([rules], context: context)) ?? false
            #expect(answer == isPermitted, "\(definition)")
        }
    }

    @Test("A policy of the set that is not understood as a whole might forbid")
    func vaguePolicies() throws {
        let vague: [[String: JSON]] = [
            ["ex:prohibition": ["action": "read"]], ["profile": "urn:x:profile"],
            ["inheritFrom": "urn:x:missing"], ["prohibitionx": ["action": "read"]],
        ]
        for rules in vague {
            #expect(try !permits([Self.use, rules.merging(["@type": "Set"]) { $1 }]), "\(rules)")
        }
        #expect(try permits([Self.use, ["@type": "Set", "dct:title": "x"]]))
    }

    @Test("An action that is declared with something unknown in it means nothing")
    func declaredActions() throws {
        let prohibition: [String: JSON] = [
            "@type": "Set", "permission": ["action": "use"], "prohibition": ["action": "reproduce"],
        ]
        func stream(_ more: [String: JSON]) -> [String: JSON] {
            more.merging(["uid": "ex:stream", "@type": "Action", "includedIn": "odrl:distribute"]) { $1 }
        }
        #expect(try permits([prohibition, stream([:])], action: "ex:stream"))
        for more: [String: JSON] in [
            ["implies": "odrl:reproduce"], ["implies": "odrl:reproduceX"], ["implies": [:]],
            ["impliesx": "odrl:reproduce"],
        ] {
            #expect(try !permits([prohibition, stream(more)], action: "ex:stream"), "\(more)")
        }
    }

    @Test("Five dollars do not pay five euros, and what is to be done later is not done")
    func duties() throws {
        let policy: [String: JSON] = [
            "@type": "Set",
            "permission": [
                "action": "read",
                "duty": [
                    "@id": "urn:x:pay", "compensatedParty": "urn:x:city",
                    "action": [
                        "rdf:value": ["@id": "odrl:compensate"],
                        "refinement": [
                            "leftOperand": "payAmount", "operator": "eq", "rightOperand": "5.00",
                            "unit": "http://dbpedia.org/resource/Euro",
                        ],
                    ],
                ],
            ],
        ]
        func payment(_ currency: String?, _ amount: JSON = "5.00") -> JSON {
            var members: [String: JSON] = [
                "@type": "ex:Payment", "ex:conditionId": ["@id": "urn:x:pay"], "ex:netAmount": amount,
            ]
            if let currency { members["ex:currency"] = .string("http://dbpedia.org/resource/" + currency) }
            return .object(members)
        }
        #expect(try permits([policy], state: [payment("Euro")]))
        func paid(_ payee: String) -> JSON {
            .object((payment("Euro").object ?? [:]).merging(["ex:payee": ["@id": .string(payee)]]) { $1 })
        }
        #expect(try permits([policy], state: [paid("urn:x:city")]))
        #expect(try !permits([policy], state: [paid("urn:x:cousin")]))
        for wrong in [payment("Dollar"), payment(nil), payment("Euro", "4.99"), payment("Euro", "much")] {
            #expect(try !permits([policy], state: [wrong]), "\(wrong)")
        }
        func report(_ time: String) -> JSON {
            [
                "@type": "report:DutyReport", "report:rule": ["@id": "urn:x:pay"],
                "report:deonticState": ["@id": "report:Fulfilled"], "dct:created": .string(time),
            ]
        }
        #expect(try permits([policy], state: [report("2026-11-22T12:00:00Z")]))
        #expect(try !permits([policy], state: [report("2026-11-22T12:00:01Z")]))
    }

    @Test("Which day it is the clock says; of numbers there is one; time that passed is not negative")
    func values() throws {
        #expect(try permits([permission("sluis:dayOfWeek", "eq", "Sunday")]))
        #expect(
            try !permits(
                [permission("sluis:dayOfWeek", "eq", "Tuesday")], [("sluis:dayOfWeek", "Tuesday")]))
        #expect(try permits([permission("count", "lteq", 5)], [("count", 5)]))
        #expect(try !permits([permission("count", "isAnyOf", [5])], [("count", [5, 6])]))
        #expect(try !permits([permission("elapsedTime", "lt", "P1D")], [("elapsedTime", "-P1D")]))
        let several: JSON = [["@id": "dpv:Marketing"], ["@id": "dpv:ResearchAndDevelopment"]]
        #expect(
            try !permits([permission("purpose", "isA", ["@id": "dpv:Marketing"])], [("purpose", several)]))
    }

    @Test("What nobody can tell is told as that, not as its opposite")
    func doubts() throws {
        let cases: [([String: JSON], (String, JSON), String)] = [
            (permission("count", "lt", 5), ("count", -1), "count `-1` is no value for it"),
            (permission("count", "lt", 5), ("count", [1, 2]), "count has several values: 1, 2"),
            (
                permission("elapsedTime", "lt", "P1M"), ("elapsedTime", "P30D"),
                "nobody can tell whether elapsed time P30D is less than P1M"
            ),
            (permission("count", "lt", 5), ("language", "nl"), "count is not given"),
        ]
        for (policy, value, words) in cases {
            let reasons = try evaluate([policy], [value]).reasons.map(\.message)
            #expect(reasons.contains { $0.contains(words) }, "\(reasons)")
        }
        var euros = PolicyWorld.constraint("payAmount", "lteq", "5").object ?? [:]
        euros["unit"] = "http://dbpedia.org/resource/Euro"
        let policy: [String: JSON] = [
            "@type": "Set", "permission": ["action": "use", "constraint": .object(euros)],
        ]
        let reasons = try evaluate([policy], [("payAmount", 4)]).reasons.map(\.message)
        let words = "pay amount 4 is in no unit, the rule's 5 in `http://dbpedia.org/resource/Euro`"
        #expect(reasons.contains { $0.contains(words) }, "\(reasons)")
    }
}
