import Model
import PolicyEngine

/// What a policy says, read off its JSON step by step: no model, no compilation, no shared code.
///
/// It knows the spellings that `PolicyGenerator` writes. Nil is "not understood" everywhere.
struct NaiveEvaluator {
    var request: PolicyRequest
    let now: Instant
    /// Purpose IRI -> broader IRIs.
    let broader: [String: [String]]

    static let prefixes = [
        "odrl:": "http://www.w3.org/ns/odrl/2/", "dpv:": "https://w3id.org/dpv#",
        "sluis:": "https://w3id.org/sluis/odrl#", "org:": "https://hub.example/id/organisations/",
        "data:": "https://hub.example/id/datasets/",
    ]

    func full(_ text: String) -> String {
        for (prefix, iri) in Self.prefixes where text.hasPrefix(prefix) {
            return iri + text.dropFirst(prefix.count)
        }
        return text.contains(":") ? text : "http://www.w3.org/ns/odrl/2/" + text
    }

    func member(_ json: JSON, _ name: String) -> JSON? {
        (json.object ?? [:]).first { full($0.key) == full(name) }?.value
    }

    func list(_ json: JSON?) -> [JSON] {
        guard let json else { return [] }
        return json.array ?? json["@list"]?.array ?? [json]
    }

    func iri(_ json: JSON) -> String { full(json.string ?? json["@id"]?.string ?? "?") }

    /// What is asked is permitted if each field by itself is.
    func permits(_ policy: JSON) -> Bool {
        request.fields.allSatisfy { field in
            var single = self
            single.request.fields = [field]
            return single.permitsOne(policy)
        }
    }

    private func permitsOne(_ policy: JSON) -> Bool {
        if list(member(policy, "prohibition")).contains(where: {
            // A property that is not understood might be what the prohibition speaks of.
            $0["duty"] != nil || applies($0, in: policy, all: false) != false
        }) {
            return false
        }
        if policy["inheritFrom"] != nil { return false }
        return list(member(policy, "permission")).contains { applies($0, in: policy, all: true) == true }
    }

    func applies(_ rule: JSON, in policy: JSON, all: Bool) -> Bool? {
        var answers: [Bool?] = [rule["duty"] == nil ? true : nil]
        for (name, asked) in [("target", request.target), ("assignee", request.assignee)] {
            let named = list(member(rule, name)).map(iri) + list(member(policy, name)).map(iri)
            answers.append(named.isEmpty || named.contains(asked))
        }
        let actions = list(member(rule, "action")).map(iri)
        let reads = actions.contains(full("use")) || actions.contains(full("read"))
        answers.append(reads ? true : actions.contains(full("fly")) ? nil : false)
        answers += list(member(rule, "constraint")).map { holds($0, all: all) }
        if answers.contains(false) { return false }
        return answers.contains(nil) ? nil : true
    }

    func holds(_ constraint: JSON, all: Bool) -> Bool? {
        guard let left = member(constraint, "leftOperand"), let name = member(constraint, "operator") else {
            return nil
        }
        let right = list(member(constraint, "rightOperand"))
        let op = iri(name).split(separator: "/").last.map(String.init) ?? ""
        if op == "hasHalf" || right.contains(where: { $0["@type"] == "xsd:decimal" }) { return nil }
        switch iri(left) {
        case full("purpose"): return purpose(op, right.map(iri))
        case full("dateTime"): return time(op, right[0]["@value"]?.string ?? right[0].string ?? "")
        case full("recipient"): return choice(request.assignee, op, right.map(iri))
        case full("sluis:legalBasis"):
            return choice(full("sluis:" + request.legalBasis.rawValue), op, right.map(iri))
        case full("sluis:field"):
            if op != "isAnyOf" { return nil }
            let inside = request.fields.map { right.contains(.string($0)) }
            return all ? !inside.contains(false) : inside.contains(true)
        default: return nil
        }
    }

    func isA(_ narrow: String, _ broad: String) -> Bool {
        narrow == broad || (broader[narrow] ?? []).contains { isA($0, broad) }
    }

    func purpose(_ op: String, _ right: [String]) -> Bool? {
        let asked = request.purpose.iri
        switch op {
        case "eq": return asked == right[0]
        case "neq": return asked != right[0]
        case "isA", "isAnyOf": return right.contains { isA(asked, $0) }
        case "isNoneOf": return !right.contains { isA(asked, $0) }
        default: return nil
        }
    }

    func choice(_ value: String, _ op: String, _ right: [String]) -> Bool? {
        switch op {
        case "eq", "isAnyOf": right.contains(value)
        case "neq", "isNoneOf": !right.contains(value)
        default: nil
        }
    }

    func time(_ op: String, _ text: String) -> Bool? {
        // Days compare by their first ten letters, points in time as instants.
        let isDay = text.count == 10
        let a = isDay ? String(now.description.prefix(10)) : now.description
        guard let b = isDay ? text : Instant(text)?.description else { return nil }
        switch op {
        case "lt": return a < b
        case "lteq": return a <= b
        case "gt": return a > b
        case "gteq": return a >= b
        case "eq": return a == b
        case "neq": return a != b
        default: return nil
        }
    }
}
