import Model
import Policies
import PolicyEngine
import Testing
import TestSupport

@Suite("Random policies and requests")
struct RandomPolicyTests {
    let tree: PurposeTree
    let broader: [String: [String]]

    init() throws {
        let json = try JSON.parse(ShippedPolicies.purposes)
        tree = try PurposeTree(json)
        broader = try #require(json["purposes"]?.array).reduce(into: [:]) { result, item in
            if let iri = item["iri"]?.string { result[iri] = item["broader"]?.array?.compactMap(\.string) }
        }
    }

    private func request(_ random: inout SeededGenerator) -> PolicyRequest {
        PolicyRequest(
            assignee: random.pick(PolicyGenerator.organisations),
            target: random.pick(PolicyGenerator.datasets),
            purpose: Purpose(PolicyWorld.dpv(random.pick(PolicyGenerator.purposes))),
            legalBasis: random.pick([.consent, .permission, .contract]),
            fields: random.pick([["f"], ["g", "h"], ["h", "f"], ["f", "g", "h"]]))
    }

    private func now(_ random: inout SeededGenerator) throws -> Instant {
        try #require(
            Instant(
                random.pick([
                    "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2026-06-01T09:59:59.999Z",
                    "2026-06-01T10:00:00.000Z", "2026-06-01T10:00:00.001Z", "2026-12-31T12:00:00Z",
                    "2027-01-01T00:00:00Z",
                ])))
    }

    private func layer(_ place: Int, _ policy: JSON) throws -> PolicyLayer {
        let compiled = try CompiledPolicy(policy, purposes: tree)
        return [.guardrail(compiled), .offer(compiled), .agreement(compiled)][place]
    }

    private static let kinds = ["Set", "Offer", "Agreement"]

    /// A guardrail, an offer and an agreement that permit everything which the generator asks.
    private func openLayers() throws -> [PolicyLayer] {
        try Self.kinds.enumerated().map { place, kind in
            try layer(
                place,
                [
                    "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": .string(kind),
                    "uid": "urn:x:open",
                    "assigner": "urn:x:p", "target": JSON(PolicyGenerator.datasets),
                    "assignee": JSON(PolicyGenerator.organisations), "permission": ["action": "use"],
                ])
        }
    }

    @Test("The engine and a naive reading of the JSON agree on 50,000 policies and requests")
    func reference() throws {
        let seed = SeededGenerator.announcedSeed("reference")
        var generator = PolicyGenerator(random: SeededGenerator(seed: seed), unknownPercent: 4)
        let open = try openLayers()
        var permits = 0
        for round in 0..<50_000 {
            let place = round % 3
            let policy = generator.policy(Self.kinds[place])
            let request = request(&generator.random)
            let now = try now(&generator.random)
            var layers = open
            layers[place] = try layer(place, policy)
            let decision = PolicyEngine.decide(request, under: layers, at: now)
            let naive = NaiveEvaluator(request: request, now: now, broader: broader).permits(policy)
            try #require(
                decision.isPermit == naive,
                "seed \(seed), round \(round): \(request) at \(now): \(policy.canonicalText)")
            try #require(!decision.reasons.isEmpty, "seed \(seed), round \(round)")
            permits += naive ? 1 : 0
        }
        print("reference: 50000 pairs, \(permits) permits")
        #expect((5_000..<45_000).contains(permits))
    }

    @Test("None of 20,000 mutations of a policy turns a deny into a permit")
    func failClosed() throws {
        let seed = SeededGenerator.announcedSeed("failClosed")
        var generator = PolicyGenerator(random: SeededGenerator(seed: seed), unknownPercent: 0)
        let open = try openLayers()
        var counts = (denies: 0, permits: 0, lost: 0, refused: 0)
        for round in 0..<20_000 {
            let place = round % 3
            let policy = generator.policy(Self.kinds[place])
            let request = request(&generator.random)
            let now = try now(&generator.random)
            let mutation = PolicyMutation.random(of: policy, using: &generator.random)
            var layers = open
            layers[place] = try layer(place, policy)
            let wasPermitted = PolicyEngine.decide(request, under: layers, at: now).isPermit
            var isPermitted = false
            if let mutated = try? layer(place, mutation.policy) {
                layers[place] = mutated
                isPermitted = PolicyEngine.decide(request, under: layers, at: now).isPermit
            } else {
                counts.refused += 1
            }
            try #require(
                wasPermitted || !isPermitted,
                """
                seed \(seed), round \(round): \(mutation.what)
                \(policy.canonicalText)
                \(mutation.policy.canonicalText)
                """)
            counts.denies += wasPermitted ? 0 : 1
            counts.permits += wasPermitted ? 1 : 0
            counts.lost += wasPermitted && !isPermitted ? 1 : 0
        }
        print("failClosed: \(counts)")
        #expect(counts.denies > 5_000 && counts.lost > 1_000 && counts.refused > 1_000)
    }
}
