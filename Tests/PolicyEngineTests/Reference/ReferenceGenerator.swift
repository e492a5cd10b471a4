import Model
import PolicyEngine
import TestSupport

/// Makes random documents in random spellings from a world small enough that policies, requests and states
/// meet.
struct ReferenceGenerator {
    var random: SeededGenerator
    /// Percent of places that get something which nobody understands.
    var unknownPercent: Int
    /// Whether policies may inherit from each other.
    var inherits = true

    /// How the document at hand writes ODRL's names.
    var spelling = Spelling.odrl
    /// Nodes of the document at hand that stand by themselves.
    var standing: [JSON] = []
    var count = 0
    /// What the policies speak of, so that request and state can.
    var operands: Set<String> = []
    var duties: [String] = []
    var limits: [(id: String, kind: ReferenceWorld.Kind)] = []

    enum Spelling: CaseIterable { case odrl, prefixed, vocabulary }

    init(random: SeededGenerator, unknownPercent: Int) {
        self.random = random
        self.unknownPercent = unknownPercent
    }

    mutating func next() -> ReferenceCase {
        (operands, duties, limits, count) = ([], [], [], 0)
        let policies = document { $0.policies() }
        let request = document { [$0.request()] }
        let state = document { $0.state() }
        let options = EvaluationOptions(
            behaviour: random.chance(15) ? .open : .closed, duty: random.chance(25) ? .lenient : .strict,
            now: random.chance(15) ? Instant(random.pick(Self.times)) : nil)
        return ReferenceCase(policies: policies, request: request, state: state, options: options)
    }

    /// Something that nobody understands belongs here.
    mutating func isUnknown() -> Bool { random.chance(unknownPercent) }

    private mutating func document(_ make: (inout ReferenceGenerator) -> [JSON]) -> JSON {
        spelling = random.pick(Spelling.allCases)
        standing = []
        let nodes = make(&self)
        let context = context()
        if nodes.count == 1, standing.isEmpty, random.chance(80), case .object(var members) = nodes[0] {
            members["@context"] = context
            return .object(members)
        }
        return ["@context": context, "@graph": .array((nodes + standing).shuffled(using: &random))]
    }

    private mutating func context() -> JSON {
        var terms = ReferenceWorld.prefixes.mapValues { JSON.string($0) }
        var remote: [JSON] = []
        switch spelling {
        case .odrl: remote = ["http://www.w3.org/ns/odrl.jsonld"]
        case .vocabulary: terms["@vocab"] = .string(ReferenceWorld.odrl)
        case .prefixed:
            for name in ReferenceWorld.nodeNames {
                terms[name] = ["@id": .string("odrl:" + name), "@type": "@id"]
            }
            for name in ["rightOperand", "status", "language", "fileFormat", "resolution"] {
                terms[name] = .string("odrl:" + name)
            }
        }
        if spelling != .odrl {
            terms["uid"] = "@id"
            terms["type"] = "@type"
        }
        if isUnknown(), random.chance(10) { remote.append("https://example.com/context.jsonld") }
        return .array(remote + [.object(terms)])
    }
}

extension ReferenceGenerator {
    static let times = [
        "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2026-05-31T21:59:59.999Z",
        "2026-05-31T22:00:00.000Z", "2026-06-01T09:59:59.999Z", "2026-06-01T10:00:00.000Z",
        "2026-06-01T10:00:00.001Z", "2026-06-01T23:59:59.999Z", "2026-06-02T00:00:00.000Z",
        "2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z",
    ]
    static let parties = ["alice", "bob", "carol"].map { ReferenceWorld.ex + $0 }
    static let assets = ["x", "y", "z"].map { ReferenceWorld.ex + $0 }
    static let groups = ["partners", "members"].map { ReferenceWorld.ex + $0 }
    static let collections = ["library", "archive"].map { ReferenceWorld.ex + $0 }
    static let places = ["gent", "brussels", "belgium", "europe"].map { ReferenceWorld.ex + $0 }

    /// A new identifier.
    mutating func identifier(_ kind: String = "urn:x:n") -> String {
        count += 1
        return kind + String(count)
    }

    /// A property of ODRL, as the document spells it.
    mutating func name(_ term: String) -> String {
        random.pick([term, term, "odrl:" + term, ReferenceWorld.odrl + term])
    }

    /// A term of ODRL as a value.
    mutating func term(_ term: String) -> JSON {
        let whole = [JSON.string("odrl:" + term), .string(ReferenceWorld.odrl + term)]
        if random.chance(20) { return ["@id": random.pick(whole)] }
        return random.pick(spelling == .odrl ? [.string(term), .string(term)] + whole : whole)
    }

    mutating func text(_ iri: String) -> String {
        let prefix = ["ex", "dpv", "sluis", "xsd", "report"].first {
            iri.hasPrefix(ReferenceWorld.prefixes[$0] ?? " ")
        }
        guard let prefix, let whole = ReferenceWorld.prefixes[prefix], random.chance(60) else { return iri }
        return prefix + ":" + iri.dropFirst(whole.count)
    }

    /// An IRI as a value of a property that takes IRIs.
    mutating func iri(_ iri: String) -> JSON {
        let written = JSON.string(text(iri))
        return random.chance(50) ? written : ["@id": written]
    }

    /// One value or several, in brackets or not.
    mutating func list(_ values: [JSON], isOrdered: Bool = false) -> JSON {
        if values.count == 1, random.chance(60) { return values[0] }
        if isOrdered, random.chance(30) { return ["@list": .array(values)] }
        return random.chance(10) ? ["@set": .array(values)] : .array(values)
    }

    /// The node in place or, by reference, beside the others. Only a property of ODRL turns a text into a
    /// reference.
    mutating func node(_ members: [String: JSON], id given: String? = nil, isOfODRL: Bool = true) -> JSON {
        var members = members
        guard random.chance(given == nil ? 8 : 15) else {
            if let given { members[identifierName()] = .string(given) }
            return .object(members)
        }
        let id = given ?? identifier(random.pick(["urn:x:n", "_:n"]))
        members[identifierName()] = .string(id)
        standing.append(.object(members))
        return isOfODRL && random.chance(50) ? .string(id) : ["@id": .string(id)]
    }

    mutating func identifierName() -> String { random.pick(["@id", "uid"]) }

    mutating func typeName() -> String { random.pick(["@type", "type"]) }

    mutating func type(_ name: String) -> JSON {
        let written = random.pick(spelling == .prefixed ? ["odrl:" + name] : [name, "odrl:" + name])
        return random.chance(20) ? [.string(written)] : .string(written)
    }
}
