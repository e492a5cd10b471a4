import Model
import PolicyEngine
import Testing

@Suite("Operands and operators")
struct OperandTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    /// What an agreement with this one constraint says; nil for a part that is not understood.
    private func holds(
        _ left: String, _ comparison: String, _ right: JSON, _ request: PolicyRequest = PolicyWorld.request(),
        at now: Instant = PolicyWorld.noon
    ) throws -> Bool? {
        let rule: JSON = ["action": "read", "constraint": PolicyWorld.constraint(left, comparison, right)]
        let json = PolicyWorld.agreementJSON(["permission": rule])
        let layers = try PolicyWorld.layers(library, agreement: json)
        let decision = PolicyEngine.decide(request, under: layers, at: now)
        return decision.codes.contains { $0.hasSuffix("_unknown") || $0 == "constraint_incomplete" }
            ? nil : decision.isPermit
    }

    @Test(
        "Points in time, to the millisecond",
        arguments: [
            ("lt", [true, false, false]), ("lteq", [true, true, false]), ("gt", [false, false, true]),
            ("gteq", [false, true, true]), ("eq", [false, true, false]), ("neq", [true, false, true]),
        ])
    func instants(_ comparison: String, _ expected: [Bool]) throws {
        let border = try #require(Instant("2026-06-01T10:00:00Z"))
        for text in ["2026-06-01T10:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00"] {
            for right: JSON in [.string(text), ["@value": .string(text), "@type": "xsd:dateTime"]] {
                let found = try [-1, 0, 1].map {
                    try holds(
                        "dateTime", comparison, right,
                        at: Instant(milliseconds: border.milliseconds + Int64($0)))
                }
                #expect(found == expected, "\(comparison) \(text)")
            }
        }
    }

    @Test(
        "A day is the whole day",
        arguments: [
            ("lt", [true, false, false, false]), ("lteq", [true, true, true, false]),
            ("gt", [false, false, false, true]), ("gteq", [false, true, true, true]),
            ("eq", [false, true, true, false]), ("neq", [true, false, false, true]),
        ])
    func days(_ comparison: String, _ expected: [Bool]) throws {
        let times = [
            "2026-05-31T23:59:59.999Z", "2026-06-01T00:00:00.000Z", "2026-06-01T23:59:59.999Z",
            "2026-06-02T00:00:00.000Z",
        ]
        for right: JSON in [
            "2026-06-01", ["@value": "2026-06-01", "@type": "xsd:date"],
            ["@value": "2026-06-01Z", "@type": "http://www.w3.org/2001/XMLSchema#date"],
        ] {
            let found = try times.map { try holds("dateTime", comparison, right, at: #require(Instant($0))) }
            #expect(found == expected, "\(comparison)")
        }
    }

    @Test(
        "What is no date or time is unknown",
        arguments: [
            "tomorrow", "", "2026-06-01.5", "2026-06-01t10:00:00Z", "2026-02-30", "2026-06-01T25:00:00Z",
            "2026-06-01 10:00:00", "2026", 2026, true,
            ["@value": "2026-06-01", "@type": "xsd:dateTime"],
            ["@value": "2026-06-01T00:00:00Z", "@type": "xsd:date"],
            ["@value": "2026-06-01", "@type": "xsd:string"], ["@value": "2026-06-01", "@type": "xsd:gYear"],
            ["@id": "urn:x:2026-06-01"], ["2026-06-01", "2026-06-02"], [],
            ["@value": "2026-06-01", "@language": "nl"], ["@value": ["a", "b"]], [:],
        ] as [JSON])
    func badTimes(_ right: JSON) throws {
        for comparison in ["lt", "neq", "gteq"] { #expect(try holds("dateTime", comparison, right) == nil) }
    }

    @Test("eq is the purpose itself; isA and the lists see narrower purposes")
    func purposes() throws {
        let cases: [(String, JSON, [String: Bool])] = [
            ("eq", ["@id": "dpv:Marketing"], ["Marketing": true, "Advertising": false, "Purpose": false]),
            ("neq", ["@id": "dpv:Marketing"], ["Marketing": false, "Advertising": true, "Purpose": true]),
            ("isA", ["@id": "dpv:Marketing"], ["Marketing": true, "Advertising": true, "Purpose": false]),
            (
                "isAnyOf", [["@id": "dpv:Marketing"], ["@id": "dpv:PublicBenefit"]],
                ["Advertising": true, "ProvideOfficialStatistics": true, "Verification": false]
            ),
            (
                "isNoneOf", ["@list": [["@id": "dpv:Marketing"], ["@id": "dpv:PublicBenefit"]]],
                ["Advertising": false, "ProvideOfficialStatistics": false, "Verification": true]
            ),
            ("isA", "dpv:Marketing", ["Advertising": true, "Verification": false]),
            ("isA", "https://w3id.org/dpv#Marketing", ["Advertising": true, "Verification": false]),
            (
                "isA", ["@value": "https://w3id.org/dpv#Marketing", "@type": "xsd:anyURI"],
                ["Advertising": true]
            ),
        ]
        for (comparison, right, expected) in cases {
            for (purpose, isExpected) in expected {
                let request = PolicyWorld.request(purpose: purpose)
                #expect(
                    try holds("purpose", comparison, right, request) == isExpected, "\(comparison) \(purpose)"
                )
            }
        }
    }

    @Test("Recipients are organisations by IRI")
    func recipients() throws {
        let authority: JSON = ["@id": .string(PolicyWorld.authority)]
        let thief: JSON = ["@id": .string(PolicyWorld.thief)]
        #expect(try holds("recipient", "eq", authority) == true)
        #expect(try holds("recipient", "eq", thief) == false)
        #expect(try holds("recipient", "neq", thief) == true)
        #expect(try holds("recipient", "isAnyOf", [thief, authority]) == true)
        #expect(try holds("recipient", "isNoneOf", [thief, authority]) == false)
        #expect(try holds("recipient", "isNoneOf", [thief]) == true)
    }

    @Test(
        "Every operand refuses operators and values that mean nothing with it",
        arguments: [
            ("purpose", "lt", ["@id": "dpv:Marketing"]),
            ("purpose", "eq", ["@id": "dpv:Nonsense"]), ("purpose", "eq", "Marketing"), ("purpose", "eq", 1),
            ("purpose", "isNoneOf", []), ("purpose", "isNoneOf", ["@list": []]),
            ("purpose", "isA", [["@id": "dpv:Marketing"], ["@id": "dpv:PublicBenefit"]]),
            ("purpose", "eq", ["@value": "https://w3id.org/dpv#Marketing", "@type": "xsd:string"]),
            ("recipient", "neq", "thief"), ("recipient", "isNoneOf", [1]), ("recipient", "lt", "urn:x:y"),
            ("recipient", "neq", ["@id": "urn:x:y", "odrl:refinement": "urn:x:z"]),
            ("recipient", "neq", "urn:x:a b"), ("recipient", "neq", ["@id": "_:blank"]),
            ("https://w3id.org/sluis/odrl#field", "lt", "flight"),
            ("https://w3id.org/sluis/odrl#field", "isAnyOf", ["@id": "urn:x:flight"]),
            ("https://w3id.org/sluis/odrl#field", "isAnyOf", [""]),
            ("https://w3id.org/sluis/odrl#field", "isAnyOf", [7]),
            ("https://w3id.org/sluis/odrl#legalBasis", "neq", ["@id": "https://w3id.org/sluis/odrl#whim"]),
            ("https://w3id.org/sluis/odrl#legalBasis", "eq", "consent"),
            ("https://w3id.org/sluis/odrl#owner", "eq", "x"), ("spatial", "lt", "urn:x:y"),
            ("http://example.org/ODRL/purpose", "eq", ["@id": "dpv:Marketing"]),
            ("purpose", "http://example.org/eq", ["@id": "dpv:Marketing"]),
        ] as [(String, String, JSON)])
    func unknown(_ left: String, _ comparison: String, _ right: JSON) throws {
        #expect(try holds(left, comparison, right) == nil)
    }

    @Test("A permission must cover all fields asked; a prohibition is met by one of them")
    func fieldSets() throws {
        let field = "https://w3id.org/sluis/odrl#field"
        #expect(try holds(field, "isAnyOf", ["flight", "dep_delay", "origin"]) == true)
        #expect(try holds(field, "isAnyOf", ["@list": ["flight"]]) == false)
        let json = PolicyWorld.agreementJSON([
            "permission": ["action": "use"],
            "prohibition": [
                "action": "use", "constraint": PolicyWorld.constraint(field, "isAnyOf", ["tailnum"]),
            ],
        ])
        let layers = try PolicyWorld.layers(library, agreement: json)
        let harmless = PolicyWorld.request(fields: ["flight"])
        let harmful = PolicyWorld.request(fields: ["flight", "tailnum"])
        #expect(PolicyEngine.decide(harmless, under: layers, at: PolicyWorld.noon).isPermit)
        #expect(PolicyEngine.decide(harmful, under: layers, at: PolicyWorld.noon).codes == ["prohibited"])
    }

    @Test("Each legal basis has its IRI in the profile")
    func legalBases() throws {
        for basis in LegalBasis.allCases {
            let right: JSON = ["@id": .string(SluisProfile.iri(of: basis))]
            #expect(try holds(SluisProfile.legalBasis, "eq", right) == (basis == .consent))
        }
    }
}
