import Model

/// From a condition of the model to a test. Whatever it cannot compile becomes unknown.
struct ConditionCompiler {
    let purposes: PurposeTree
    let kind: Rule.Kind
    let cache: Cache

    /// What the constraints of one policy share: ten thousand of them may name the same purpose.
    final class Cache {
        fileprivate var purposes: [PurposeKey: [Truth]] = [:]
        fileprivate var tests: [TestKey: CompiledConstraint.Test] = [:]
    }

    /// What a test is made of, where that is nothing else: the same words give the same test.
    fileprivate struct TestKey: Hashable {
        var kind: Rule.Kind
        var left: String?
        var comparison: String?
        var right: [Constraint.Value]
        var unit: String?
    }

    fileprivate struct PurposeKey: Hashable {
        var comparison: Operator
        /// Nil for a purpose that the tree lacks.
        var numbers: [Int?]
    }

    func compile(_ conditions: [Condition]) -> [CompiledCondition] { conditions.map(compile) }

    func compile(_ condition: Condition) -> CompiledCondition {
        switch condition {
        case .constraint(let constraint): .constraint(compile(constraint))
        case .logical(let logical):
            .logical(logical.operation, compile(logical.operands), logical.place, logical.unknowns)
        }
    }

    func compile(_ constraint: Constraint) -> CompiledConstraint {
        var compiled = CompiledConstraint(unknowns: constraint.unknowns, source: constraint)
        guard constraint.unknowns.isEmpty else { return compiled }
        let isPlain =
            constraint.references.isEmpty && constraint.status.isEmpty && constraint.anchor == nil
        let key = TestKey(
            kind: kind, left: constraint.leftOperand, comparison: constraint.comparison,
            right: constraint.rightOperands, unit: constraint.unit)
        if isPlain, let known = cache.tests[key] {
            compiled.test = known
            return compiled
        }
        do {
            let test = try test(constraint)
            compiled.test = test
            compiled.doubts = unknownPurposes(test, constraint.place)
            if isPlain, compiled.doubts.isEmpty { cache.tests[key] = test }
            let isAllUnknown = compiled.doubts.count == test.right.count && !test.right.isEmpty
            if isAllUnknown || test.purposes == nil, !compiled.doubts.isEmpty {
                (compiled.unknowns, compiled.doubts) = (compiled.doubts, [])
            }
        } catch {
            compiled.unknowns = [
                Unknown(
                    code: error.code, path: constraint.place.path.description, message: error.message,
                    subject: error.subject)
            ]
        }
        return compiled
    }

    private func test(_ constraint: Constraint)
        throws(NotCompiled) -> CompiledConstraint.Test
    {
        let operand = try operand(constraint)
        let comparison = try comparison(constraint, for: operand)
        var test = CompiledConstraint.Test(
            operand: operand, comparison: comparison, right: try right(constraint, operand),
            references: constraint.references, status: [], unit: constraint.unit,
            needsAll: kind == .permission)
        if let unit = constraint.unit {
            switch operand.kind {
            case .number, .any, .duration: break
            default:
                throw NotCompiled(
                    "unit_unknown", "unit `\(brief(unit))` is not understood with \(operand.name)", unit)
            }
        }
        for value in constraint.status {
            test.status.append(
                FactValue(try OperandValue(value, as: operand.kind), unit: constraint.unit))
        }
        if let anchor = constraint.anchor {
            guard operand == .known(.timeInterval), comparison == .eq,
                case .time(let time) = try OperandValue(anchor, as: .time)
            else { throw NotCompiled("operator_unknown", "an anchor is understood with timeInterval eq") }
            test.anchor = time
        }
        let usesTree = comparison != .isAllOf && comparison != .hasPart
        if operand.kind == .purpose, constraint.references.isEmpty, usesTree {
            test.purposes = accepted(test.right, comparison)
        }
        return test
    }

    private func operand(_ constraint: Constraint) throws(NotCompiled) -> LeftOperand {
        let iri = constraint.leftOperand ?? ""
        guard let operand = LeftOperand(iri: iri) else {
            throw NotCompiled("left_operand_unknown", "left operand `\(brief(iri))` is not understood", iri)
        }
        return operand
    }

    private func comparison(_ constraint: Constraint, for operand: LeftOperand)
        throws(NotCompiled) -> Operator
    {
        let iri = constraint.comparison ?? ""
        guard let comparison = Operator(iri: iri), operand.kind.operators.contains(comparison) else {
            throw NotCompiled(
                "operator_unknown", "operator `\(brief(iri))` is not understood with \(operand.name)", iri)
        }
        guard comparison.takesList || constraint.rightOperands.count + constraint.references.count == 1
        else {
            throw NotCompiled(
                "right_operand_unknown", "operator `\(comparison)` takes one right operand")
        }
        return comparison
    }

    private func right(_ constraint: Constraint, _ operand: LeftOperand)
        throws(NotCompiled) -> [OperandValue]
    {
        var values: [OperandValue] = []
        for written in constraint.rightOperands {
            // `policyUsage` is the time of use itself: what the caller says is now.
            if operand.kind == .time, written.iri == ODRL.policyUsage {
                throw NotCompiled("right_operand_unknown", "`policyUsage` is understood in obligations only")
            }
            let value = try OperandValue(written, as: operand.kind)
            if operand.kind == .legalBasis, case .iri(let iri) = value, SluisProfile.basis(iri) == nil {
                throw NotCompiled("right_operand_unknown", "legal basis `\(brief(iri))` is not known", iri)
            }
            if operand == .known(.dayOfWeek), !Facts.days.contains(value.description) {
                throw .value(written, "the English name of a day")
            }
            values.append(value)
        }
        return values
    }

    /// `eq` and `neq` mean the purpose itself. The others see that a narrower purpose is also each broader
    /// one, so `isNoneOf` keeps narrower purposes out. A purpose that nobody knows might be any.
    private func accepted(_ values: [OperandValue], _ comparison: Operator) -> [Truth] {
        let numbers = values.map { value -> Int? in
            if case .iri(let iri) = value { purposes.numbers[iri] } else { nil }
        }
        let key = PurposeKey(comparison: comparison, numbers: numbers)
        if let known = cache.purposes[key] { return known }
        let accepted = (0..<purposes.count).map { purpose -> Truth in
            let relations = numbers.map { number -> Truth in
                guard let number else { return .unknown }
                switch comparison {
                case .eq, .neq: return Truth(purpose == number)
                case .hasPart: return Truth(purposes.isA(number, purpose))
                default: return Truth(purposes.isA(purpose, number))
                }
            }
            let (any, all) = (CompiledCondition.join(.or, relations), CompiledCondition.join(.and, relations))
            switch comparison {
            case .neq, .isNoneOf: return !any
            case .isAllOf, .hasPart: return all
            default: return any
            }
        }
        cache.purposes[key] = accepted
        return accepted
    }

    /// What a constraint on purposes names that the tree lacks.
    private func unknownPurposes(_ test: CompiledConstraint.Test, _ place: Place) -> [Unknown] {
        guard test.operand.kind == .purpose else { return [] }
        return test.right.compactMap { value in
            guard case .iri(let iri) = value, purposes.numbers[iri] == nil else { return nil }
            return Unknown(
                code: "right_operand_unknown", path: place.path.description,
                message: "purpose `\(brief(iri))` is not known", subject: iri)
        }
    }
}
