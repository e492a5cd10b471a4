import Model

extension PolicyReader {
    mutating func rules(_ kind: Rule.Kind, _ values: [LinkedValue]) throws(ClientFault) -> [Rule] {
        var rules: [Rule] = []
        rules.reserveCapacity(values.count)
        for value in values { rules.append(try rule(kind, value)) }
        return rules
    }

    private mutating func rule(_ kind: Rule.Kind, _ value: LinkedValue) throws(ClientFault) -> Rule {
        var rule = Rule(
            kind: kind, place: Place(uid: nil, path: value.path), scope: Scope(), constraints: [])
        guard var node = try described(value, "a rule object") else {
            rule.place.uid = term(value, isIdentifier: true)
            rule.unknowns = [.reference(rule.place.uid ?? "", value.path)]
            return rule
        }
        rule.place.uid = node.id
        rule.isTyped = node.types.contains {
            $0 == ODRL.term("Permission") || $0 == ODRL.term("Prohibition")
        }
        rule.unknowns += unknownTypes(
            node, known: [kind == .permission ? "Permission" : "Prohibition", "Rule"])
        rule.scope = try scope(&node)
        rule.constraints = try conditions(node.take(.constraint), depth: 0)
        if kind == .permission {
            rule.duties = try duties(node.take(.duty), depth: 0)
        } else {
            rule.remedies = try duties(node.take(.remedy), depth: 0)
        }
        _ = node.take(.failure)
        rule.unknowns += node.remaining()
        return rule
    }

    /// The node that a value is or names; nil if the document says nothing of it.
    private mutating func described(_ value: LinkedValue, _ expectation: String) throws(ClientFault)
        -> LinkedNode?
    {
        try spend(on: value)
        if let node = document.node(value) {
            return node.isReference && node.id != nil ? nil : node
        }
        if term(value) == nil {
            throw .malformedPolicy(at: value.path.description, found: value.found, expected: expectation)
        }
        return nil
    }

    mutating func duties(_ values: [LinkedValue], depth: Int) throws(ClientFault) -> [Duty] {
        guard depth <= PolicyLimits.depth else {
            throw .policyTooLarge(
                at: values.first?.path.description ?? "$", "levels", maximum: PolicyLimits.depth)
        }
        var duties: [Duty] = []
        for value in values {
            var duty = Duty(
                place: Place(uid: nil, path: value.path), scope: Scope(), constraints: [])
            if var node = try described(value, "a duty object") {
                duty.place.uid = node.id
                duty.unknowns += unknownTypes(node, known: ["Duty", "Rule", "Obligation"])
                duty.scope = try scope(&node)
                let payees = try part(node.take(.compensatedParty), types: ["Party", "PartyCollection"])
                duty.payees = payees.iris
                duty.unknowns += payees.unknowns
                for party in Self.dutyParties { _ = node.take(party) }
                duty.constraints = try conditions(node.take(.constraint), depth: 0)
                duty.consequences = try self.duties(node.take(.consequence), depth: depth + 1)
                duty.unknowns += node.remaining()
            } else {
                duty.place.uid = term(value, isIdentifier: true)
                duty.unknowns = [.reference(duty.place.uid ?? "", value.path)]
            }
            duties.append(duty)
        }
        return duties
    }

    /// Who plays a part in a duty; they say who does it and to whom, not whether it was done.
    private static let dutyParties: [Term] = [
        .attributedParty, .attributingParty, .compensatingParty, .consentedParty,
        .consentingParty, .contractedParty, .contractingParty, .informedParty, .informingParty,
        .trackedParty, .trackingParty, .output, .function, .relation,
    ]

    mutating func scope(_ node: inout LinkedNode) throws(ClientFault) -> Scope {
        Scope(
            target: try part(node.take(.target), types: ["Asset", "AssetCollection"]),
            assigner: try part(node.take(.assigner), types: ["Party", "PartyCollection"]),
            assignee: try part(node.take(.assignee), types: ["Party", "PartyCollection"]),
            actions: try actions(node.take(.action)))
    }

    /// Assets or parties by IRI, or collections of them. A blank node without a source may be anything, so
    /// it is unknown.
    private mutating func part(_ values: [LinkedValue], types known: [String]) throws(ClientFault)
        -> Scope.Part
    {
        var part = Scope.Part()
        for value in values {
            try spend(on: value)
            guard var node = document.node(value) else {
                part.add(iri: try identifier(value), at: value.path)
                continue
            }
            let others = node.types.filter { !$0.hasPrefix(ODRL.namespace) }
            node.types.removeAll { others.contains($0) }
            part.unknowns += unknownTypes(node, known: known)
            var referent = Referent(
                place: Place(uid: node.id, path: node.path), iri: node.id ?? "",
                isCollection: node.types.contains { $0.hasSuffix("Collection") })
            referent.sources = try terms(node.take(.source), isIdentifier: true)
            referent.refinements = try conditions(node.take(.refinement), depth: 0)
            _ = (node.take(.partOf), node.take(.hasPolicy), node.take(.assigneeOf), node.take(.assignerOf))
            part.unknowns += node.remaining()
            if referent.iri.isEmpty || referent.iri.hasPrefix("_:"), let source = referent.sources.first {
                referent.iri = source
            }
            if referent.iri.isEmpty || referent.iri.hasPrefix("_:") {
                part.unknowns.append(.reference("", node.path))
            } else {
                part.referents.append(referent)
            }
        }
        return part
    }

    private func identifier(_ value: LinkedValue) throws(ClientFault) -> String {
        let text: String? =
            switch value.content {
            case .reference(let text): value.context.identifier(text)
            case .literal(let literal): literal.json.string.flatMap { value.context.identifier($0) }
            case .node: nil
            }
        guard let text else {
            throw .malformedPolicy(
                at: value.path.description, found: value.found,
                expected: "an absolute IRI, or a compact one whose prefix the context defines")
        }
        return text
    }

    private mutating func actions(_ values: [LinkedValue]) throws(ClientFault) -> Scope.Actions {
        var actions = Scope.Actions()
        for value in values {
            try spend(on: value)
            let iri = term(value)
            let described = iri.flatMap { document.node($0) } ?? document.node(value)
            if let iri, described == nil {
                actions.actions.append(RuleAction(place: Place(uid: nil, path: value.path), iri: iri))
                continue
            }
            guard var node = described else {
                throw .malformedPolicy(
                    at: value.path.description, found: value.found, expected: "an action")
            }
            // With a refinement the node names this use of the action, and `rdf:value` the action.
            let names = try terms(node.take(.rdfValue))
            let refinements = try conditions(node.take(.refinement), depth: 0)
            _ = (node.take(.includedIn), node.take(.implies))
            actions.unknowns += unknownTypes(node, known: ["Action"]) + node.remaining()
            guard let iri = names.first ?? node.id, names.count <= 1, !iri.hasPrefix("_:") else {
                actions.unknowns.append(.action("", value.path))
                continue
            }
            actions.actions.append(
                RuleAction(
                    place: Place(uid: node.id, path: node.path), iri: iri, refinements: refinements))
        }
        return actions
    }
}

extension Scope.Part {
    fileprivate mutating func add(iri: String, at path: DocumentPath) {
        if iri.hasPrefix("_:") {
            unknowns.append(.reference("", path))
        } else {
            referents.append(Referent(place: Place(uid: iri, path: path), iri: iri))
        }
    }
}
