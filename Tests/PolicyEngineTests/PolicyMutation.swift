import Model
import TestSupport

/// One damage to a policy, as a careless or a malicious hand does it. It never takes out a whole constraint,
/// rule, party or listed value: what it does must at most make the policy stricter.
struct PolicyMutation {
    var policy: JSON
    var what: String

    /// A place in a document: member names and indices from the root.
    private enum Step: Hashable { case name(String), index(Int) }

    static func random(of policy: JSON, using random: inout SeededGenerator) -> PolicyMutation {
        while true {
            let mutation: PolicyMutation? =
                switch random.pick([0, 1, 2, 3, 4]) {
                case 0: dropOperand(policy, &random)
                case 1: renameMember(policy, &random)
                case 2: garbleTerm(policy, &random)
                case 3: swapType(policy, &random)
                default: swapDataType(policy, &random)
                }
            if let mutation { return mutation }
        }
    }

    private static func local(_ name: String) -> String {
        String(name.split(whereSeparator: { $0 == ":" || $0 == "/" || $0 == "#" }).last ?? "")
    }

    private static func localName(_ path: some BidirectionalCollection<Step>) -> String {
        if case .name(let name)? = path.last { local(name) } else { "" }
    }

    private static func isInside(_ path: [Step], _ name: String) -> Bool {
        path.contains { if case .name(let step) = $0 { local(step) == name } else { false } }
    }

    private static func places(_ json: JSON, _ path: [Step] = []) -> [(path: [Step], value: JSON)] {
        let inner: [(path: [Step], value: JSON)] =
            switch json {
            case .object(let members):
                members.sorted { $0.key < $1.key }.flatMap { places($0.value, path + [.name($0.key)]) }
            case .array(let values):
                values.enumerated().flatMap { places($0.element, path + [.index($0.offset)]) }
            default: []
            }
        return (path.isEmpty ? [] : [(path, json)]) + inner
    }

    /// The document with the member or element at `path` replaced, renamed or, if both are nil, removed.
    private static func edit(_ json: JSON, _ path: ArraySlice<Step>, to value: JSON?, name: String? = nil)
        -> JSON
    {
        guard let step = path.first else { return json }
        let isLast = path.count == 1
        switch (step, json) {
        case (.name(let key), .object(var members)):
            guard let old = members.removeValue(forKey: key) else { return json }
            if !isLast {
                members[key] = edit(old, path.dropFirst(), to: value, name: name)
            } else if let name {
                members[name] = old
            } else if let value {
                members[key] = value
            }
            return .object(members)
        case (.index(let index), .array(var values)):
            values[index] =
                isLast ? value ?? values[index] : edit(values[index], path.dropFirst(), to: value, name: name)
            return .array(values)
        default: return json
        }
    }

    private static func dropOperand(_ policy: JSON, _ random: inout SeededGenerator) -> PolicyMutation? {
        let names = ["leftOperand", "operator", "rightOperand"]
        let operands = places(policy).filter { names.contains(localName($0.path)) }
        guard !operands.isEmpty else { return nil }
        let picked = random.pick(operands)
        return PolicyMutation(policy: edit(policy, picked.path[...], to: nil), what: "drop \(picked.path)")
    }

    private static func renameMember(_ policy: JSON, _ random: inout SeededGenerator) -> PolicyMutation? {
        let named = places(policy).filter {
            if case .name(let name)? = $0.path.last { name != "dct:title" } else { false }
        }
        let picked = random.pick(named)
        guard case .name(let name)? = picked.path.last else { return nil }
        let new = random.pick([name + "x", "x" + name, "urn:x:" + name, name.uppercased() + "_"])
        return PolicyMutation(
            policy: edit(policy, picked.path[...], to: nil, name: new),
            what: "rename \(picked.path) to \(new)")
    }

    private static func garbleTerm(_ policy: JSON, _ random: inout SeededGenerator) -> PolicyMutation? {
        let names = ["leftOperand", "operator", "action", "@type", "type", "profile", "conflict"]
        let terms = places(policy).filter { place in
            guard let text = place.value.string else { return false }
            let isVocabulary =
                names.contains { isInside(place.path, $0) } && !isInside(place.path, "rightOperand")
            return isVocabulary || ["dpv", "sluis", "odrl.jsonld"].contains { text.contains($0) }
        }
        let picked = random.pick(terms)
        guard let text = picked.value.string else { return nil }
        let new = random.pick([text + "X", "x" + text, String(text.dropLast()), "odrl:" + text + "_"])
        return PolicyMutation(
            policy: edit(policy, picked.path[...], to: .string(new)), what: "garble \(picked.path) to \(new)")
    }

    /// A prohibition, or a policy of a graph, which may be all that forbids.
    private static func isWholeProhibition(_ path: [Step]) -> Bool {
        let names = path.reversed().drop { if case .index = $0 { true } else { false } }
        return ["prohibition", "@graph"].contains(localName(names.prefix(1)))
    }

    private static func swapType(_ policy: JSON, _ random: inout SeededGenerator) -> PolicyMutation? {
        let picked = random.pick(
            places(policy).filter { localName($0.path) != "title" && !isWholeProhibition($0.path) })
        var others: [JSON] = [7, true, .number(0.5), nil, [:], ["x": 1], [["x"]]]
        // A text in place of a right operand could be another value, which is not damage but another policy.
        if picked.value.string == nil, !isInside(picked.path, "rightOperand") { others.append("x") }
        let new = random.pick(others)
        return PolicyMutation(
            policy: edit(policy, picked.path[...], to: new),
            what: "swap \(picked.path) for \(new.canonicalText)")
    }

    private static func swapDataType(_ policy: JSON, _ random: inout SeededGenerator) -> PolicyMutation? {
        let types = places(policy).filter { $0.value.string?.hasPrefix("xsd:") == true }
        guard !types.isEmpty else { return nil }
        let picked = random.pick(types)
        let new = random.pick(["xsd:date", "xsd:dateTime", "xsd:decimal", "xsd:string", "urn:x:type", "date"])
        return PolicyMutation(
            policy: edit(policy, picked.path[...], to: .string(new)), what: "type \(picked.path) as \(new)")
    }
}
