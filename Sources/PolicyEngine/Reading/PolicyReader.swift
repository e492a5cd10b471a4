import Model

/// From JSON-LD to the model: the first step of parse, compile, decide.
struct PolicyReader {
    let document: LinkedDocument
    /// How many nodes may still be read: references can make a small document mean a very large policy.
    var budget = PolicyLimits.nodes

    /// Reads every policy of a document.
    ///
    /// What is well-formed and not understood becomes an `Unknown` of the model.
    /// - Throws: `ClientFault` `policy_malformed` or `policy_too_large`, `field` being the JSON path; also
    ///   when there is no policy.
    static func read(_ json: JSON) throws(ClientFault) -> [Policy] {
        let (policies, faults) = try readEach(json)
        if let fault = faults.first { throw fault }
        return policies
    }

    /// The same, with every policy that can be read and what is wrong with each of the others.
    static func readEach(_ json: JSON) throws(ClientFault) -> (policies: [Policy], faults: [ClientFault]) {
        var reader = PolicyReader(document: try LinkedDocument(json))
        var policies: [Policy] = []
        var faults: [ClientFault] = []
        let only = reader.document.roots.count == 1
        // What has rules is a policy, whatever it says of itself: a prohibition must not get lost with its
        // type.
        for root in reader.document.roots where only || reader.isPolicy(root) || root.hasRules {
            do throws(ClientFault) {
                policies.append(try reader.policy(root))
            } catch {
                faults.append(error)
            }
        }
        guard !policies.isEmpty || !faults.isEmpty else {
            throw .malformedPolicy(
                at: "$.@graph", found: "no policy",
                expected: "at least one node of type `Set`, `Offer` or `Agreement`")
        }
        return (policies, faults)
    }

    private static let kinds = Dictionary(
        uniqueKeysWithValues: PolicyKind.allCases.map { (ODRL.term($0.rawValue), $0) })
    private static let policyClass = ODRL.term("Policy")

    private func isPolicy(_ node: LinkedNode) -> Bool {
        node.types.contains { Self.kinds[$0] != nil || $0 == Self.policyClass }
    }

    private mutating func policy(_ start: LinkedNode) throws(ClientFault) -> Policy {
        var node = start.id.flatMap { document.node($0) } ?? start
        var unknowns = document.unknowns
        let kind = try kind(node, &unknowns)
        guard let uid = node.id, !uid.hasPrefix("_:") else {
            throw .malformedPolicy(
                at: node.path.appending("uid").description, found: "nothing",
                expected: "the IRI of the policy")
        }
        var policy = Policy(kind: kind, uid: uid, path: node.path)
        policy.profiles = try terms(node.take(.profile), isIdentifier: true)
        policy.conflicts = try terms(node.take(.conflict))
        policy.parents = try terms(node.take(.inheritFrom), isIdentifier: true)
        _ = node.take(.inheritAllowed)
        policy.shared = try scope(&node)
        policy.rules =
            try rules(.permission, node.take(.permission)) + rules(.prohibition, node.take(.prohibition))
        policy.obligations = try duties(node.take(.obligation), depth: 0)
        guard policy.rules.count + policy.obligations.count <= PolicyLimits.rules else {
            throw .policyTooLarge(at: node.path.description, "rules", maximum: PolicyLimits.rules)
        }
        policy.actions = declaredActions()
        policy.unknowns = unknowns + node.remaining()
        return policy
    }

    /// One of the types must be there; `odrl:Policy` beside it says nothing, alone it is a Set; any other
    /// type is unknown.
    private func kind(_ node: LinkedNode, _ unknowns: inout [Unknown]) throws(ClientFault) -> PolicyKind {
        let place = node.path.appending("@type")
        let kinds = node.types.compactMap { Self.kinds[$0] }
        let isPlain = node.types.contains(Self.policyClass)
        guard kinds.count == 1 || kinds.isEmpty && isPlain else {
            // Without its context nobody can tell what the type means.
            if let context = document.unknowns.first {
                throw .malformedPolicy(
                    at: context.path, found: context.message, expected: "contexts that are known")
            }
            throw .malformedPolicy(
                at: place.description,
                found: node.types.isEmpty ? "nothing" : node.types.joined(separator: " "),
                expected: "one of `Set`, `Offer` and `Agreement`")
        }
        unknowns += node.types.filter { Self.kinds[$0] == nil && $0 != Self.policyClass }
            .map { .type($0, place) }
        return kinds.first ?? .set
    }

    // MARK: Parts that all readers share

    mutating func spend(on value: LinkedValue) throws(ClientFault) {
        budget -= 1
        guard budget >= 0 else {
            throw .policyTooLarge(at: value.path.description, "parts", maximum: PolicyLimits.nodes)
        }
    }

    /// Terms or identifiers, as strings or as nodes with an identifier. A term without meaning stays as
    /// written: it equals no known one.
    func terms(_ values: [LinkedValue], isIdentifier: Bool = false) throws(ClientFault) -> [String] {
        guard !values.isEmpty else { return [] }
        var found: [String] = []
        for value in values {
            guard let term = term(value, isIdentifier: isIdentifier) else {
                throw .malformedPolicy(
                    at: value.path.description, found: value.found, expected: "a term or an IRI")
            }
            if !found.contains(term) { found.append(term) }
        }
        return found
    }

    /// The identifier or term that a value is, if it is one.
    func term(_ value: LinkedValue, isIdentifier: Bool = false) -> String? {
        switch value.content {
        case .reference(let text):
            text.contains(":") || isIdentifier ? text : value.context.expand(text) ?? text
        case .literal(let literal):
            literal.dataType == nil || literal.dataType == XSD.anyURI
                ? literal.json.string.map { text in
                    (isIdentifier ? value.context.identifier(text) : value.context.expand(text)) ?? text
                } : nil
        case .node(let node): node.isReference ? node.id : nil
        }
    }

    /// The types of a node that are none of `known`.
    func unknownTypes(_ node: LinkedNode, known: [String]) -> [Unknown] {
        guard !node.types.isEmpty else { return [] }
        let expected = known.map(ODRL.term)
        return node.types.filter { !expected.contains($0) }.map { .type($0, node.path.appending("@type")) }
    }

    private func declaredActions() -> [String: DeclaredAction] {
        var actions: [String: DeclaredAction] = [:]
        for (id, node) in document.index where node.has(.includedIn) || node.has(.implies) {
            var rest = node
            let (broader, implied) = (rest.take(.includedIn), rest.take(.implies))
            let declared = DeclaredAction(
                includedIn: broader.compactMap { term($0) }, implies: implied.compactMap { term($0) },
                isUnderstood: (broader + implied).allSatisfy { term($0) != nil }
                    && unknownTypes(rest, known: ["Action"]).isEmpty && rest.remaining().isEmpty)
            // What ODRL says of its own actions is not for documents to change.
            if !id.hasPrefix(ODRL.namespace), !id.hasPrefix("_:") { actions[id] = declared }
        }
        return actions
    }
}

extension LinkedNode {
    fileprivate var hasRules: Bool { has(.permission) || has(.prohibition) || has(.obligation) }
}

extension LinkedValue {
    /// What stands here, for messages.
    var found: String {
        switch content {
        case .node: "object"
        case .reference(let text): text
        case .literal(let literal): literal.json.string ?? literal.json.kind
        }
    }
}
