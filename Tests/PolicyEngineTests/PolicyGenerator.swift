import Model
import TestSupport

/// Makes random policies in random spellings, and random requests, from a world small enough that they meet.
struct PolicyGenerator {
    var random: SeededGenerator
    /// Percent of places that get something the engine does not know.
    var unknownPercent: Int

    static let organisations = ["a", "b", "c"].map { "https://hub.example/id/organisations/\($0)" }
    static let datasets = ["x", "y"].map { "https://hub.example/id/datasets/\($0)" }
    static let purposes = [
        "Purpose", "PublicBenefit", "ProvideOfficialStatistics", "Marketing", "Advertising",
        "TargetedAdvertising",
        "Personalisation",
    ]
    static let fields = ["f", "g", "h"]
    static let bases = ["consent", "permission", "contract"]
    static let times = ["2026-01-01", "2026-06-01T10:00:00Z", "2026-06-01T12:00:00+02:00", "2026-12-31"]

    mutating func policy(_ kind: String) -> JSON {
        var members: [String: JSON] = [
            "@context": [
                "http://www.w3.org/ns/odrl.jsonld",
                [
                    "dpv": "https://w3id.org/dpv#", "sluis": "https://w3id.org/sluis/odrl#",
                    "org": "https://hub.example/id/organisations/",
                    "data": "https://hub.example/id/datasets/",
                ],
            ],
            random.pick(["@type", "type"]): term(kind),
            random.pick(["uid", "@id"]): .string("urn:x:\(kind)"),
            "assigner": .string(Self.organisations[0]),
        ]
        if kind != "Set" { members["target"] = scope("data", Self.datasets) }
        if kind == "Agreement" { members["assignee"] = scope("org", Self.organisations) }
        if random.chance(20) { members["conflict"] = term("prohibit") }
        if random.chance(20) { members["profile"] = "https://w3id.org/sluis/odrl#" }
        if random.chance(unknownPercent) { members["inheritFrom"] = "urn:x:parent" }
        if random.chance(20) { members["dct:title"] = "a title" }
        let permissions = (0..<random.pick([1, 1, 1, 2, 3])).map { _ in rule() }
        members[name("permission")] = permissions.count == 1 ? permissions[0] : .array(permissions)
        let prohibitions = (0..<random.pick([0, 0, 1, 2])).map { _ in rule() }
        if !prohibitions.isEmpty { members[name("prohibition")] = .array(prohibitions) }
        return .object(members)
    }

    mutating func rule() -> JSON {
        var members: [String: JSON] = [name("action"): action()]
        if random.chance(25) { members[name("target")] = scope("data", Self.datasets) }
        if random.chance(25) { members[name("assignee")] = scope("org", Self.organisations) }
        if random.chance(unknownPercent) { members["duty"] = ["action": "compensate"] }
        let constraints = (0..<random.pick([0, 1, 1, 2, 3])).map { _ in constraint() }
        if !constraints.isEmpty {
            members[name("constraint")] = constraints.count == 1 ? constraints[0] : .array(constraints)
        }
        return .object(members)
    }

    mutating func action() -> JSON {
        if random.chance(unknownPercent) { return "fly" }
        let known = term(random.pick(["use", "use", "read", "print"]))
        return random.chance(20) ? [known, term("print")] : known
    }

    mutating func constraint() -> JSON {
        var (left, comparison, right) = operands()
        if random.chance(unknownPercent) { left = term("count") }
        if random.chance(unknownPercent) { comparison = term("hasHalf") }
        if random.chance(unknownPercent) { right = ["@value": "5", "@type": "xsd:decimal"] }
        return [name("leftOperand"): left, name("operator"): comparison, name("rightOperand"): right]
    }

    private mutating func operands() -> (JSON, JSON, JSON) {
        switch random.pick([0, 0, 1, 2, 3, 4]) {
        case 0:
            let comparison = random.pick(["eq", "neq", "isA", "isAnyOf", "isNoneOf"])
            return (
                term("purpose"), term(comparison), iris("dpv", Self.purposes.map { "dpv:" + $0 }, comparison)
            )
        case 1:
            let comparison = random.pick(["lt", "lteq", "gt", "gteq", "eq", "neq"])
            return (term("dateTime"), term(comparison), time())
        case 2:
            let comparison = random.pick(["eq", "neq", "isAnyOf", "isNoneOf"])
            return (term("recipient"), term(comparison), iris("org", Self.organisations, comparison))
        case 3:
            let names = (0..<random.pick([1, 2, 3])).map { _ in JSON.string(random.pick(Self.fields)) }
            let list = JSON.array(names)
            return ("sluis:field", term("isAnyOf"), random.chance(50) ? ["@list": list] : list)
        default:
            let comparison = random.pick(["eq", "neq", "isAnyOf", "isNoneOf"])
            return (
                "sluis:legalBasis", term(comparison),
                iris("sluis", Self.bases.map { "sluis:" + $0 }, comparison)
            )
        }
    }

    private mutating func time() -> JSON {
        let text = random.pick(Self.times)
        let type = text.count == 10 ? "xsd:date" : "xsd:dateTime"
        return random.chance(50) ? .string(text) : ["@value": .string(text), "@type": .string(type)]
    }

    private mutating func iris(_ prefix: String, _ values: [String], _ comparison: String) -> JSON {
        let count = comparison.hasSuffix("Of") ? random.pick([1, 2, 3]) : 1
        let picked = (0..<count).map { _ -> JSON in
            let iri = JSON.string(random.pick(values))
            return random.chance(50) ? iri : ["@id": iri]
        }
        if count == 1, random.chance(50) { return picked[0] }
        return random.chance(50) ? ["@list": .array(picked)] : .array(picked)
    }

    private mutating func scope(_ prefix: String, _ values: [String]) -> JSON {
        let full = random.pick(values)
        let short = prefix + ":" + (full.split(separator: "/").last.map(String.init) ?? "")
        let iri = JSON.string(random.chance(50) ? full : short)
        return random.chance(50) ? iri : random.chance(50) ? ["@id": iri] : [iri]
    }

    private mutating func name(_ term: String) -> String {
        random.pick([term, "odrl:" + term, "http://www.w3.org/ns/odrl/2/" + term])
    }

    private mutating func term(_ text: String) -> JSON {
        let spelled = JSON.string(name(text))
        return random.chance(20) && text.first?.isLowercase == true ? ["@id": spelled] : spelled
    }
}
