import Foundation
import Model
import Policies
import PolicyEngine
import Testing

/// Runs `Policies/tests/*.tests.json`: given, when, then.
///
/// Each file names guardrails and an offer of the folder Policies, perhaps the terms of an agreement, and the
/// request that its tests vary. With `read` the question is whether data flow, else whether the request may
/// be made.
@Suite("The shipped policies")
struct ShippedPolicyTests {
    static let folder = PolicyWorld.root.appending(path: "Policies").resolvingSymlinksInPath()

    static func files(_ suffix: String) -> [String] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { $0.hasSuffix(suffix) }.sorted()
    }

    private func read(_ path: String) throws -> JSON {
        try JSON.parse(Array(Data(contentsOf: Self.folder.appending(path: path))))
    }

    private func trial(_ path: String) throws -> PolicyTrial {
        try PolicyTrial(read(path), purposes: PolicyWorld.library().purposes) { try read($0) }
    }

    @Test("Each given/when/then holds", arguments: files(".tests.json"))
    func givenWhenThen(_ path: String) throws {
        let outcomes = try trial(path).run()
        #expect(!outcomes.isEmpty)
        for outcome in outcomes { #expect(outcome.failure == nil, "\(outcome.given)") }
    }

    @Test("Every shipped policy has tests, is understood throughout, and is the one inside the program")
    func covered() throws {
        let policies = Self.files(".jsonld")
        let covered = try Self.files(".tests.json").flatMap { try trial($0).subjects }
        #expect(Set(policies) == Set(covered))
        #expect(try read("guardrails/legal-bases.jsonld") == JSON.parse(ShippedPolicies.guardrails[0]))
        #expect(try read("offers/by-agreement.jsonld") == JSON.parse(ShippedPolicies.byAgreement))
        #expect(try read("dpv-purposes.json") == JSON.parse(ShippedPolicies.purposes))
        let inside = policies.filter { $0.hasPrefix("guardrails/") || $0.hasPrefix("offers/") }
        // What the owner layer asks is decided from given facts; the hub serves two bases so far, by code.
        #expect(inside.count == ShippedPolicies.guardrails.count + 2)
        let library = try PolicyWorld.library()
        for layer in library.guardrails { #expect(layer.policy.problems(layer: .guardrail).isEmpty) }
    }
}
