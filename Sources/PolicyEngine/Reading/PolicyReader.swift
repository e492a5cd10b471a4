import Model

/// From JSON-LD to the model: the first step of parse, compile, decide.
struct PolicyReader {
    let context: TermContext

    /// Reads one policy of type Set, Offer or Agreement.
    ///
    /// What is well-formed and not understood becomes an `Unknown` of the model.
    /// - Throws: `ClientFault` `policy_malformed` or `policy_too_large`, `field` being the JSON path.
    static func read(_ json: JSON) throws(ClientFault) -> Policy {
        guard case .object(var members) = json else {
            throw .malformedPolicy(at: "$", found: json.kind, expected: "an object")
        }
        try PolicyLimits.check(json)
        let context = try TermContext(members.removeValue(forKey: "@context"), path: "$.@context")
        let reader = PolicyReader(context: context)
        return try reader.policy(try LinkedNode(members, path: "$", context: context))
    }

    private func policy(_ start: LinkedNode) throws(ClientFault) -> Policy {
        var node = start
        var unknowns = context.unknowns
        let kind = try kind(&node, &unknowns)
        guard let uid = try uid(&node), !uid.hasPrefix("_:") else {
            throw .malformedPolicy(at: "$.uid", found: "nothing", expected: "the IRI of the policy")
        }
        let profiles = try terms(node.take(ODRL.term("profile")), isIdentifier: true)
        let conflicts = try terms(node.take(ODRL.term("conflict")))
        let shared = try scope(&node)
        let rules =
            try rules(.permission, node.take(ODRL.term("permission")))
            + rules(.prohibition, node.take(ODRL.term("prohibition")))
        let obligations = try obligations(node.take(ODRL.term("obligation")))
        guard rules.count + obligations.count <= PolicyLimits.rules else {
            throw .policyTooLarge(at: "$", "rules", maximum: PolicyLimits.rules)
        }
        unknowns += node.remaining()
        return Policy(
            kind: kind, uid: uid, profiles: profiles, conflicts: conflicts, shared: shared, rules: rules,
            obligations: obligations, unknowns: unknowns)
    }

    /// One of the three types must be there; `odrl:Policy` beside it says nothing, any other is unknown.
    private func kind(_ node: inout LinkedNode, _ unknowns: inout [Unknown])
        throws(ClientFault) -> PolicyKind
    {
        let elements = node.take("@type")
        let names = try terms(elements)
        let kinds = PolicyKind.allCases.filter { names.contains(ODRL.term($0.rawValue)) }
        guard kinds.count == 1, let kind = kinds.first else {
            throw .malformedPolicy(
                at: "$.@type", found: names.isEmpty ? "nothing" : names.joined(separator: " "),
                expected: "one of `Set`, `Offer` and `Agreement`")
        }
        let known: Set<String> = [ODRL.term(kind.rawValue), ODRL.term("Policy")]
        for (name, element) in zip(names, elements) where !known.contains(name) {
            unknowns.append(.type(name, element.path))
        }
        return kind
    }

    static let identifierExpectation = "an absolute IRI, or a compact one whose prefix the context defines"

    /// `uid`, `@id` or both if they say the same.
    func uid(_ node: inout LinkedNode) throws(ClientFault) -> String? {
        let elements = node.take("@id") + node.take(ODRL.uid)
        var found: String?
        for element in elements {
            guard let text = element.value.string, let iri = context.identifier(text),
                found == nil || found == iri
            else {
                throw .malformedPolicy(
                    at: element.path, found: element.value.string ?? element.value.kind,
                    expected: Self.identifierExpectation)
            }
            found = iri
        }
        return found
    }

    /// Terms or identifiers, as strings or as objects with an `@id`. A term without meaning stays as written:
    /// it equals no known one.
    func terms(_ elements: [LinkedNode.Element], isIdentifier: Bool = false) throws(ClientFault) -> [String] {
        var found: [String] = []
        for element in elements {
            guard let text = element.value.string ?? reference(element.value) else {
                throw .malformedPolicy(
                    at: element.path, found: element.value.kind, expected: "a term or an IRI")
            }
            found.append((isIdentifier ? context.identifier(text) : context.expand(text)) ?? text)
        }
        return found
    }

    /// The identifier in an object that holds nothing else.
    func reference(_ value: JSON) -> String? {
        guard case .object(let members) = value, members.count == 1, let (name, inner) = members.first,
            context.expand(name) == "@id"
        else { return nil }
        return inner.string
    }
}

extension Unknown {
    static func type(_ name: String, _ path: String) -> Unknown {
        Unknown(code: "type_unknown", path: path, message: "type `\(brief(name))` is not understood here")
    }
}
