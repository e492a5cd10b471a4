import Model

/// From a constraint of the model to a test. Whatever it cannot compile becomes a test that is unknown.
struct ConstraintCompiler {
    let purposes: PurposeTree
    let kind: Rule.Kind

    func compile(_ constraint: Constraint) -> CompiledConstraint {
        var compiled = CompiledConstraint(
            test: .unknown(constraint.unknowns), place: constraint.place, expected: "")
        guard constraint.unknowns.isEmpty else { return compiled }
        do {
            let operand = try operand(constraint)
            let comparison = try comparison(constraint, for: operand)
            compiled.test = try test(operand, comparison, constraint)
            compiled.operand = operand
            compiled.comparison = comparison
            compiled.expected = expected(operand, comparison, constraint)
        } catch {
            compiled.test = .unknown([
                Unknown(code: error.code, path: constraint.place.path, message: error.message)
            ])
        }
        return compiled
    }

    private func operand(_ constraint: Constraint) throws(NotCompiled) -> LeftOperand {
        let iri = constraint.leftOperand ?? ""
        guard let operand = LeftOperand(iri: iri) else {
            throw NotCompiled("left_operand_unknown", "left operand `\(brief(iri))` is not understood")
        }
        return operand
    }

    private func comparison(_ constraint: Constraint, for operand: LeftOperand)
        throws(NotCompiled) -> Operator
    {
        let iri = constraint.comparison ?? ""
        guard let comparison = Operator(iri: iri), operand.operators.contains(comparison) else {
            throw NotCompiled(
                "operator_unknown", "operator `\(brief(iri))` is not understood with \(operand.name)")
        }
        guard comparison.takesList || constraint.rightOperands.count == 1 else {
            throw NotCompiled(
                "right_operand_unknown", "operator `\(comparison)` takes one right operand")
        }
        return comparison
    }

    private func test(_ operand: LeftOperand, _ comparison: Operator, _ constraint: Constraint)
        throws(NotCompiled) -> Test
    {
        let values = constraint.rightOperands
        let isInverted = comparison == .neq || comparison == .isNoneOf
        switch operand {
        case .purpose: return .purpose(accepted: try accepted(values, comparison))
        case .dateTime: return try DateTimeOperand(values[0]).test(comparison)
        case .recipient: return .recipient(try Set(iris(values)), isInverted: isInverted)
        case .legalBasis: return .legalBasis(try bases(values), isInverted: isInverted)
        case .field: return .fields(try names(values), needsAll: kind == .permission)
        }
    }

    /// `eq` and `neq` mean the purpose itself. The others see that a narrower purpose is also each broader
    /// one, so `isNoneOf` keeps narrower purposes out.
    private func accepted(_ values: [Constraint.Value], _ comparison: Operator) throws(NotCompiled) -> [Bool]
    {
        var numbers: [Int] = []
        for iri in try iris(values) {
            guard let number = purposes.number(of: Purpose(iri)) else {
                throw NotCompiled("right_operand_unknown", "purpose `\(brief(iri))` is not known")
            }
            numbers.append(number)
        }
        let isExact = comparison == .eq || comparison == .neq
        let isInverted = comparison == .neq || comparison == .isNoneOf
        return (0..<purposes.count).map { purpose in
            numbers.contains { isExact ? purpose == $0 : purposes.isA(purpose, $0) } != isInverted
        }
    }

    private func iris(_ values: [Constraint.Value]) throws(NotCompiled) -> [String] {
        var iris: [String] = []
        for value in values {
            guard value.dataType == nil || value.dataType == XSD.anyURI else {
                throw .dataType(value)
            }
            guard value.form != .other, let iri = value.iri, !iri.hasPrefix("_:") else {
                throw NotCompiled("right_operand_unknown", "`\(brief(value.text))` is not an absolute IRI")
            }
            iris.append(iri)
        }
        return iris
    }

    private func bases(_ values: [Constraint.Value]) throws(NotCompiled) -> Set<LegalBasis> {
        var bases: Set<LegalBasis> = []
        for iri in try iris(values) {
            guard let basis = SluisProfile.basis(iri) else {
                throw NotCompiled("right_operand_unknown", "legal basis `\(brief(iri))` is not known")
            }
            bases.insert(basis)
        }
        return bases
    }

    private func names(_ values: [Constraint.Value]) throws(NotCompiled) -> Set<String> {
        var names: Set<String> = []
        for value in values {
            guard value.dataType == nil || value.dataType == XSD.string else { throw .dataType(value) }
            guard value.form == .string, !value.text.isEmpty else {
                throw NotCompiled("right_operand_unknown", "`\(brief(value.text))` is not a field name")
            }
            names.insert(value.text)
        }
        return names
    }

    private func expected(_ operand: LeftOperand, _ comparison: Operator, _ constraint: Constraint) -> String
    {
        let shown = constraint.rightOperands.prefix(6).map { value in
            switch operand {
            case .field: "`\(brief(value.text))`"
            case .legalBasis: IRI.localName(value.iri ?? value.text)
            case .purpose, .recipient: brief(value.iri ?? value.text)
            case .dateTime: value.text
            }
        }
        let more = constraint.rightOperands.count - shown.count
        let list = shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
        let isTree = operand == .purpose && comparison != .eq && comparison != .neq
        return isTree ? list + " or narrower" : list
    }
}
