import Model
import TestSupport

extension ReferenceGenerator {
    static let purposes = [
        "Marketing", "Marketing", "Advertising", "TargetedAdvertising", "PublicBenefit",
        "ProvideOfficialStatistics", "ResearchAndDevelopment", "CommercialResearch", "Purpose",
    ].map { "https://w3id.org/dpv#" + $0 }
    static let languages = ["nl", "fr", "de"]
    static let channels = ["mobile", "portal", "post"]
    static let fields = ["f", "g", "h"]
    static let euro = "http://dbpedia.org/resource/Euro"

    mutating func constraint(depth: Int = 3) -> JSON {
        if isUnknown(), random.chance(10) { return ["@id": "urn:x:missing"] }
        guard depth > 1, random.chance(22) else { return comparison(operand()) }
        let parts = (0..<random.pick([2, 2, 3])).map { _ in constraint(depth: depth - 1) }
        let join = random.pick(["and", "or", "or", "xone", "andSequence"])
        var members: [String: JSON] = [name(join): list(parts, isOrdered: true)]
        if random.chance(30) { members[typeName()] = type("LogicalConstraint") }
        return node(members)
    }

    /// A constraint on what the state says of a thing.
    mutating func refinement() -> JSON {
        comparison(random.pick(["language", "fileFormat", "resolution"]))
    }

    private mutating func operand() -> String {
        random.pick([
            "dateTime", "dateTime", "purpose", "purpose", "purpose", "recipient", "count", "payAmount",
            "percentage", "elapsedTime", "spatial", "spatial", "language", "language", "deliveryChannel",
            "field",
            "field", "legalBasis",
        ])
    }

    private mutating func comparison(_ operand: String) -> JSON {
        operands.insert(operand)
        let iri =
            (ReferenceWorld.sluisOperands[operand] == nil ? ReferenceWorld.odrl : ReferenceWorld.sluis)
            + operand
        guard let kind = ReferenceWorld.kind(of: iri) else { return [:] }
        let comparison = comparisonName(kind)
        let takesOne = !comparison.hasSuffix("Of") && comparison != "hasPart"
        var members: [String: JSON] = [
            name("leftOperand"): kind == .field || kind == .basis ? self.iri(iri) : term(operand),
            name("operator"): term(comparison),
        ]
        if random.chance(7), kind != .field, kind != .basis, operand != "payAmount" {
            members[name("rightOperandReference")] = self.iri(limit(kind, takesOne: takesOne))
        } else {
            let values = (0..<(takesOne ? 1 : random.pick([1, 2, 3]))).map { _ in right(kind, operand) }
            members[name("rightOperand")] = list(unique(values), isOrdered: true)
        }
        if operand == "payAmount", random.chance(80) { members[name("unit")] = self.iri(Self.euro) }
        if random.chance(5), kind != .field, kind != .basis { members[name("status")] = right(kind, operand) }
        if random.chance(20) { members[typeName()] = type("Constraint") }
        if isUnknown() { spoil(&members, kind) }
        return node(members)
    }

    private mutating func comparisonName(_ kind: ReferenceWorld.Kind) -> String {
        switch kind {
        case .time, .duration:
            return random.pick([
                "lt", "lteq", "gt", "gteq", "lteq", "gteq", "eq", "neq", "isAnyOf", "isNoneOf",
            ])
        case .number:
            return random.pick(["lt", "lteq", "gt", "gteq", "eq", "neq", "isAnyOf", "isNoneOf", "isAllOf"])
        case .purpose:
            return random.pick([
                "eq", "neq", "isA", "isA", "isAnyOf", "isNoneOf", "isNoneOf", "isAllOf", "isPartOf",
                "hasPart",
            ])
        case .party:
            return random.pick(["eq", "neq", "isAnyOf", "isNoneOf", "isPartOf", "isPartOf", "hasPart"])
        case .token: return random.pick(["eq", "neq", "isAnyOf", "isNoneOf", "isAllOf"])
        case .field:
            return random.pick([
                "isAnyOf", "isAnyOf", "isAnyOf", "isNoneOf", "isNoneOf", "eq", "eq", "neq", "neq", "isAllOf",
            ])
        case .basis: return random.pick(["eq", "neq", "isAnyOf", "isNoneOf"])
        }
    }

    /// The same value twice in a list is a set's one.
    func unique(_ values: [JSON]) -> [JSON] {
        values.enumerated().filter { place, value in !values[..<place].contains(value) }.map(\.element)
    }

    /// A name for a value that the state may hold.
    private mutating func limit(_ kind: ReferenceWorld.Kind, takesOne: Bool) -> String {
        let id = identifier(ReferenceWorld.ex + "limit")
        limits.append((id, kind))
        return id
    }
}

