import Model
import TestSupport

extension ReferenceGenerator {
    mutating func policies() -> [JSON] {
        let count = random.pick([1, 1, 1, 1, 2, 2, 3])
        let ids = (0..<count).map { "urn:x:policy\($0)" }
        // A policy inherits from later ones only: inheritance must not be circular.
        let parents = ids.indices.map { place in
            inherits && random.chance(35) ? ids[(place + 1)...].filter { _ in random.chance(60) } : []
        }
        var policies = ids.indices.map { place in
            policy(ids[place], parents[place], isParent: parents.joined().contains(ids[place]), count > 1)
        }
        if random.chance(30) { policies += declarations() }
        return policies
    }

    private mutating func policy(_ id: String, _ parents: [String], isParent: Bool, _ isOneOfMany: Bool)
        -> JSON
    {
        let kind = random.pick(["Set", "Set", "Set", "Policy", "Agreement", "Agreement", "Offer"])
        var members: [String: JSON] = [
            typeName(): type(kind), identifierName(): .string(id),
            "dct:title": "a title",
        ]
        if kind != "Set" { members[name("assigner")] = iri(ReferenceWorld.ex + "city") }
        if kind == "Agreement" || kind == "Offer" || random.chance(10) {
            members[name("target")] = targets("Asset", Self.assets, Self.collections)
        }
        if kind == "Agreement" || random.chance(10) {
            members[name("assignee")] = targets("Party", Self.parties, Self.groups)
        }
        if random.chance(8) { members[name("action")] = actions() }
        if random.chance(20) {
            members[name("conflict")] = term(random.pick(["perm", "perm", "prohibit", "invalid"]))
        }
        if random.chance(20) { members[name("profile")] = iri(random.pick(ReferenceWorld.profiles)) }
        if !parents.isEmpty { members[name("inheritFrom")] = list(parents.map { iri($0) }) }
        addRules(&members, isSet: !isOneOfMany && ["Set", "Policy"].contains(kind))
        addUnknown(&members, parents)
        return .object(members)
    }

    /// At most one unknown statement: two of a name would be one policy's two values.
    private mutating func addUnknown(_ members: inout [String: JSON], _ parents: [String]) {
        guard isUnknown() else { return }
        switch random.pick([0, 1, 2, 3]) {
        case 0: members["ex:remark"] = "unknown"
        case 1:
            if !members.keys.contains(where: { $0.hasSuffix("profile") }) {
                members["profile"] = "urn:x:profile"
            }
        case 2:
            if !members.keys.contains(where: { $0.hasSuffix("conflict") }) {
                members["odrl:conflict"] = "odrl:first"
            }
        default: if parents.isEmpty { members["inheritFrom"] = "urn:x:missing" }
        }
    }

    private mutating func addRules(_ members: inout [String: JSON], isSet: Bool) {
        let permissions = (0..<random.pick([0, 1, 1, 1, 1, 2, 3])).map { _ in rule(isPermission: true, isSet)
        }
        let prohibitions = (0..<random.pick([0, 0, 0, 1, 1, 2])).map { _ in rule(isPermission: false, isSet) }
        if !permissions.isEmpty { members[name("permission")] = list(permissions) }
        if !prohibitions.isEmpty { members[name("prohibition")] = list(prohibitions) }
        if random.chance(15) {
            let known: [String: JSON] = [
                name("action"): term("delete"), name("constraint"): list([constraint()]),
            ]
            members[name("obligation")] = list([node(isUnknown() ? ["action": "ex:fly", "ex:x": 1] : known)])
        }
    }

    private mutating func rule(isPermission: Bool, _ isSet: Bool) -> JSON {
        var members: [String: JSON] = [:]
        let type = isPermission ? "Permission" : "Prohibition"
        if random.chance(25) { members[typeName()] = self.type(type) }
        if random.chance(40) {
            members[name("target")] = targets(
                "Asset", Self.assets, Self.collections)
        }
        if random.chance(40) {
            members[name("assignee")] = targets(
                "Party", Self.parties, Self.groups)
        }
        if isSet, random.chance(6) {
            members["type"] = nil
            members["@type"] = self.type(random.pick([type, type, "Rule"]))
        } else {
            members[name("action")] = actions()
        }
        let constraints = (0..<random.pick([0, 0, 1, 1, 2])).map { _ in constraint() }
        if !constraints.isEmpty { members[name("constraint")] = list(constraints) }
        if isPermission, random.chance(20) {
            members[name("duty")] = list((0..<random.pick([1, 1, 2])).map { _ in duty(depth: 1) })
        }
        if !isPermission, random.chance(10) {
            members[name("remedy")] = list([node(["odrl:action": term("compensate")])])
        }
        if isUnknown() { addUnknown(toRule: &members, isPermission) }
        return node(members, id: random.chance(30) ? identifier("urn:x:rule") : nil)
    }

