import Model

extension PolicyReader {
    func rules(_ kind: Rule.Kind, _ elements: [LinkedNode.Element]) throws(ClientFault) -> [Rule] {
        var rules: [Rule] = []
        for element in elements { rules.append(try rule(kind, element)) }
        return rules
    }

    private func rule(_ kind: Rule.Kind, _ element: LinkedNode.Element) throws(ClientFault) -> Rule {
        var rule = Rule(
            kind: kind, place: Place(path: element.path), scope: Scope(), constraints: [], unknowns: [])
        switch element.value {
        case .string(let iri): rule.unknowns = [.reference(iri, element.path)]
        case .object(let members):
            var node = try LinkedNode(members, path: element.path, context: context)
            rule.place.uid = try uid(&node)
            rule.unknowns += try types(
                &node, known: [kind == .permission ? "Permission" : "Prohibition", "Rule"])
            rule.scope = try scope(&node)
            rule.constraints = try constraints(node.take(ODRL.term("constraint")))
            rule.unknowns += node.remaining()
        default:
            throw .malformedPolicy(at: element.path, found: element.value.kind, expected: "a rule object")
        }
        return rule
    }

    /// The types of a node that are none of `known`.
    func types(_ node: inout LinkedNode, known: [String]) throws(ClientFault) -> [Unknown] {
        let elements = node.take("@type")
        let expected = known.map(ODRL.term)
        return try zip(terms(elements), elements).filter { !expected.contains($0.0) }
            .map { .type($0.0, $0.1.path) }
    }

    func scope(_ node: inout LinkedNode) throws(ClientFault) -> Scope {
        Scope(
            target: try part(node.take(ODRL.term("target")), types: ["Asset"]),
            assigner: try part(node.take(ODRL.term("assigner")), types: ["Party"]),
            assignee: try part(node.take(ODRL.term("assignee")), types: ["Party"]),
            action: try actions(node.take(ODRL.term("action"))))
    }

    /// Assets or parties by IRI. A collection, a refinement or a blank node is unknown: it may be anything.
    private func part(_ elements: [LinkedNode.Element], types known: [String]) throws(ClientFault)
        -> Scope.Part
    {
        var part = Scope.Part()
        for element in elements {
            guard let iri = try named(element, types: known, &part.unknowns), !iri.hasPrefix("_:") else {
                part.unknowns.append(.reference("", element.path))
                continue
            }
            part.iris.append(iri)
        }
        return part
    }

    private func named(_ element: LinkedNode.Element, types known: [String], _ unknowns: inout [Unknown])
        throws(ClientFault) -> String?
    {
        if case .object(let members) = element.value {
            var node = try LinkedNode(members, path: element.path, context: context)
            let iri = try uid(&node)
            unknowns += try types(&node, known: known) + node.remaining()
            return iri
        }
        guard let text = element.value.string, let iri = context.identifier(text) else {
            throw .malformedPolicy(
                at: element.path, found: element.value.string ?? element.value.kind,
                expected: Self.identifierExpectation)
        }
        return iri
    }

    private func actions(_ elements: [LinkedNode.Element]) throws(ClientFault) -> Scope.Part {
        var part = Scope.Part()
        for element in elements {
            guard let text = element.value.string ?? reference(element.value) else {
                guard case .object = element.value else {
                    throw .malformedPolicy(
                        at: element.path, found: element.value.kind, expected: "an action")
                }
                part.unknowns.append(.action("", element.path))
                continue
            }
            if let iri = context.expand(text), ODRL.isAction(iri) {
                part.iris.append(iri)
            } else {
                part.unknowns.append(.action(text, element.path))
            }
        }
        return part
    }

    /// Obligations bind after access: read for their names, never evaluated.
    func obligations(_ elements: [LinkedNode.Element]) throws(ClientFault) -> [Obligation] {
        var obligations: [Obligation] = []
        for element in elements {
            guard case .object(let members) = element.value else {
                throw .malformedPolicy(
                    at: element.path, found: element.value.kind, expected: "a duty object")
            }
            var node = try LinkedNode(members, path: element.path, context: context)
            let action = try actions(node.take(ODRL.term("action"))).iris.map(IRI.localName)
            let conditions = try constraints(node.take(ODRL.term("constraint"))).map(\.phrase)
            let uid = try uid(&node)
            let name = action.first ?? uid ?? element.path
            let suffix = conditions.isEmpty ? "" : " (\(conditions.joined(separator: ", ")))"
            obligations.append(Obligation(name: brief(name + suffix)))
        }
        return obligations
    }
}

extension Unknown {
    static func reference(_ iri: String, _ path: String) -> Unknown {
        Unknown(
            code: "reference_unknown", path: path,
            message: iri.isEmpty
                ? "what has no IRI is not understood"
                : "a reference to `\(brief(iri))` is not followed; state it in place")
    }

    static func action(_ text: String, _ path: String) -> Unknown {
        Unknown(code: "action_unknown", path: path, message: "action `\(brief(text))` is not understood")
    }
}
