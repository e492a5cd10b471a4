import Model
import Policies
import PolicyEngine
import Testing

/// Verdicts on policies that somebody who did not write the solver tried to trip it with.
@Suite("Conflicts")
struct ConflictTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private typealias Rules = [String: JSON]

    private func set(_ policies: [Rules]) throws -> PolicySet {
        let nodes = policies.enumerated().map { place, rules in
            JSON.object(rules.merging(["@type": "Set", "uid": .string("urn:x:p\(place)")]) { own, _ in own })
        }
        return try PolicySet(
            [
                "@context": [
                    "http://www.w3.org/ns/odrl.jsonld",
                    [
                        "ex": "http://example.org/", "dpv": "https://w3id.org/dpv#",
                        "sluis": "https://w3id.org/sluis/odrl#", "drk": "http://w3id.org/drk/ontology/",
                    ],
                ], "@graph": .array(nodes),
            ], purposes: library.purposes)
    }

    /// The verdict; a witness is evaluated.
    private func verdict(
        _ relation: PolicySet.ConflictRelation, _ policies: Rules...
    ) throws -> ConflictReport.Verdict {
        let set = try set(policies)
        let report = set.conflicts(relation)
        if let witness = report.witness {
            let evaluation = try set.evaluate(request: witness.request, state: witness.state)
            if relation == .decision { #expect(evaluation.outcome == .deny) }
        }
        return report.verdict
    }

    private func needs(_ constraints: JSON...) -> Rules {
        ["permission": ["action": "read", "constraint": .array(constraints)]]
    }

    private func value(_ left: String, _ comparison: String, _ right: JSON) -> JSON {
        PolicyWorld.constraint(left, comparison, right)
    }

    private func iri(_ name: String) -> JSON { ["@id": .string(name)] }

    @Test("Texts that differ are different; of IRIs nobody can be sure")
    func names() throws {
        func joint(_ a: JSON, _ b: JSON) throws -> ConflictReport.Verdict {
            try verdict(.joint, needs(a), needs(b))
        }
        #expect(try joint(value("language", "eq", "nl"), value("language", "eq", "fr")) == .conflict)
        #expect(
            try joint(value("fileFormat", "neq", "b"), value("fileFormat", "isAnyOf", ["b"])) == .compatible)
        for operand in ["language", "spatial", "industry", "deliveryChannel"] {
            let list: JSON = [iri("ex:a"), iri("ex:b")]
            #expect(
                try joint(value(operand, "isAnyOf", list), value(operand, "isNoneOf", list)) == .conflict)
            #expect(
                try joint(value(operand, "eq", iri("ex:a")), value(operand, "neq", iri("ex:a"))) == .conflict)
            #expect(
                try joint(value(operand, "eq", iri("ex:a")), value(operand, "eq", iri("ex:b"))) == .unknown)
        }
        let recipient = needs(
            value("recipient", "isAnyOf", iri("ex:a")), value("recipient", "neq", iri("ex:a")))
        #expect(try verdict(.joint, recipient) == .compatible)
        #expect(try set([recipient]).conflicts(.joint).findings.isEmpty)
    }

    @Test("Of numbers there is one value; months are longer than days; who has no purpose has none")
    func values() throws {
        #expect(try verdict(.joint, needs(value("count", "isAllOf", [1, 2]))) == .conflict)
        func elapsed(_ comparison: String, _ text: String) -> JSON {
            value("elapsedTime", comparison, ["@value": .string(text), "@type": "xsd:duration"])
        }
        #expect(try verdict(.joint, needs(elapsed("lt", "P1M"))) == .compatible)
        #expect(try verdict(.joint, needs(elapsed("gt", "P1Y"))) == .compatible)
        #expect(try verdict(.joint, needs(elapsed("lt", "P0D"))) == .conflict)
        let purposes = try #require(JSON.parse(ShippedPolicies.purposes)["purposes"]?.array)
        let all = JSON.array(purposes.compactMap { $0["iri"]?.string.map { iri($0) } })
        #expect(try verdict(.joint, needs(value("purpose", "isNoneOf", all))) == .compatible)
    }

    @Test("Delays of a sequence fit into the time elapsed, also a single one and one that must be longer")
    func sequences() throws {
        func delays(_ steps: (String, String)...) -> Rules {
            let list = steps.map { comparison, text in
                value("delayPeriod", comparison, ["@value": .string(text), "@type": "xsd:duration"])
            }
            return needs(["andSequence": ["@list": .array(list)]])
        }
        func within(_ text: String) -> Rules {
            needs(value("elapsedTime", "lteq", ["@value": .string(text), "@type": "xsd:duration"]))
        }
        #expect(try verdict(.joint, delays(("gteq", "P5D")), within("P3D")) == .conflict)
        #expect(try verdict(.joint, delays(("gteq", "P5D")), within("P5D")) == .compatible)
        #expect(try verdict(.joint, delays(("gteq", "P3D"), ("gt", "P3D")), within("P6D")) == .conflict)
        #expect(try verdict(.joint, delays(("gteq", "P3D"), ("gteq", "P3D")), within("P6D")) == .compatible)
    }

    @Test("A schedule that must not be met is no reason to say that nothing can be")
    func schedules() throws {
        let schedule: JSON = [
            "leftOperand": "timeInterval", "operator": "eq",
            "rightOperand": ["@value": "P30D", "@type": "xsd:duration"],
            "drk:anchor": ["@value": "2026-01-01", "@type": "xsd:date"],
        ]
        let from = value("dateTime", "gteq", ["@value": "2026-01-01", "@type": "xsd:date"])
        #expect(try verdict(.joint, needs(["xone": [schedule, from]])) != .conflict)
    }

    @Test("What one policy permits another may prohibit by a collection, for lack of a value, or unread")
    func decisions() throws {
        let any: Rules = ["permission": ["action": "read"]]
        let collection: JSON = ["@type": "AssetCollection", "uid": "ex:c"]
        let members: Rules = ["permission": ["action": "read", "target": collection]]
        #expect(
            try verdict(.decision, members, ["prohibition": ["action": "read", "target": "ex:t"]])
                == .conflict)
        #expect(
            try verdict(
                .decision, ["permission": ["action": "read", "target": "ex:s"]],
                ["prohibition": ["action": "read", "target": "ex:t"]]) == .compatible)
        let few: Rules = ["prohibition": ["action": "read", "constraint": value("count", "lt", 0)]]
        #expect(try verdict(.decision, any, few) == .conflict)
        #expect(try verdict(.decision, any, ["prohibition": ["action": "ex:foo"]]) == .conflict)
        #expect(
            try verdict(
                .decision, needs(value("count", "gt", 9)),
                ["prohibition": ["action": "read", "constraint": value("count", "lt", 5)]]) == .compatible)
    }

    @Test("A policy where permissions win prohibits nothing that it permits, and a dead permission nothing")
    func strategies() throws {
        let both: Rules = ["permission": ["action": "read"], "prohibition": ["action": "read"]]
        let lenient = both.merging(["conflict": "perm"]) { $1 }
        #expect(try verdict(.decision, ["permission": ["action": "read"]], lenient) == .compatible)
        #expect(try verdict(.decision, lenient) == .compatible)
        #expect(try verdict(.decision, both) == .conflict)
        let dead: Rules = ["permission": ["action": "read"], "prohibition": ["action": "use"]]
        #expect(try verdict(.decision, dead, ["prohibition": ["action": "read"]]) == .compatible)
    }

    @Test("A rule is not redundant because of one that asks for a value which nobody need give")
    func redundancy() throws {
        let policy: Rules = [
            "permission": [
                ["@id": "urn:x:counted", "action": "read", "constraint": value("count", "gteq", 0)],
                ["@id": "urn:x:plain", "action": "read"],
            ]
        ]
        let findings = try set([policy]).conflicts(.joint).findings
        #expect(findings.map(\.rule) == ["urn:x:counted"])
        #expect(findings.map(\.kind) == [.redundant])
    }
}
