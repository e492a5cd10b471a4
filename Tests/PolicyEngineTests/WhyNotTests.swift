import Foundation
import Model
import Policies
import Testing
import TestSupport

@testable import PolicyEngine

/// What `why-not` proposes, tried out.
@Suite("Why not")
struct WhyNotTests {
    let tree: PurposeTree

    init() throws { tree = try PurposeTree(JSON.parse(ShippedPolicies.purposes)) }

    // MARK: Random policies

    /// The same cases at every run of the tests, others where somebody names a seed.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["SLUIS_SEED"] == nil ? 20_261_122 : SeededGenerator.seed
    }

    /// One denied ask of a random case.
    private struct Denial {
        var set: PolicySet
        var facts: Facts
        var options: EvaluationOptions
        var remedy: Remedy?

        func isPermitted(_ facts: Facts) -> Bool { set.answer(facts, options).isPermit }
    }

    private func denials(_ count: Int, seed: UInt64) throws -> [Denial] {
        var generator = ReferenceGenerator(random: SeededGenerator(seed: seed), unknownPercent: 1)
        return try (0..<count).flatMap { _ in
            let sample = generator.next()
            let set = try PolicySet(sample.policies, purposes: tree)
            let state = try StateReader.read(sample.state)
            return try RequestReader.read(sample.request).asks.compactMap { ask -> Denial? in
                let facts = Facts(ask, state, sample.options, purposes: tree)
                guard !set.answer(facts, sample.options).isPermit else { return nil }
                let question = Remedy.Question(
                    facts: facts, policies: set.policies, reading: sample.options.reading,
                    stated: Set(state.values.keys), isOpen: sample.options.behaviour == .open)
                return Denial(
                    set: set, facts: facts, options: sample.options,
                    remedy: Remedy.smallest(for: question, Effort()))
            }
        }
    }

    @Test func `what the asker can change is permitted once it is changed`() throws {
        var tried = 0
        for denial in try denials(4000, seed: Self.seed) {
            guard let remedy = denial.remedy, !remedy.after.isEmpty,
                !remedy.changes.contains(where: { $0.place == .policy || $0.what == "duty" })
            else { continue }
            tried += 1
            let permitted = remedy.after.allSatisfy(denial.isPermitted)
            #expect(permitted, "\(remedy.changes.map(\.text)), seed \(Self.seed)")
            if !permitted { print(denial.set.policies.map(\.json.canonicalText), denial.facts.values) }
        }
        #expect(tried > 100)
    }

    @Test func `where one changed value would do, no more than one change is told`() throws {
        var tried = 0
        for denial in try denials(2000, seed: Self.seed &+ 1) {
            guard let single = singleChange(denial) else { continue }
            tried += 1
            let changes = denial.remedy?.changes ?? []
            let isSmall = changes.count == 1 && changes[0].place != .policy
            #expect(isSmall, "\(single) against \(changes.map(\.text)), seed \(Self.seed)")
            if !isSmall {
                print(denial.set.policies.map(\.json.canonicalText), denial.facts.values)
                print(denial.facts.assignee ?? "-", denial.facts.action ?? "-", denial.facts.target ?? "-")
            }
        }
        #expect(tried > 50)
    }

    /// By trying every value that the policies name, and those next to them.
    private func singleChange(_ denial: Denial) -> String? {
        let rules = denial.set.policies.flatMap { $0.permissions + $0.prohibitions }
        let conditions = rules.flatMap { $0.constraints + $0.action.members.flatMap(\.refinements) }
        for test in conditions.flatMap(\.leaves).compactMap(\.test) {
            let isClock = [LeftOperand.known(.dateTime), .known(.timeInterval), .known(.dayOfWeek)]
                .contains(test.operand)
            if isClock { continue }
            for value in test.right.flatMap(neighbours) where test.operand.kind.contains(value) {
                var facts = denial.facts
                facts.values[test.operand] = [FactValue(value, unit: test.unit)]
                if denial.isPermitted(facts) { return "\(test.operand.name) \(value)" }
            }
        }
        return nil
    }

    private func neighbours(_ value: OperandValue) -> [OperandValue] {
        guard case .number(let number) = value else { return [value] }
        let one = FixedDecimal.one.scaled
        return [number.scaled - one, number.scaled, number.scaled + one].map {
            .number(FixedDecimal(scaled: $0))
        }
    }

    // MARK: Single cases

    private func changes(
        permission: JSON, prohibition: JSON? = nil, context: JSON = [], now: Instant? = nil,
        behaviour: EvaluationOptions.Behaviour = .closed
    ) throws -> [WhyNot.Change] {
        var rule: [String: JSON] = ["action": "read"]
        rule["constraint"] = permission
        var members: [String: JSON] = [
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["sluis": "https://w3id.org/sluis/odrl#"]],
            "@type": "Set", "uid": "urn:p", "profile": "https://w3id.org/sluis/odrl#",
            "permission": [.object(rule)],
        ]
        if let prohibition { members["prohibition"] = [["action": "read", "constraint": prohibition]] }
        let request: JSON = [
            "@context": [
                "http://www.w3.org/ns/odrl.jsonld",
                ["sotw": "https://w3id.org/force/sotw#", "sluis": "https://w3id.org/sluis/odrl#"],
            ],
            "@type": "Request", "uid": "urn:r",
            "permission": ["action": "read", "target": "urn:t", "sotw:context": context],
        ]
        return try PolicySet(.object(members), purposes: tree).whyNot(
            request: request, state: [:], options: EvaluationOptions(behaviour: behaviour, now: now)
        ).changes
    }

    private func constraint(_ operand: String, _ comparison: String, _ right: JSON) -> JSON {
        [
            "leftOperand": .string(operand), "operator": .string(comparison), "rightOperand": right,
            "@type": "Constraint",
        ]
    }

    @Test func `a value is chosen that runs into no prohibition`() throws {
        let changes = try changes(
            permission: constraint("count", "lt", 4), prohibition: constraint("count", "isAnyOf", [0, 3]),
            context: constraint("count", "eq", 6))
        #expect(changes.map(\.text) == ["change count from 6 to 1"])
    }

    @Test func `what the asker can state comes before what others would have to change`() throws {
        let changes = try changes(
            permission: constraint("language", "eq", "nl"), prohibition: constraint("count", "gt", 5),
            context: constraint("language", "eq", "nl"))
        #expect(changes.map(\.text) == ["state count 0"])
    }

    @Test func `the time that is proposed is to come`() throws {
        let sunday = try #require(Instant("2026-11-22T12:00:00Z"))
        let tuesday = try changes(permission: constraint("sluis:dayOfWeek", "eq", "Tuesday"), now: sunday)
        #expect(tuesday.map(\.to) == ["2026-11-24T00:00:00.000Z"])
        let later = try changes(
            permission: constraint("dateTime", "gt", ["@value": "2027-01-01", "@type": "xsd:date"]),
            now: sunday)
        #expect(later.map(\.to) == ["2027-01-02T00:00:00.000Z"])
        let over = try changes(
            permission: constraint("dateTime", "lt", ["@value": "2020-01-01", "@type": "xsd:date"]),
            now: sunday)
        #expect(over.map(\.place) == [.policy])
        #expect(over.map(\.text) == ["the time that the rule names is over: let it name a later one"])
    }

    @Test func `where all is permitted that nobody prohibits, only prohibitions stand in the way`() throws {
        let changes = try changes(
            permission: constraint("language", "eq", "nl"), prohibition: constraint("count", "gt", 5),
            context: constraint("count", "eq", 6), behaviour: .open)
        #expect(changes.map(\.text) == ["change count from 6 to 0"])
    }

    /// The texts of all changes for a document of policies in a context of a few prefixes.
    private func texts(_ policies: [[String: JSON]], stated: [JSON] = [], state nodes: [JSON] = []) throws
        -> [String]
    {
        let context: JSON = [
            "http://www.w3.org/ns/odrl.jsonld",
            [
                "sotw": "https://w3id.org/force/sotw#", "ex": "http://example.org/",
                "report": "https://w3id.org/force/compliance-report#",
            ],
        ]
        let graph = policies.enumerated().map { place, rules in
            JSON.object(rules.merging(["@type": "Set", "uid": .string("urn:x:p\(place)")]) { own, _ in own })
        }
        return try PolicySet(["@context": context, "@graph": .array(graph)], purposes: tree).whyNot(
            request: [
                "@context": context, "@type": "Request", "uid": "urn:r",
                "permission": ["action": "read", "target": "urn:t", "sotw:context": .array(stated)],
            ],
            state: ["@context": context, "@id": "urn:s", "ex:includes": .array(nodes)]
        ).changes.map(\.text)
    }

    @Test func `a permission of another policy that overrules its prohibitions must go on holding`() throws {
        let generous: [String: JSON] = [
            "conflict": "perm",
            "permission": ["action": "read", "constraint": constraint("count", "lteq", 5)],
            "prohibition": ["action": "read"],
        ]
        let strict: [String: JSON] = [
            "permission": ["action": "read", "constraint": constraint("count", "gteq", 8)],
            "prohibition": ["action": "read", "constraint": constraint("count", "lt", 8)],
        ]
        let texts = try texts([generous, strict], stated: [constraint("count", "eq", 3)])
        #expect(texts.count == 1 && texts[0].hasPrefix("lift the prohibition"), "\(texts)")
    }

    @Test func `what looks the same and is not is told apart`() throws {
        var euros = constraint("payAmount", "eq", 5).object ?? [:]
        euros["unit"] = "http://dbpedia.org/resource/Euro"
        let policy: [String: JSON] = ["permission": ["action": "read", "constraint": .object(euros)]]
        euros["unit"] = "http://example.org/Euro"
        let units = try texts([policy], stated: [.object(euros)])
        #expect(units.count == 1 && units[0].contains("http://dbpedia.org/resource/Euro"), "\(units)")
        let name: [String: JSON] = [
            "permission": ["action": "read", "constraint": constraint("language", "eq", "urn:nl")]
        ]
        let text = constraint("language", "eq", ["@value": "urn:nl", "@type": "xsd:string"])
        #expect(
            try texts([name], stated: [text])
                == ["change language from the text urn:nl to the identifier urn:nl"])
    }

    @Test func `of a duty what is still owed is told, to whom, and that it needs a name`() throws {
        func policy(_ duty: [String: JSON]) -> [String: JSON] {
            ["permission": ["action": "read", "duty": .object(duty)]]
        }
        let late = policy([
            "uid": "ex:pay", "action": "compensate",
            "compensatedParty": ["@type": "Party", "uid": "ex:city"],
            "consequence": [["uid": "ex:tell", "action": "inform"]],
        ])
        #expect(try texts([late]) == ["first do this: compensate (to `http://example.org/city`)"])
        func report(_ state: String, _ day: String) -> JSON {
            [
                "@type": "report:DutyReport", "report:rule": ["@id": "ex:pay"],
                "report:deonticState": ["@id": .string("report:" + state)], "dct:created": .string(day),
            ]
        }
        let history = [
            report("Violated", "2026-01-01T00:00:00Z"), report("Fulfilled", "2026-02-01T00:00:00Z"),
        ]
        #expect(try texts([late], state: history) == ["first do this: inform"])
        let nameless = try texts([policy(["action": "inform"])])
        #expect(nameless.count == 1 && nameless[0].contains("give the duty a `uid`"), "\(nameless)")
    }

    @Test func `a rule with many conditions lacks only the one`() throws {
        let operands = [
            "count", "language", "fileFormat", "media", "version", "event", "industry", "product", "system",
            "systemDevice", "deliveryChannel", "unitOfCount", "virtualLocation",
        ]
        let conditions = operands.map { constraint($0, "eq", $0 == "count" ? 1 : "x") }
        let policy: [String: JSON] = ["permission": ["action": "read", "constraint": .array(conditions)]]
        #expect(try texts([policy], stated: conditions.dropLast()) == ["state virtual location x"])
        #expect(try texts([policy]).count == operands.count)
    }
}
