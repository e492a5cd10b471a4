import Model

extension PolicySet {
    /// What the policies say, in plain sentences: each policy, each rule, what is owed, and what the engine
    /// does not understand.
    public func explanation(in language: Language) -> [String] {
        policies.flatMap { Explainer(policy: $0, book: Phrasebook(language: language)).sentences }
    }
}

/// Puts one policy into sentences.
private struct Explainer {
    let policy: CompiledPolicy
    let book: Phrasebook

    var sentences: [String] {
        var all = [book.header(policy.kind, name(policy.uid), policy.assigner.map(name))]
        all += (policy.permissions + policy.prohibitions).map(rule)
        if !policy.permissions.isEmpty, !policy.prohibitions.isEmpty {
            all.append(book.strategy(policy.conflict))
        }
        all += policy.obligations.map { book.obligation(duty($0)) + "." }
        all += policy.allUnknowns.map { book.unknown($0) }
        return all + [book.everythingElse]
    }

    private func rule(_ rule: CompiledRule) -> String {
        let party = list(rule.assignee, book.members)
        let target = list(rule.target, book.parts)
        let actions = rule.action.members.map { member in
            let refinements = member.refinements.map(condition)
            return book.action(member.iri)
                + (refinements.isEmpty ? "" : " (\(refinements.joined(separator: " \(book.and) ")))")
        }
        let every = rule.action.isStated ? book.unknownAction : book.action(ODRL.use)
        let action = actions.isEmpty ? every : actions.joined(separator: " \(book.or) ")
        var sentence =
            rule.kind == .permission
            ? book.permission(party ?? book.anyone, action, target ?? book.anything)
            : book.prohibition(party, action, target)
        if !rule.constraints.isEmpty { sentence += ", " + book.condition(conditions(rule.constraints)) }
        for owed in rule.duties { sentence += book.separator + book.duty(duty(owed)) }
        for owed in rule.remedies { sentence += book.separator + book.remedy(duty(owed)) }
        // Names in code quotes keep their letters.
        return sentence.prefix(1).uppercased() + sentence.dropFirst() + "."
    }

    private func duty(_ duty: CompiledDuty) -> String {
        let actions = duty.actions.map(book.action).joined(separator: " \(book.and) ")
        let parties = duty.assignees.map(name).joined(separator: " \(book.and) ")
        let conditions = conditions(duty.refinements + duty.constraints)
        let late = duty.consequences.map(self.duty).joined(separator: " \(book.and) ")
        return (actions.isEmpty ? name(duty.place.name) : actions)
            + (duty.payees.isEmpty
                ? "" : " " + book.to(duty.payees.map(name).joined(separator: " \(book.and) ")))
            + (parties.isEmpty ? "" : " " + book.by(parties))
            + (conditions.isEmpty ? "" : " (\(conditions.joined(separator: " \(book.and) ")))")
            + (late.isEmpty ? "" : " (\(book.consequence(late)))")
    }

    /// Conditions that all hold. Where there are several, alternatives stand in brackets, so that nobody
    /// reads on into the next one.
    private func conditions(_ conditions: [CompiledCondition]) -> [String] {
        conditions.map { each in
            switch each {
            case .logical(.or, _, _, _), .logical(.xone, _, _, _):
                conditions.count > 1 ? "(\(condition(each)))" : condition(each)
            default: condition(each)
            }
        }
    }

    private func condition(_ condition: CompiledCondition) -> String {
        switch condition {
        case .constraint(let constraint):
            guard let test = constraint.test else { return book.notUnderstood }
            if case .boolean(let value)? = test.right.first, case .known = test.operand {
                return book.presence(book.operand(test.operand), value == (test.comparison == .eq))
            }
            let right =
                test.right.prefix(8).map { value(test, $0) } + test.references.map { reference($0.iri) }
            let more = test.right.count > 8 ? ", …" : ""
            let unit = test.unit.map { " " + IRI.localName($0) } ?? ""
            let isTime = test.operand.kind == .time
            return book.operand(test.operand) + " "
                + book.comparison(
                    test.comparison, isTime: isTime, isTree: test.operand.kind == .purpose,
                    isName: test.operand.kind == .name,
                    right.joined(separator: ", ") + more + unit)
        case .logical(let operation, let operands, _, _):
            let parts = operands.map { "(\(self.condition($0)))" }
            switch operation {
            case .and, .andSequence: return parts.joined(separator: " \(book.and) ")
            case .or: return book.alternatives(parts, exactlyOne: false)
            case .xone: return book.alternatives(parts, exactlyOne: true)
            }
        }
    }

    private func reference(_ iri: String) -> String {
        LeftOperand(iri: iri).map(book.operand) ?? name(iri)
    }

    private func value(_ test: CompiledConstraint.Test, _ value: OperandValue) -> String {
        guard case .iri(let iri) = value else { return "`\(brief(value.description))`" }
        if test.operand.kind == .purpose, let label = policy.purposes.label(of: Purpose(iri)) {
            return "\"\(label)\""
        }
        return test.operand.kind == .legalBasis ? "`\(IRI.localName(iri))`" : name(iri)
    }

    /// Nil where the rule speaks of all.
    private func list(_ premise: Premise, _ members: (String) -> String) -> String? {
        guard premise.isStated else { return nil }
        let names = premise.members.map { member in
            let refinements = conditions(member.refinements).joined(separator: " \(book.and) ")
            return (member.isCollection ? members(name(member.iri)) : name(member.iri))
                + (refinements.isEmpty ? "" : " (\(refinements))")
        }
        return names.isEmpty ? "?" : names.joined(separator: " \(book.or) ")
    }

    private func name(_ iri: String) -> String { "`\(brief(iri))`" }
}
