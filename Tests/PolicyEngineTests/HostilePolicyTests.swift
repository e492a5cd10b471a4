import Foundation
import Model
import Policies
import PolicyEngine
import Testing
import TestSupport

@Suite("Hostile policies")
struct HostilePolicyTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private func compile(_ json: JSON) throws -> CompiledPolicy {
        try CompiledPolicy(json, purposes: library.purposes)
    }

    private func nested(_ depth: Int) -> JSON { (0..<depth).reduce([:]) { json, _ in ["and": json] } }

    @Test("A deep policy is refused at its depth, a shallow one is read")
    func deep() throws {
        let shallow = PolicyWorld.agreementJSON(["permission": ["action": "use", "constraint": nested(12)]])
        #expect(try compile(shallow).problems(layer: .agreement).isEmpty == false)
        let deep = PolicyWorld.agreementJSON(["permission": ["action": "use", "constraint": nested(5_000)]])
        let fault = #expect(throws: ClientFault.self) { try compile(deep) }
        #expect(fault?.code == "policy_too_large")
        #expect(fault?.field?.hasPrefix("$.permission.constraint.and.and") == true)
    }

    @Test("A policy with too many values, too much text or too many rules is refused")
    func huge() throws {
        let values = JSON.array(Array(repeating: "x", count: 400_001))
        let text = JSON.string(String(repeating: "x", count: (8 << 20) + 1))
        let rules = JSON.array(Array(repeating: ["action": "use"], count: 10_001))
        for members: [String: JSON] in [
            ["dct:title": values], ["dct:title": text], ["permission": rules], ["obligation": rules],
        ] {
            let fault = #expect(throws: ClientFault.self) { try compile(PolicyWorld.agreementJSON(members)) }
            #expect(fault?.code == "policy_too_large")
            #expect(fault?.kind == .tooLarge)
        }
    }

    @Test("Ten thousand rules are decided, and the reasons stay readable")
    func manyRules() throws {
        let rule: JSON = [
            "action": "use", "constraint": PolicyWorld.constraint("purpose", "isA", ["@id": "dpv:Marketing"]),
        ]
        let json = PolicyWorld.agreementJSON(["permission": .array(Array(repeating: rule, count: 10_000))])
        let clock = ContinuousClock()
        let start = clock.now
        let layers = try PolicyWorld.layers(library, agreement: json)
        let compiled = clock.now
        let decision = PolicyEngine.decide(PolicyWorld.request(), under: layers, at: PolicyWorld.noon)
        print("10000 rules: compiled in \(compiled - start), denied in \(clock.now - compiled)")
        #expect(decision.outcome == .deny && decision.reasons.count <= 32)
        #expect(
            PolicyEngine.decide(
                PolicyWorld.request(purpose: "Advertising"), under: layers, at: PolicyWorld.noon
            ).isPermit)
    }

    @Test("Contexts that lean on themselves end")
    func ringContexts() throws {
        for context: [String: JSON] in [
            ["a": "b", "b": "a", "x": "x"], ["a": "a:a"], ["permission": "permission"],
            ["odrl": "odrl:odrl:"],
            ["a": "b:c", "b": "a:d"], ["": "x"], ["a:b": "c"], ["a": ""], ["a": ":"],
            ["a": "@type", "b": "@id"],
        ] {
            let json = PolicyWorld.agreementJSON([
                "@context": ["http://www.w3.org/ns/odrl.jsonld", .object(context)], "a": "x", "a:a": 1,
                "b:x": 2,
                "permission": ["action": "use", "a": ["b": "a:b"]],
            ])
            let layers = try? PolicyWorld.layers(library, agreement: json)
            let decision = PolicyEngine.decide(
                PolicyWorld.request(), under: layers ?? [], at: PolicyWorld.noon)
            #expect(decision.outcome == .deny)
        }
    }

    @Test("Long and odd input is quoted in part")
    func longInput() throws {
        let long = String(repeating: "é", count: 1_900)
        let json = PolicyWorld.agreementJSON([
            "permission": [
                "action": .string(long), "x\u{0}y": 1,
                "constraint": PolicyWorld.constraint(long, long, .string(long)),
            ],
            "profile": .string(long),
        ])
        let layers = try PolicyWorld.layers(library, agreement: json)
        let request = PolicyRequest(
            assignee: long, target: long, purpose: Purpose(PolicyWorld.dpv("Marketing")),
            legalBasis: .consent,
            fields: [long])
        let decision = PolicyEngine.decide(request, under: layers, at: PolicyWorld.noon)
        #expect(decision.outcome == .deny)
        for reason in decision.reasons { #expect(reason.message.unicodeScalars.count < 400) }
    }

    @Test("Random JSON in every place never traps and never permits")
    func randomJSON() {
        let seed = SeededGenerator.announcedSeed("randomJSON")
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<20_000 {
            var members = PolicyWorld.agreementJSON([:]).object ?? [:]
            members["permission"] = Self.json(&random, depth: 5)
            for _ in 0..<random.pick([0, 1, 3]) { members[Self.text(&random)] = Self.json(&random, depth: 5) }
            let layers = try? PolicyWorld.layers(library, agreement: .object(members))
            refused += layers == nil ? 1 : 0
            let decision = PolicyEngine.decide(
                PolicyWorld.request(), under: layers ?? [], at: PolicyWorld.noon)
            #expect(
                decision.outcome == .deny || Self.looksPermitted(members),
                "\(JSON.object(members).canonicalText)")
        }
        print("randomJSON: \(refused) of 20000 refused")
        #expect(refused > 100)
    }

    /// Random members can spell a permission: only a document that names an action, and `use`, may permit.
    private static func looksPermitted(_ members: [String: JSON]) -> Bool {
        let text = JSON.object(members).canonicalText
        return text.contains(#"action":"#) && text.contains(#""use""#)
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        random.pick([
            "@id", "@type", "@value", "@list", "@set", "@context", "@graph", "uid", "type", "permission",
            "prohibition", "target", "assignee", "action", "constraint", "leftOperand", "operator",
            "rightOperand",
            "duty", "odrl:action", "use", "purpose", "eq", "isNoneOf", "dateTime", "lt", "", ":", "::", "_:b",
            "@",
            "urn:x:y", "\u{0}", "Permission", "http://www.w3.org/ns/odrl/2/", "xsd:date", "2026-01-01",
        ])
    }

    private static func json(_ random: inout SeededGenerator, depth: Int) -> JSON {
        switch random.pick(depth > 0 ? [0, 1, 2, 2, 3, 4, 4, 4, 4] : [0, 1, 2, 3]) {
        case 0: return nil
        case 1: return .integer(Int64(bitPattern: random.next()))
        case 2: return .string(text(&random))
        case 3: return .bool(random.chance(50))
        default:
            if random.chance(30) {
                return .array((0..<random.pick([0, 1, 3])).map { _ in json(&random, depth: depth - 1) })
            }
            let members = (0..<random.pick([0, 1, 2, 4])).map { _ in
                (text(&random), json(&random, depth: depth - 1))
            }
            return .object(Dictionary(members) { a, _ in a })
        }
    }

    /// Policies of SolidLabResearch/ODRL-Test-Suite, w3c/odrl and Daham-Mustaf/odrl-benchmark on GitHub.
    @Test(
        "Policies of public suites are compiled or refused, and never permit a stranger",
        .enabled(if: Vectors.areWanted("odrl")))
    func publicSuites() throws {
        var counts = (compiled: 0, refused: 0)
        for folder in ["odrl/core", "odrl/extra", "odrl/w3c", "odrl/conflicts"] {
            let url = Vectors.folder.appending(path: folder)
            for file in try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            {
                let json = try JSON.parse(Array(Data(contentsOf: file)))
                for policy in [json["policy"], json["policies"]].compactMap({ $0 }) {
                    let compiled = try? compile(policy)
                    counts.compiled += compiled == nil ? 0 : 1
                    counts.refused += compiled == nil ? 1 : 0
                    let layers = compiled.map {
                        library.guardrails + [.guardrail($0), .offer($0), .agreement($0)]
                    }
                    let decision = PolicyEngine.decide(
                        PolicyWorld.request(), under: layers ?? [], at: PolicyWorld.noon)
                    #expect(decision.outcome == .deny)
                }
            }
        }
        print("publicSuites: \(counts)")
        #expect(counts.compiled + counts.refused >= 64)
    }
}