    private mutating func addUnknown(toRule members: inout [String: JSON], _ isPermission: Bool) {
        switch random.pick([0, 1, 2]) {
        case 0: members["ex:remark"] = ["@value": "unknown"]
        case 1:
            members["type"] = nil
            members["@type"] = type(isPermission ? "Prohibition" : "Permission")
        default: members["odrl:" + (isPermission ? "remedy" : "duty")] = ["odrl:action": "odrl:compensate"]
        }
    }

    private mutating func duty(depth: Int) -> JSON {
        var members: [String: JSON] = [
            name("action"): list([action(["compensate", "pay", "inform", "delete"])])
        ]
        if random.chance(30) { members[typeName()] = type("Duty") }
        if random.chance(25) { members[name("constraint")] = list([constraint()]) }
        if random.chance(10) { members[name("assignee")] = iri(random.pick(Self.parties)) }
        if depth > 0, random.chance(30) { members[name("consequence")] = list([duty(depth: depth - 1)]) }
        if isUnknown() { members["ex:remark"] = "unknown" }
        if random.chance(15) { return .object(members) }
        let id = identifier("urn:x:duty")
        duties.append(id)
        return node(members, id: id)
    }
}

extension ReferenceGenerator {
    private mutating func targets(
        _ className: String, _ things: [String], _ collections: [String]
    )
        -> JSON
    {
        let count = random.pick([1, 1, 1, 2])
        return list(
            (0..<count).map { _ in
                if random.chance(75) { return iri(random.pick(things + collections.prefix(1))) }
                return collection(className, collections)
            })
    }

    private mutating func collection(_ className: String, _ collections: [String]) -> JSON {
        // One node has one class: what the document says of it in two places is put together.
        let isStrange = isUnknown()
        let classes = isStrange ? ["Asset", "Party"].filter { $0 != className } : [className]
        var members: [String: JSON] = [typeName(): type(classes[0] + "Collection")]
        if random.chance(50) {
            members[name("source")] = iri(random.pick(collections))
            if random.chance(60) {
                members[name("refinement")] = list([refinement()])
            }
            return node(members)
        }
        members["@id"] = .string(isStrange ? identifier() : text(random.pick(collections)))
        return .object(members)
    }

    mutating func actions() -> JSON {
        let count = random.pick([1, 1, 1, 1, 2])
        return list((0..<count).map { _ in action(Self.ruledActions) })
    }

    static let ruledActions = [
        "use", "use", "use", "read", "read", "print", "reproduce", "extract", "copy", "modify", "write",
        "transfer", "sell", "ex:scan", "ex:stream",
    ]

    private mutating func action(_ names: [String]) -> JSON {
        if isUnknown() { return random.pick(["ex:fly", ["@id": "odrl:fly"]]) }
        let name = random.pick(names)
        let plain = name.hasPrefix("ex:") ? iri(ReferenceWorld.ex + name.dropFirst(3)) : term(name)
        guard random.chance(12), !name.hasPrefix("ex:") else { return plain }
        let refinement = list([constraint(depth: 1)])
        return node(["rdf:value": ["@id": .string("odrl:" + name)], self.name("refinement"): refinement])
    }

    /// Actions of the document's own. A scan is a way to read; a stream, which is a way to distribute,
    /// implies to reproduce.
    private mutating func declarations() -> [JSON] {
        let scan: [String: JSON] = [
            "@id": "ex:scan", typeName(): type("Action"), name("includedIn"): ["@id": "odrl:read"],
        ]
        let stream: [String: JSON] = [
            "@id": "ex:stream", typeName(): type("Action"), name("includedIn"): ["@id": "odrl:distribute"],
            name("implies"): ["@id": "odrl:reproduce"],
        ]
        return [.object(scan), .object(stream)]
    }
}
