import Model

extension PolicyReader {
    func constraints(_ elements: [LinkedNode.Element]) throws(ClientFault) -> [Constraint] {
        var constraints: [Constraint] = []
        for element in elements { constraints.append(try constraint(element)) }
        return constraints
    }

    private func constraint(_ element: LinkedNode.Element) throws(ClientFault) -> Constraint {
        var constraint = Constraint(place: Place(path: element.path), rightOperands: [], unknowns: [])
        switch element.value {
        case .string(let iri): constraint.unknowns = [.reference(iri, element.path)]
        case .object(let members):
            var node = try LinkedNode(members, path: element.path, context: context)
            constraint.place.uid = try uid(&node)
            constraint.unknowns += try types(&node, known: ["Constraint"])
            constraint.leftOperand = try one("leftOperand", of: &node, &constraint.unknowns)
            constraint.comparison = try one("operator", of: &node, &constraint.unknowns)
            let right = node.take(ODRL.term("rightOperand"))
            if right.isEmpty { constraint.unknowns.append(.incomplete("rightOperand", element.path)) }
            for value in right { try add(value, to: &constraint) }
            constraint.unknowns += node.remaining()
        default:
            throw .malformedPolicy(
                at: element.path, found: element.value.kind, expected: "a constraint object")
        }
        return constraint
    }

    private func one(_ name: String, of node: inout LinkedNode, _ unknowns: inout [Unknown])
        throws(ClientFault) -> String?
    {
        let found = try terms(node.take(ODRL.term(name)))
        if found.count != 1 { unknowns.append(.incomplete(name, node.path)) }
        return found.count == 1 ? found.first : nil
    }

    private func add(_ element: LinkedNode.Element, to constraint: inout Constraint) throws(ClientFault) {
        guard case .object(let members) = element.value else {
            constraint.rightOperands.append(literal(element.value, dataType: nil))
            return
        }
        var node = try LinkedNode(members, path: element.path, context: context)
        let values = node.take("@value")
        let types = try terms(node.take("@type"))
        if values.isEmpty, types.isEmpty, let iri = try uid(&node) {
            constraint.rightOperands.append(Constraint.Value(form: .identifier, text: iri, iri: iri))
        } else if values.count == 1, types.count <= 1, values[0].value.object == nil {
            constraint.rightOperands.append(literal(values[0].value, dataType: types.first))
        } else {
            constraint.unknowns.append(
                Unknown(
                    code: "right_operand_unknown", path: element.path,
                    message: "the right operand is neither an identifier nor one typed value"))
        }
        constraint.unknowns += node.remaining()
    }

    private func literal(_ json: JSON, dataType: String?) -> Constraint.Value {
        guard let text = json.string else {
            return Constraint.Value(form: .other, text: json.canonicalText, dataType: dataType)
        }
        return Constraint.Value(
            form: .string, text: text, iri: context.identifier(text), dataType: dataType)
    }
}

extension Unknown {
    static func incomplete(_ name: String, _ path: String) -> Unknown {
        Unknown(
            code: "constraint_incomplete", path: path, message: "the constraint has not one `\(name)`")
    }
}
