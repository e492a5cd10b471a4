import Model

/// What readers of requests and states share: members by their local names, because the vocabularies for
/// them are drafts that still move, and values as left operands have them.
struct InputReader {
    let document: LinkedDocument
    /// For messages: `request` or `state`.
    let name: String

    init(_ json: JSON, _ name: String) throws(ClientFault) {
        self.name = name
        do {
            document = try LinkedDocument(json, fallback: .odrl)
        } catch {
            throw ClientFault(
                error.kind, "\(name)_malformed", "the \(name) is malformed at `\(error.field ?? "$")`",
                field: error.field, found: error.found, expected: error.expected)
        }
    }

    /// What stands after the last `#`, `/` or `:`: a prefix may be one that only a context says which we do
    /// not fetch.
    static func localName(_ iri: String) -> String {
        iri.lastIndex { "#/:".contains($0) }.map { String(iri[iri.index(after: $0)...]) } ?? iri
    }

    func values(_ node: LinkedNode, _ names: [String]) -> [LinkedValue] {
        node.members.filter { names.contains(Self.localName($0.iri)) }.flatMap(\.values)
    }

    /// The IRI of the first value of a member.
    func iri(_ node: LinkedNode, _ names: [String]) -> String? {
        values(node, names).first.flatMap(iri)
    }

    func iri(_ value: LinkedValue) -> String? {
        switch value.content {
        case .reference(let text): value.context.expand(text) ?? text
        case .literal(let literal):
            literal.json.string.map { value.context.identifier($0) ?? value.context.expand($0) ?? $0 }
        case .node(let node): self.iri(node, ["value"]) ?? node.id
        }
    }

    /// The types of a node by their local names.
    func types(_ node: LinkedNode) -> Set<String> { Set(node.types.map(Self.localName)) }

    /// A value as a policy would write it.
    func written(_ value: LinkedValue) -> Constraint.Value {
        switch value.content {
        case .reference(let text):
            // What another place of the document says of it holds here too.
            let types = document.node(text)?.types ?? []
            return Constraint.Value(form: .identifier, text: text, iri: text, types: types)
        case .literal(let literal):
            guard let text = literal.json.string else {
                return Constraint.Value(form: .other, text: literal.text, dataType: literal.dataType)
            }
            return Constraint.Value(
                form: .string, text: text, iri: value.context.identifier(text), dataType: literal.dataType)
        case .node(let plain):
            let node = document.node(value) ?? plain
            return Constraint.Value(
                form: .identifier, text: node.id ?? "", iri: node.id, types: node.types)
        }
    }

    /// A fact; what cannot be made out for its operand is unclear.
    func fact(_ value: LinkedValue, of operand: LeftOperand, unit: String? = nil) -> FactValue {
        let written = written(value)
        let made = (try? OperandValue(written, as: operand.kind)).flatMap {
            operand.kind.contains($0) ? $0 : nil
        }
        return FactValue(
            made ?? .unclear(written.text), text: written.iri ?? written.text, types: written.types,
            unit: unit)
    }

    func time(_ value: LinkedValue) -> FactValue {
        fact(value, of: .known(.dateTime))
    }

    /// The constraints `leftOperand eq rightOperand` by which requests and states say what is so.
    func statedValues(_ nodes: [LinkedNode]) -> [LeftOperand: [FactValue]] {
        var stated: [LeftOperand: [FactValue]] = [:]
        for start in nodes {
            guard let name = iri(start, ["leftOperand"]), let operand = LeftOperand(iri: name) else {
                continue
            }
            let unit = iri(start, ["unit"])
            let comparison = iri(start, ["operator"]).map(Self.localName) ?? "eq"
            let right = values(start, ["rightOperand"]).map { fact($0, of: operand, unit: unit) }
            let isStated = ["eq", "isA", "isAllOf"].contains(comparison) && !right.isEmpty
            // What is said in another way is something, but nobody can tell what.
            stated[operand, default: []] += isStated ? right : [FactValue(.unclear("?"))]
        }
        return stated
    }

    /// Members of a node that are left operands by name.
    func plainValues(_ node: LinkedNode) -> [LeftOperand: [FactValue]] {
        var plain: [LeftOperand: [FactValue]] = [:]
        for member in node.members {
            guard let operand = LeftOperand(iri: member.iri) else { continue }
            plain[operand, default: []] += member.values.map { fact($0, of: operand) }
        }
        return plain
    }
}
