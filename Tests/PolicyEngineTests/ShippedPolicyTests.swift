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

    @Test("Each given/when/then holds", arguments: files(".tests.json"))
    func givenWhenThen(_ path: String) throws {
        let file = try read(path)
        let tests = try #require(file["tests"]?.array)
        #expect(!tests.isEmpty)
        let library = try PolicyWorld.library()
        let layers = try layers(file, library)
        for test in tests {
            let base = try #require(file["when"]?.object)
            let when = base.merging(try #require(test["when"]?.object)) { _, ours in ours }
            let request = try request(when)
            let now = try #require((when["now"]?.string).flatMap { Instant($0) })
            let decide = when["read"]?.bool == true ? PolicyEngine.decide : OfferCheck.decide
            let decision = decide(request, layers, now)
            let given = Comment(rawValue: test["given"]?.string ?? "")
            #expect(decision.outcome.rawValue == test["then"]?["outcome"]?.string, given)
            #expect(decision.codes == test["then"]?["reasons"]?.array?.compactMap(\.string), given)
        }
    }

    private func layers(_ file: JSON, _ library: PolicyLibrary) throws -> [PolicyLayer] {
        let guardrails = try #require(file["guardrails"]?.array).map { name in
            PolicyLayer.guardrail(
                try CompiledPolicy(try read(try #require(name.string)), purposes: library.purposes))
        }
        let template = try OfferTemplate(
            read(try #require(file["offer"]?.string)), purposes: library.purposes)
        let offer = try OfferCheck.admit(
            template.offer(
                uid: PolicyWorld.offerUID, target: PolicyWorld.flights, assigner: PolicyWorld.airport),
            target: PolicyWorld.flights, assigner: PolicyWorld.airport, purposes: library.purposes)
        guard let terms = file["agreement"]?.object else { return guardrails + [.offer(offer)] }
        let agreement = try AgreementPolicy.make(
            uid: PolicyWorld.agreementUID, offer: offer, request: request(terms),
            validUntil: (terms["valid_until"]?.string).flatMap { Instant($0) },
            retention: terms["retention"]?.string)
        return guardrails + [
            .offer(offer), .agreement(try CompiledPolicy(agreement, purposes: library.purposes)),
        ]
    }

    private func request(_ members: [String: JSON]) throws -> PolicyRequest {
        PolicyRequest(
            assignee: members["assignee"]?.string ?? PolicyWorld.authority,
            target: members["target"]?.string ?? PolicyWorld.flights,
            purpose: Purpose(try #require(members["purpose"]?.string)),
            legalBasis: try #require((members["legal_basis"]?.string).flatMap(LegalBasis.init)),
            fields: try #require(members["fields"]?.array).compactMap(\.string))
    }

    @Test("Every shipped policy has tests, is understood throughout, and is the one inside the program")
    func covered() throws {
        let policies = Self.files(".jsonld")
        let tests = try Self.files(".tests.json").map(read)
        let covered = tests.flatMap { test in
            (test["guardrails"]?.array ?? []).compactMap(\.string) + [test["offer"]?.string].compactMap { $0 }
        }
        #expect(Set(policies) == Set(covered))
        #expect(tests.count >= policies.count)
        #expect(try read("guardrails/legal-bases.jsonld") == JSON.parse(ShippedPolicies.guardrails[0]))
        #expect(try read("offers/by-agreement.jsonld") == JSON.parse(ShippedPolicies.byAgreement))
        #expect(try read("dpv-purposes.json") == JSON.parse(ShippedPolicies.purposes))
        #expect(policies.count == ShippedPolicies.guardrails.count + 1)
        let library = try PolicyWorld.library()
        for layer in library.guardrails { #expect(layer.policy.problems(layer: .guardrail).isEmpty) }
    }
}
