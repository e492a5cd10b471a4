import Model

extension ReferenceEvaluator {
    /// Whom the left values of a constraint are asked from: the request, or a member of a collection.
    enum Subject { case ask(Ask), thing(JSON) }

    struct Given {
        var value: JSON
        var unit: String?
    }

    private static let logical = ["and", "or", "xone", "andSequence"]

    func constraint(_ reference: JSON, of subject: Subject) -> ReferenceVerdict {
        guard let constraint = policies.resolve(reference) else { return .notUnderstood }
        let joined = Self.logical.filter { !constraint.odrl($0).isEmpty }
        if joined.isEmpty { return comparison(constraint, of: subject) }
        guard joined.count == 1, hasOnly(joined, constraint) else { return .notUnderstood }
        let parts = constraint.odrl(joined[0]).map { self.constraint($0, of: subject) }
        return joined == ["or"] ? .any(parts) : joined == ["xone"] ? .exactlyOne(parts) : .all(parts)
    }

    private static let names = [
        "leftOperand", "operator", "rightOperand", "rightOperandReference", "unit", "status",
    ]

    /// One comparison, as the policy writes it.
    private struct Comparison {
        var operand: String
        var kind: ReferenceWorld.Kind
        var name: String
        var unit: String?
    }

    private func comparison(_ constraint: JSON, of subject: Subject) -> ReferenceVerdict {
        guard hasOnly(Self.names, constraint), let comparison = read(constraint),
            let right = right(constraint, comparison)
        else { return .notUnderstood }
        let status = constraint.odrl("status").map { ReferenceValue($0, as: comparison.kind) }
        guard !status.contains(nil) else { return .notUnderstood }
        let given = given(comparison.operand, subject)
        if given.isEmpty, status.isEmpty {
            // Who has no purpose has none of those.
            return ReferenceVerdict(comparison.kind == .purpose && comparison.name == "isNoneOf" ? true : nil)
        }
        let isInUnit = given.allSatisfy { $0.unit == comparison.unit }
        let left =
            given.isEmpty
            ? status : given.map { isInUnit ? ReferenceValue($0.value, as: comparison.kind) : nil }
        // Of what has an order there is one value at a time.
        let isOrdered = [.time, .number, .duration].contains(comparison.kind)
        guard let right = right.values, left.count == 1 || !isOrdered else { return ReferenceVerdict(nil) }
        return ReferenceVerdict(holds(left, comparison.name, right, comparison.kind))
    }

    private func read(_ constraint: JSON) -> Comparison? {
        let operands = constraint.iris("leftOperand"), operators = constraint.iris("operator")
        let units = constraint.odrl("unit")
        guard operands.count == 1, operators.count == 1, units.count < 2,
            let kind = ReferenceWorld.kind(of: operands[0]),
            let name = ReferenceWorld.local(operators[0]), Self.operators(kind).contains(name),
            units.isEmpty || kind == .number || kind == .duration
        else { return nil }
        return Comparison(
            operand: operands[0], kind: kind, name: name, unit: units.first?["@id"]?.string)
    }

    private static func operators(_ kind: ReferenceWorld.Kind) -> [String] {
        let choice = ["eq", "neq", "isAnyOf", "isNoneOf", "isAllOf"]
        return switch kind {
        case .time, .number, .duration: choice + ["lt", "lteq", "gt", "gteq"]
        case .purpose, .party, .token: choice + ["isA", "isPartOf", "hasPart"]
        // Each field is decided by itself.
        case .field: choice.filter { $0 != "isAllOf" }
        case .basis: choice
        }
    }

    /// The right values; nil in them if the state does not give what a reference names, nil as a whole if
    /// they are not understood.
    private func right(_ constraint: JSON, _ comparison: Comparison) -> (values: [ReferenceValue]?, Void)? {
        let references = constraint.iris("rightOperandReference"), written = constraint.odrl("rightOperand")
        guard written.isEmpty != references.isEmpty else { return nil }
        if !references.isEmpty {
            let named = references.map { state.nodes[$0]?.all(ReferenceWorld.rdfValue) ?? [] }
            let values = named.flatMap { $0 }.map { value($0, comparison.kind) }
            let isWhole = !named.contains([]) && !values.contains(nil)
            let isOne = values.count == 1 || comparison.name.hasSuffix("Of") || comparison.name == "hasPart"
            return (isWhole && isOne ? values.compactMap { $0 } : nil, ())
        }
        let values = written.map { value($0, comparison.kind) }
        let isOne = values.count == 1 || comparison.name.hasSuffix("Of") || comparison.name == "hasPart"
        return values.contains(nil) || !isOne ? nil : (values.compactMap { $0 }, ())
    }

    /// A right value, which of a purpose or a legal basis must be one that exists.
    private func value(_ json: JSON, _ kind: ReferenceWorld.Kind) -> ReferenceValue? {
        guard let value = ReferenceValue(json, as: kind) else { return nil }
        guard case .iri(let iri, _) = value else { return value }
        switch kind {
        case .purpose: return broader[iri] == nil ? nil : value
        case .basis: return isBasis(iri) ? value : nil
        default: return value
        }
    }

