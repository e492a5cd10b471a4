import Model
import TestSupport

extension ReferenceGenerator {
    mutating func request() -> JSON {
        let asks = (0..<random.pick([1, 1, 1, 1, 1, 1, 1, 2])).map { _ in ask() }
        return .object([
            typeName(): type("Request"), identifierName(): "urn:x:request", name("permission"): list(asks),
        ])
    }

    private mutating func ask() -> JSON {
        var members: [String: JSON] = [:]
        let action = random.pick([
            "read", "read", "read", "print", "extract", "copy", "modify", "sell", "use", "ex:scan",
            "ex:stream",
            "ex:fly",
        ])
        if random.chance(97) {
            members[name("action")] =
                action.hasPrefix("ex:") ? iri(ReferenceWorld.ex + action.dropFirst(3)) : term(action)
        }
        if random.chance(95) { members[name("assignee")] = iri(random.pick(Self.parties)) }
        if random.chance(95) {
            members[name("target")] = iri(random.pick(Self.assets + Self.collections.prefix(1)))
        }
        let contexts = operands.sorted().filter { _ in random.chance(85) }.compactMap { context($0) }
        if !contexts.isEmpty { members["sotw:context"] = list(contexts) }
        return node(members, id: identifier("urn:x:ask"))
    }

    /// What the request says of an operand.
    private mutating func context(_ operand: String) -> JSON? {
        let isOfSluis = ReferenceWorld.sluisOperands[operand] != nil
        let iri = (isOfSluis ? ReferenceWorld.sluis : ReferenceWorld.odrl) + operand
        guard let kind = ReferenceWorld.kind(of: iri), kind != .time, kind != .party else { return nil }
        let count = random.chance(20) ? 2 : 1
        let values = (0..<count).map { _ in random.chance(3) ? strange(kind) : given(kind, operand) }
        var members: [String: JSON] = [
            name("leftOperand"): isOfSluis ? self.iri(iri) : term(operand), name("operator"): term("eq"),
            name("rightOperand"): list(unique(values)),
        ]
        if operand == "payAmount", random.chance(90) {
            members[name("unit")] = self.iri(
                random.chance(90) ? Self.euro : "http://dbpedia.org/resource/Dollar")
        }
        if random.chance(30) { members[typeName()] = type("Constraint") }
        return node(members, isOfODRL: false)
    }

    private mutating func given(_ kind: ReferenceWorld.Kind, _ operand: String) -> JSON {
        switch kind {
        case .duration:
            return value(random.pick(["PT1H", "P1D", "PT24H", "P30D", "P90D", "P1M", "P1Y"]), "duration")
        case .purpose where random.chance(20):
            return ["@id": "ex:project", "@type": .string(text(random.pick(Self.purposes)))]
        default: return right(kind, operand)
        }
    }

    /// A value that the operand does not take.
    private mutating func strange(_ kind: ReferenceWorld.Kind) -> JSON {
        switch kind {
        case .purpose: return random.pick([["@id": "ex:project"], "Marketing", 5, ["@id": "dpv:Nonsense"]])
        case .basis: return ["@id": "sluis:whim"]
        case .token, .field:
            return random.pick([7, true])
        case .number:
            return random.pick(["five", true, ["@id": "ex:five"], ["@value": "5", "@type": "xsd:string"]])
        default: return random.pick(["x", 5, true])
        }
    }
}

extension ReferenceGenerator {
    mutating func state() -> [JSON] {
        var nodes: [JSON] = []
        if random.chance(95) {
            let time = JSON.string(random.pick(Self.times))
            nodes.append([
                "@id": "temp:currentTime", "dct:issued": ["@value": time, "@type": "xsd:dateTime"],
            ])
        }
        for thing in Self.assets + Self.parties where random.chance(60) {
            let isAsset = Self.assets.contains(thing)
            nodes.append(member(thing, isAsset ? Self.collections : Self.groups))
        }
        // Gent is part of Belgium, Belgium of Europe; of Brussels nothing is said.
        if random.chance(80) {
            nodes.append(["@id": "ex:gent", name("partOf"): iri(ReferenceWorld.ex + "belgium")])
            nodes.append(["@id": "ex:belgium", name("partOf"): iri(ReferenceWorld.ex + "europe")])
        }
        nodes += duties.compactMap { report($0) }
        for limit in limits where random.chance(85) {
            nodes.append(["@id": .string(limit.id), "rdf:value": right(limit.kind, "spatial")])
        }
        if nodes.count == 1 || random.chance(30) { return nodes.isEmpty ? [["@id": "urn:x:state"]] : nodes }
        return [["@id": "urn:x:state", "@type": "ex:Sotw", "ex:includes": .array(nodes)]]
    }

    private mutating func member(_ thing: String, _ collections: [String]) -> JSON {
        var members: [String: JSON] = ["@id": .string(text(thing))]
        members[name("partOf")] = list(random.some(of: collections).map { iri($0) })
        if random.chance(60) { members[name("language")] = value(random.pick(Self.languages), "string") }
        if random.chance(60) { members[name("fileFormat")] = value(random.pick(Self.languages), "string") }
        if random.chance(60) { members[name("resolution")] = number(isWhole: false) }
        return .object(members)
    }

    private mutating func report(_ duty: String) -> JSON? {
        let states = ["Fulfilled", "Fulfilled", "Fulfilled", "Violated", "NonSet"]
        guard random.chance(85) else { return nil }
        func one(_ state: String, _ random: inout SeededGenerator) -> JSON {
            [
                "@id": .string("urn:x:report:\(duty):\(state)"), "@type": "report:DutyReport",
                "report:deonticState": ["@id": .string("report:" + state)],
                "report:rule": ["@id": .string(duty)],
            ]
        }
        if random.chance(20) {
            return [
                "@id": .string("urn:x:report:\(duty)"), "@type": "report:PolicyReport",
                "report:ruleReport": .array(
                    ["Violated", "Fulfilled"].shuffled(using: &random).map { one($0, &random) }),
            ]
        }
        let single = one(random.pick(states), &random)
        guard random.chance(50) else { return single }
        return [
            "@id": .string("urn:x:report:\(duty)"), "@type": "report:PolicyReport",
            "report:ruleReport": single,
        ]
    }
}
