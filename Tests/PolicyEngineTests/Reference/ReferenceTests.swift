import Foundation
import Model
import Policies
import PolicyEngine
import Testing
import TestSupport

/// The engine against a naive reading that was written apart, after `docs/policy-language.md` alone.
/// `SLUIS_CASES` says with how many cases.
@Suite("Engine and naive reading of the policy language")
struct ReferenceTests {
    static let count = ProcessInfo.processInfo.environment["SLUIS_CASES"].flatMap { Int($0) } ?? 200_000

    let tree: PurposeTree
    let broader: [String: [String]]

    init() throws {
        let json = try JSON.parse(ShippedPolicies.purposes)
        tree = try PurposeTree(json)
        broader = try #require(json["purposes"]?.array).reduce(into: [:]) { result, item in
            if let iri = item["iri"]?.string { result[iri] = item["broader"]?.array?.compactMap(\.string) }
        }
    }

    private func evaluate(_ sample: ReferenceCase) throws -> Evaluation {
        try PolicySet(sample.policies, purposes: tree).evaluate(
            request: sample.request, state: sample.state, options: sample.options)
    }

    /// What is wrong with the engine's decision; nil if nothing is.
    private func fault(_ sample: ReferenceCase, permits expected: Bool? = nil) -> String? {
        let naive = expected ?? ReferenceEvaluator(sample, broader: broader).permits
        do {
            let evaluation = try evaluate(sample)
            if (evaluation.outcome == .permit) != naive { return naive ? "denied" : "permitted" }
            return evaluation.reasons.isEmpty ? "without a reason" : nil
        } catch {
            return "refused: \(error)"
        }
    }

    /// The same cases at every run of the tests; new ones where somebody asks for a number of them.
    private static var seed: UInt64 {
        let names = ProcessInfo.processInfo.environment
        return names["SLUIS_SEED"] == nil && names["SLUIS_CASES"] == nil
            ? 20_261_122 : SeededGenerator.seed
    }

    /// Cases by the thousand, on all cores; a failure names the thousand and how to make it again.
    private func inParallel(
        _ name: String, _ count: Int, _ body: @escaping @Sendable (UInt64) throws -> Int
    ) async throws -> Int {
        let seed = Self.seed
        print("\(name): SLUIS_SEED=\(seed)")
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for part in 0..<UInt64((count + 999) / 1000) { group.addTask { try body(seed &+ part) } }
            return try await group.reduce(0, +)
        }
    }

    @Test("Both decide the same of every policy, request and state; every decision has a reason")
    func differential() async throws {
        let permits = try await inParallel("reference", Self.count) { seed in
            var generator = ReferenceGenerator(random: SeededGenerator(seed: seed), unknownPercent: 2)
            var permits = 0
            for round in 0..<1000 {
                let sample = generator.next()
                let naive = ReferenceEvaluator(sample, broader: broader).permits
                permits += naive ? 1 : 0
                guard let found = fault(sample, permits: naive) else { continue }
                let least = ReferenceShrinker.shrink(sample) { fault($0) == found }
                Issue.record("\(found); seed \(seed), round \(round); the least such case:\n\(least)")
            }
            return permits
        }
        print("reference: \(Self.count) cases, \(permits) permits")
        #expect((Self.count / 20..<Self.count * 19 / 20).contains(permits))
    }

    /// Whether a case is permitted; what cannot be read is not.
    private func permits(_ sample: ReferenceCase) -> Bool { (try? evaluate(sample).outcome) == .permit }

    @Test("No damage to a policy turns a deny into a permit")
    func failClosed() async throws {
        let lost = try await inParallel("reference failClosed", Self.count / 4) { seed in
            var generator = ReferenceGenerator(random: SeededGenerator(seed: seed), unknownPercent: 0)
            generator.inherits = false
            var lost = 0
            for round in 0..<1000 {
                let sample = generator.next()
                let mutation = PolicyMutation.random(of: sample.policies, using: &generator.random)
                var damaged = sample
                damaged.policies = mutation.policy
                let (before, after) = (permits(sample), permits(damaged))
                lost += before && !after ? 1 : 0
                if !before, after {
                    Issue.record(
                        """
                        seed \(seed), round \(round): \(mutation.what)
                        \(sample)
                        damaged: \(mutation.policy.canonicalText)
                        """)
                }
            }
            return lost
        }
        print("reference failClosed: \(Self.count / 4) mutations, \(lost) permits lost")
        #expect(lost > Self.count / 100)
    }
}