    private func isBasis(_ iri: String) -> Bool {
        ReferenceWorld.legalBases.contains { ReferenceWorld.sluis + $0 == iri }
    }

    /// What is given for a left operand.
    func given(_ operand: String, _ subject: Subject) -> [Given] {
        if operand == ReferenceWorld.odrl + "dateTime" {
            return now.map { [Given(value: .string(Instant(milliseconds: $0).description))] } ?? []
        }
        guard case .ask(let ask) = subject else {
            if case .thing(let thing) = subject { return thing.all(operand).map { Given(value: $0) } }
            return []
        }
        if operand == ReferenceWorld.sluis + "field", let field = ask.field { return [Given(value: field)] }
        if operand == ReferenceWorld.odrl + "recipient" {
            return ask.assignee.map { [Given(value: ["@id": .string($0)])] } ?? []
        }
        return ask.node.all(ReferenceWorld.sotw + "context").flatMap { reference -> [Given] in
            let context = request.resolve(reference) ?? reference
            guard context.iris("leftOperand") == [operand] else { return [] }
            return context.odrl("rightOperand").map { json -> Given in
                var value = json
                if let id = json["@id"]?.string, let classes = request.classes[id], !classes.isEmpty {
                    value = ["@id": .string(id), "@type": JSON(classes)]
                }
                return Given(value: value, unit: context.iris("unit").first)
            }
        }
    }
}

extension ReferenceEvaluator {
    /// Left values that are nil are given, but not understood.
    private func holds(
        _ left: [ReferenceValue?], _ name: String, _ right: [ReferenceValue], _ kind: ReferenceWorld.Kind
    ) -> Bool? {
        typealias Verdict = ReferenceVerdict
        /// Whether a left value is the right one or, for purposes in lists, narrower.
        func isListed(_ value: ReferenceValue?) -> Bool? {
            Verdict.some(right.map { kind == .purpose ? isPart(value, of: $0) : isSame(value, $0, kind) })
        }
        switch name {
        case "eq": return Verdict.every(left.map { isSame($0, right[0], kind) })
        case "neq": return Verdict.every(left.map { isSame($0, right[0], kind) }).map { !$0 }
        case "isAnyOf": return Verdict.some(left.map(isListed))
        case "isNoneOf": return Verdict.some(left.map(isListed)).map { !$0 }
        case "isAllOf":
            return Verdict.every(right.map { item in Verdict.some(left.map { isSame($0, item, kind) }) })
        case "isPartOf":
            return Verdict.every(left.map { value in Verdict.some(right.map { isPart(value, of: $0) }) })
        case "hasPart":
            return Verdict.every(right.map { item in Verdict.some(left.map { isPart(item, of: $0) }) })
        case "isA":
            // Of several values that differ nothing is known.
            let each = Set(left.map { value in value.flatMap { isA($0, right[0], kind) } })
            return each.count == 1 ? each.first ?? nil : nil
        default:
            // An order speaks of one left value.
            guard left.count == 1, let value = left[0] else { return nil }
            return isOrdered(value, name, right[0])
        }
    }

    private func isOrdered(_ left: ReferenceValue, _ name: String, _ right: ReferenceValue) -> Bool? {
        let each = left.ends.map { end in
            end.order(right).map { order in
                switch name {
                case "lt": order < 0
                case "lteq": order <= 0
                case "gt": order > 0
                default: order >= 0
                }
            }
        }
        return Set(each).count == 1 ? each[0] : nil
    }

    private func isSame(_ left: ReferenceValue?, _ right: ReferenceValue, _ kind: ReferenceWorld.Kind)
        -> Bool?
    {
        guard let left else { return nil }
        // A purpose or a legal basis that nobody knows might be any.
        if case .iri(let iri, _) = left {
            if kind == .purpose, broader[iri] == nil { return nil }
            if kind == .basis, !isBasis(iri) { return nil }
        }
        return left.isSame(right)
    }

    private func isNarrower(_ purpose: String, _ broad: String) -> Bool {
        purpose == broad || (broader[purpose] ?? []).contains { isNarrower($0, broad) }
    }

    /// Parts of purposes are narrower purposes; of anything else, what the state says. Of a thing whose
    /// wholes it does not name, nothing is known.
    private func isPart(_ part: ReferenceValue?, of whole: ReferenceValue?) -> Bool? {
        guard case .iri(let part, _)? = part, case .iri(let whole, _)? = whole else { return nil }
        if broader[whole] != nil || broader[part] != nil {
            return broader[whole] == nil || broader[part] == nil ? nil : isNarrower(part, whole)
        }
        if isPart(part, of: whole) { return true }
        return (state.nodes[part]?.iris("partOf") ?? []).isEmpty ? nil : false
    }

    private func isA(_ left: ReferenceValue, _ right: ReferenceValue, _ kind: ReferenceWorld.Kind) -> Bool? {
        guard case .iri(let thing, let types) = left, case .iri(let className, _) = right else { return nil }
        if types.contains(where: { isNarrower($0, className) }) { return true }
        if isLenient { return false }
        let isKnown = kind != .purpose || ([thing] + types).contains { broader[$0] != nil }
        return isNarrower(thing, className) ? true : isKnown ? false : nil
    }
}
