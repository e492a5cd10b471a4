import Model

extension PolicyReader {
    mutating func conditions(_ values: [LinkedValue], depth: Int) throws(ClientFault) -> [Condition] {
        guard depth <= PolicyLimits.depth else {
            throw .policyTooLarge(
                at: values.first?.path.description ?? "$", "levels", maximum: PolicyLimits.depth)
        }
        var conditions: [Condition] = []
        conditions.reserveCapacity(values.count)
        for value in values { conditions.append(try condition(value, depth: depth)) }
        return conditions
    }

    private mutating func condition(_ value: LinkedValue, depth: Int) throws(ClientFault) -> Condition {
        try spend(on: value)
        guard let node = document.node(value), !(node.isReference && node.id != nil) else {
            guard let text = term(value, isIdentifier: true) else {
                throw .malformedPolicy(
                    at: value.path.description, found: value.found, expected: "a constraint object")
            }
            let place = Place(uid: text, path: value.path)
            return .constraint(Constraint(place: place, unknowns: [.reference(text, value.path)]))
        }
        if let (operation, term) = Self.operations.first(where: { node.has($0.1) }) {
            return .logical(try logical(node, operation, term, depth: depth))
        }
        return .constraint(try constraint(node))
    }

    private static let operations: [(LogicalConstraint.Operation, Term)] = [
        (.and, .and), (.or, .or), (.xone, .xone), (.andSequence, .andSequence),
    ]

    private mutating func logical(
        _ start: LinkedNode, _ operation: LogicalConstraint.Operation, _ term: Term, depth: Int
    ) throws(ClientFault) -> LogicalConstraint {
        var node = start
        var logical = LogicalConstraint(
            place: Place(uid: node.id, path: node.path), operation: operation,
            operands: try conditions(node.take(term), depth: depth + 1))
        logical.unknowns = unknownTypes(node, known: ["LogicalConstraint", "Constraint"])
        if logical.operands.isEmpty { logical.unknowns.append(.incomplete(operation.rawValue, node.path)) }
        logical.unknowns += node.remaining()
        return logical
    }

    private mutating func constraint(_ start: LinkedNode) throws(ClientFault) -> Constraint {
        var node = start
        var constraint = Constraint(place: Place(uid: node.id, path: node.path))
        constraint.unknowns = unknownTypes(node, known: ["Constraint"])
        constraint.leftOperand = try one(.leftOperand, of: &node, &constraint.unknowns)
        constraint.comparison = try one(.comparison, of: &node, &constraint.unknowns)
        constraint.references = try references(node.take(.rightOperandReference), &constraint.unknowns)
        let right = node.take(.rightOperand)
        if right.isEmpty, constraint.references.isEmpty {
            constraint.unknowns.append(.incomplete("rightOperand", node.path))
        }
        let dataTypes = try terms(node.take(.dataType))
        for value in right { add(operand(value, &constraint.unknowns), dataTypes, to: &constraint) }
        constraint.status = node.take(.status).compactMap { operand($0, &constraint.unknowns) }
        let units = try terms(node.take(.unit))
        if units.count > 1 || dataTypes.count > 1 {
            constraint.unknowns.append(.incomplete(units.count > 1 ? "unit" : "dataType", node.path))
        }
        constraint.unit = units.first
        constraint.anchor = node.take(.anchor).first.flatMap { operand($0, &constraint.unknowns) }
        constraint.unknowns += node.remaining()
        return constraint
    }

    private func references(_ values: [LinkedValue], _ unknowns: inout [Unknown])
        throws(ClientFault) -> [Constraint.Reference]
    {
        var references: [Constraint.Reference] = []
        for value in values {
            guard var node = document.node(value), !node.isReference else {
                references += try terms([value], isIdentifier: true).map { Constraint.Reference(iri: $0) }
                continue
            }
            let source = try terms(node.take(.operandSource), isIdentifier: true)
            let path = try terms(node.take(.operandPath), isIdentifier: true)
            node.types.removeAll { $0 == Self.operandReference }
            unknowns += unknownTypes(node, known: []) + node.remaining()
            references.append(
                Constraint.Reference(
                    iri: node.id ?? source.first ?? "", source: source.first, path: path))
        }
        return references
    }

    private static let operandReference = "https://w3id.org/force/odrlproposed#OperandReference"

    /// A data type that stands beside the right operand holds for values without one.
    private func add(
        _ value: Constraint.Value?, _ dataTypes: [String], to constraint: inout Constraint
    ) {
        guard var value else { return }
        if value.form != .identifier, let dataType = dataTypes.first {
            if let own = value.dataType, own != dataType {
                constraint.unknowns.append(
                    Unknown(
                        code: "data_type_unknown", path: constraint.place.path.description,
                        message: "the right operand has two data types"))
            }
            value.dataType = dataType
        }
        if !constraint.rightOperands.contains(value) || constraint.rightOperands.count > 64 {
            constraint.rightOperands.append(value)
        }
    }

    private func one(_ term: Term, of node: inout LinkedNode, _ unknowns: inout [Unknown])
        throws(ClientFault) -> String?
    {
        let values = node.take(term)
        if values.count == 1, let found = self.term(values[0]) { return found }
        let found = try terms(values)
        if found.count != 1 { unknowns.append(.incomplete(term.name, node.path)) }
        return found.count == 1 ? found.first : nil
    }

    /// A value to compare with: an identifier, perhaps said to be an instance of classes, or a literal.
    func operand(_ value: LinkedValue, _ unknowns: inout [Unknown]) -> Constraint.Value? {
        switch value.content {
        case .reference(let text):
            return Constraint.Value(form: .identifier, text: text, iri: text)
        case .literal(let literal):
            if literal.language != nil {
                unknowns.append(.rightOperand(value.path))
                return nil
            }
            guard let text = literal.json.string else {
                return Constraint.Value(form: .other, text: literal.text, dataType: literal.dataType)
            }
            return Constraint.Value(
                form: .string, text: text, iri: value.context.identifier(text), dataType: literal.dataType)
        case .node(let plain):
            let node = plain.id.flatMap { document.node($0) } ?? plain
            guard let id = node.id else {
                unknowns.append(.rightOperand(value.path))
                return nil
            }
            unknowns += node.remaining()
            return Constraint.Value(form: .identifier, text: id, iri: id, types: node.types)
        }
    }
}

extension Unknown {
    static func rightOperand(_ path: DocumentPath) -> Unknown {
        Unknown(
            code: "right_operand_unknown", path: path.description,
            message: "the right operand is neither an identifier nor one typed value")
    }
}