extension ReferenceGenerator {
    /// A right value of a kind, in one of its spellings.
    mutating func right(_ kind: ReferenceWorld.Kind, _ operand: String) -> JSON {
        switch kind {
        case .time: return time()
        case .number: return number(isWhole: operand == "count")
        case .duration:
            let text = random.pick(
                ["PT1H", "P1D", "PT24H", "P30D", "P90D", "PT90M", "P1M", "P12M", "P1Y"])
            return value(text, "duration")
        case .purpose: return mention(random.pick(Self.purposes))
        case .party: return mention(random.pick(Self.parties + Self.groups))
        case .basis:
            return iriNode(ReferenceWorld.sluis + random.pick(["consent", "permission", "contract"]))
        case .field: return value(random.pick(Self.fields), "string")
        case .token:
            switch operand {
            case "spatial": return mention(random.pick(Self.places))
            case "deliveryChannel": return mention(ReferenceWorld.ex + random.pick(Self.channels))
            default: return value(random.pick(Self.languages), "string")
            }
        }
    }

    /// An identifier as a right operand.
    mutating func mention(_ iri: String) -> JSON { random.chance(20) ? .string(text(iri)) : iriNode(iri) }

    private mutating func iriNode(_ iri: String) -> JSON { ["@id": .string(text(iri))] }

    /// A text, plain or with its data type.
    mutating func value(_ text: String, _ type: String) -> JSON {
        guard random.chance(50) else { return .string(text) }
        return ["@value": .string(text), "@type": .string(self.text(ReferenceWorld.xsd + type))]
    }

    mutating func time() -> JSON {
        let text = random.pick([
            "2026-01-01", "2026-06-01", "2026-06-01Z", "2026-06-01+02:00", "2026-12-31",
            "2026-06-01T10:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00",
            "2026-01-01T00:00:00.000Z",
        ])
        return value(text, text.contains("T") ? "dateTime" : "date")
    }

    mutating func number(isWhole: Bool) -> JSON {
        let whole = random.pick(["0", "3", "5", "5", "7", "12"])
        let text =
            isWhole ? whole : random.pick([whole, "2.5", "5.0", "5.00", "12.25", "0.000000000000000001"])
        switch random.pick([0, 1, 2, 3]) {
        case 0: return Int64(text).map { .integer($0) } ?? .string(text)
        case 1: return text == "2.5" || text == "12.25" ? .number(Double(text) ?? 0) : .string(text)
        case 2 where !text.contains("."):
            return [
                "@value": .string(text),
                "@type": .string("xsd:" + random.pick(["integer", "nonNegativeInteger"])),
            ]
        default: return ["@value": .string(text), "@type": "xsd:decimal"]
        }
    }

    /// Puts one thing into a comparison that nobody understands.
    private mutating func spoil(_ members: inout [String: JSON], _ kind: ReferenceWorld.Kind) {
        func key(_ name: String) -> String? { members.keys.first { $0.hasSuffix(name) } }
        switch random.pick([0, 1, 2, 3, 4, 5, 6]) {
        case 0: key("leftOperand").map { members[$0] = random.pick(["odrl:mood", ["@id": "ex:mood"]]) }
        case 1:
            let others: [JSON] =
                switch kind {
                case .time, .number, .duration: ["odrl:isA", "odrl:isPartOf", "odrl:hasPart"]
                case .purpose, .party, .token, .field, .basis: ["odrl:lt", "odrl:gteq"]
                }
            key("operator").map { members[$0] = random.pick(others + ["odrl:hasHalf", "ex:eq"]) }
        case 2: key("rightOperand").map { members[$0] = badRight(kind) }
        case 3: members["ex:remark"] = "unknown"
        case 4: key(random.pick(["leftOperand", "operator", "rightOperand"])).map { members[$0] = nil }
        case 5: key("rightOperand").map { members[$0] = .array([]) }
        default:
            if kind != .number, kind != .duration, key("unit") == nil {
                members["odrl:unit"] = iri(Self.euro)
            }
        }
        if key("rightOperandReference") != nil, key("rightOperand") != key("rightOperandReference") {
            members["ex:remark"] = "unknown"
        }
    }

    private mutating func badRight(_ kind: ReferenceWorld.Kind) -> JSON {
        let typed: JSON = ["@value": "x", "@type": random.pick(["ex:type", "xsd:gYear"])]
        switch kind {
        case .time:
            return random.pick([
                typed, "tomorrow", 2026, ["@value": "2026-06-01", "@type": "xsd:dateTime"], "2026-02-30",
            ])
        case .number:
            return random.pick([
                typed, "five", true, ["@value": "5.0", "@type": "xsd:integer"],
                ["@value": "5", "@type": "xsd:string"],
                "5.0000000000000000001", ["@id": "ex:five"],
                ["@value": "-1", "@type": "xsd:nonNegativeInteger"],
            ])
        case .duration:
            return random.pick([typed, "P", 5, "90 days", ["@value": "P1D", "@type": "xsd:string"]])
        case .purpose:
            return random.pick([typed, "Marketing", ["@id": "ex:purpose"], 5, ["@id": "dpv:Nonsense"]])
        case .party: return random.pick([typed, "alice", 7, true])
        case .token: return random.pick([typed, 7, true, ["@value": "nl", "@type": "xsd:decimal"]])
        case .field: return random.pick([typed, 7, ["@id": "ex:f"], ""])
        case .basis: return random.pick([typed, "consent", ["@id": "sluis:whim"], 7])
        }
    }
}
