import Model
import PolicyEngine
import Testing

/// Policies in the shapes of other dataspaces. What speaks ODRL is understood; the rest never permits and
/// always says what it is, where an EDC would take what it does not know as met.
@Suite("Policies of other dataspaces")
struct PeerPolicyTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var json: JSON
        /// What must be told: reasons by code, or where the document is refused.
        var told: Set<String>

        var testDescription: String { name }
    }

    private static let provider = "http://example.com/P"
    private static let consumer = "http://example.com/C"
    private static let asset = "urn:uuid:t"

    private static let dataspace: JSON = ["https://w3id.org/dspace/2025/1/context.jsonld"]
    private static let edc: JSON = [
        "@vocab": "https://w3id.org/edc/v0.0.1/ns/", "odrl": "http://www.w3.org/ns/odrl/2/",
    ]
    private static let catenaX: JSON = [
        "http://www.w3.org/ns/odrl.jsonld", ["cx": "https://w3id.org/catenax/2025/9/policy/"],
    ]

    private static func agreement(_ rules: [String: JSON]) -> JSON {
        var members: [String: JSON] = [
            "@context": dataspace, "@type": "Agreement", "@id": "urn:uuid:a", "target": .string(asset),
            "timestamp": "2026-01-01T01:00:00Z", "assigner": .string(provider), "assignee": .string(consumer),
        ]
        members.merge(rules) { _, own in own }
        return .object(members)
    }

    private static func set(_ context: JSON, _ members: [String: JSON]) -> JSON {
        .object(members.merging(["@context": context, "@id": "urn:x:set"]) { own, _ in own })
    }

    private func evaluate(_ policy: JSON, at time: String = "2026-06-01T00:00:00Z") throws -> Evaluation {
        try PolicySet(policy, purposes: PolicyWorld.library().purposes).evaluate(
            request: [
                "@type": "Request", "@id": "urn:x:request",
                "permission": [
                    "action": "read", "assignee": .string(Self.consumer), "target": .string(Self.asset),
                ],
            ], state: [:], options: EvaluationOptions(now: Instant(time)))
    }

    @Test("An agreement of the Dataspace Protocol holds until its end, which it writes without seconds")
    func dataspaceProtocol() throws {
        let policy = Self.agreement([
            "permission": [
                [
                    "action": "use",
                    "constraint": [
                        [
                            "leftOperand": "dateTime", "operator": "lteq",
                            "rightOperand": "2026-12-31T06:00Z",
                        ]
                    ],
                ]
            ], "prohibition": [], "obligation": [],
        ])
        #expect(try evaluate(policy, at: "2026-12-31T06:00:00Z").outcome == .permit)
        #expect(try evaluate(policy, at: "2026-12-31T06:00:01Z").outcome == .deny)
    }

    static let samples: [Sample] = [
        Sample(
            name: "Dataspace Protocol: operands of nobody, joined, with a duty",
            json: agreement([
                "permission": [
                    [
                        "action": "use",
                        "constraint": [
                            [
                                "or": [
                                    [
                                        "and": [
                                            ["leftOperand": "c1", "operator": "eq", "rightOperand": "v1"],
                                            ["leftOperand": "c2", "operator": "eq", "rightOperand": "v2"],
                                        ]
                                    ],
                                    ["leftOperand": "partner", "operator": "eq", "rightOperand": "silver"],
                                ]
                            ]
                        ],
                        "duty": [
                            "action": "report",
                            "constraint": [
                                ["leftOperand": "event", "operator": "gt", "rightOperand": "use"]
                            ],
                        ],
                    ]
                ]
            ]), told: ["left_operand_unknown", "action_unknown", "operator_unknown"]),
        Sample(
            name: "EDC: an atomic constraint of its own",
            json: set(
                edc,
                [
                    "@type": "odrl:Set",
                    "odrl:permission": [
                        [
                            "odrl:action": ["@id": "odrl:use"],
                            "odrl:constraint": [
                                "@type": "AtomicConstraint", "odrl:leftOperand": ["@value": "location"],
                                "odrl:operator": ["@id": "odrl:eq"], "odrl:rightOperand": "eu",
                            ],
                        ]
                    ], "odrl:prohibition": [], "odrl:obligation": [],
                ]), told: ["type_unknown"]),
        Sample(
            name: "EDC: older spellings of action and operator",
            json: set(
                edc,
                [
                    "@type": "odrl:Set",
                    "odrl:permission": [
                        "odrl:action": ["odrl:type": "http://www.w3.org/ns/odrl/2/use"],
                        "odrl:constraint": [
                            "odrl:leftOperand": ["@id": "odrl:dateTime"], "odrl:operator": "LEQ",
                            "odrl:rightOperand": "2027-01-01T00:00:00Z",
                        ],
                    ],
                ]), told: ["property_unknown", "action_unknown", "operator_unknown"]),
        Sample(
            name: "Catena-X: a profile and a membership",
            json: set(
                catenaX,
                [
                    "@type": "Set", "profile": "cx:profile2405",
                    "permission": [
                        [
                            "action": "use",
                            "constraint": [
                                ["leftOperand": "cx:Membership", "operator": "eq", "rightOperand": "active"]
                            ],
                        ]
                    ],
                ]), told: ["profile_unknown", "left_operand_unknown"]),
        Sample(
            name: "Catena-X: a restriction in a prohibition",
            json: set(
                catenaX,
                [
                    "@type": "Set", "permission": [["action": "use"]],
                    "prohibition": [
                        [
                            "action": "use",
                            "constraint": [
                                [
                                    "leftOperand": "cx:UsageRestriction", "operator": "isAllOf",
                                    "rightOperand": ["cx.restriction.x:1"],
                                ]
                            ],
                        ]
                    ],
                ]), told: ["prohibited", "left_operand_unknown"]),
        Sample(
            name: "Catena-X: contexts that nobody fetches",
            json: set(
                ["https://w3id.org/catenax/2025/9/policy/odrl.jsonld"],
                ["@type": "Set", "permission": [["action": "access"]]]), told: ["$.@context[0]"]),
        Sample(
            name: "IDS: an agreement in its own vocabulary",
            json: set(
                ["ids": "https://w3id.org/idsa/core/", "idsc": "https://w3id.org/idsa/code/"],
                [
                    "@type": "ids:ContractAgreement", "ids:consumer": ["@id": "urn:x:q"],
                    "ids:permission": [
                        ["ids:target": ["@id": "urn:x:d"], "ids:action": [["@id": "idsc:USE"]]]
                    ],
                ]), told: ["$.@type"]),
        Sample(
            name: "DCAT: a dataset with an offer inside",
            json: set(
                ["dcat": "http://www.w3.org/ns/dcat#", "odrl": "http://www.w3.org/ns/odrl/2/"],
                [
                    "@type": "dcat:Dataset",
                    "odrl:hasPolicy": [
                        "@id": "urn:x:offer", "@type": "odrl:Offer",
                        "odrl:permission": ["odrl:action": ["@id": "odrl:use"]],
                    ],
                ]), told: ["$.@type"]),
    ]

    @Test("What is not understood never permits and is told", arguments: samples)
    func foreign(_ sample: Sample) throws {
        do {
            let evaluation = try evaluate(sample.json)
            #expect(evaluation.outcome == .deny)
            let codes = Set(evaluation.reasons.map(\.code))
            #expect(sample.told.isSubset(of: codes), "\(evaluation.reasons)")
        } catch let fault as ClientFault {
            #expect(fault.code == "policy_malformed" && sample.told == [fault.field ?? ""], "\(fault)")
        }
    }
}
