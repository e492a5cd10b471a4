import Foundation
import Model
import PolicyEngine
import Testing
import TestSupport

/// The evaluation cases of imec and Ghent University (SolidLabResearch/ODRL-Test-Suite and ODRL-Evaluator)
/// and of W3C's draft of ODRL's formal semantics (w3c/odrl), on GitHub.
@Suite("Published evaluation cases", .enabled(if: Vectors.areWanted("odrl")))
struct EvaluationVectorTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private static func cases(_ folder: String) throws -> [(name: String, json: JSON)] {
        let url = Vectors.folder.appending(path: "odrl/" + folder)
        return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
            .map { ($0.lastPathComponent, try JSON.parse(Array(Data(contentsOf: $0)))) }
    }

    private func evaluate(_ json: JSON, _ options: EvaluationOptions) throws -> JSON {
        try PolicySet(#require(json["policy"]), purposes: library.purposes)
            .evaluate(
                request: #require(json["request"]), state: #require(json["state"]), options: options
            ).json
    }

    @Test("imec: decision, rules, premises and constraints", arguments: [("core", 36), ("extra", 6)])
    func imec(_ folder: String, _ count: Int) throws {
        let cases = try Self.cases(folder)
        for (name, json) in cases {
            for behaviour in EvaluationOptions.Behaviour.allCases {
                let found = try evaluate(json, EvaluationOptions(behaviour: behaviour, duty: .lenient))
                let expected = json["expected"]?["decision"]?[behaviour.rawValue]
                #expect(found["decision"] == expected, "\(name) \(behaviour)")
                for report in json["expected"]?["reports"]?.array ?? [] {
                    let ours = found["reports"]?.array?.filter { $0["policy"] == report["policy"] } ?? []
                    expect(report["rules"]?.array ?? [], in: ours.flatMap { $0["rules"]?.array ?? [] }, name)
                }
            }
        }
        print("odrl/\(folder): \(cases.count) cases")
        #expect(cases.count == count)
    }

    private func expect(_ expected: [JSON], in found: [JSON], _ name: String) {
        for rule in expected {
            let ours = found.first { $0["rule"] == rule["rule"] }
            for member in ["kind", "activation"] {
                #expect(ours?[member] == rule[member], "\(name) \(member)")
            }
            for (premise, state) in rule["premises"]?.object ?? [:] {
                #expect(ours?["premises"]?[premise] == state, "\(name) \(premise)")
            }
            for (constraint, state) in rule["constraints"]?.object ?? [:] where state["state"] != .null {
                #expect(
                    ours?["constraints"]?[constraint]?["state"] == state["state"], "\(name) \(constraint)")
            }
        }
    }

    @Test("W3C: decision and activation") func w3c() throws {
        let cases = try Self.cases("w3c")
        for (name, json) in cases {
            let found = try evaluate(json, EvaluationOptions())
            #expect(found["decision"] == json["expected"]?["decision"]?["closed"], "\(name)")
            let rule = found["reports"]?.array?.first?["rules"]?.array?.first
            for member in ["rule", "activation", "control"] {
                #expect(rule?[member] == json["expected"]?["rule"]?[member], "\(name) \(member)")
            }
            for (constraint, state) in json["expected"]?["constraints"]?.object ?? [:] {
                #expect(rule?["constraints"]?[constraint]?["state"] == state, "\(name)")
            }
        }
        print("odrl/w3c: \(cases.count) cases")
        #expect(cases.count == 2)
    }
}
