import Model

extension ReferenceEvaluator {
    private static let ruleNames = ["target", "assignee", "assigner", "action", "constraint"]

    /// A permission holds if all of it is understood and known to hold.
    func isHolding(_ rule: JSON, of policy: JSON, _ speaker: JSON, _ ask: Ask) -> Bool {
        let found = ReferenceVerdict.all([
            verdict(on: rule, of: policy, isPermission: true, speaker: speaker, ask), duties(of: rule, ask),
        ])
        return found.holds == true && found.isUnderstood
    }

    /// A prohibition is in force unless it is known not to apply.
    func isInForce(_ rule: JSON, of policy: JSON, _ ask: Ask) -> Bool {
        verdict(on: rule, of: policy, isPermission: false, speaker: policy, ask).holds != false
    }

    func verdict(on reference: JSON, of policy: JSON, isPermission: Bool, speaker: JSON, _ ask: Ask)
        -> ReferenceVerdict
    {
        guard let rule = policies.resolve(reference) else { return .notUnderstood }
        let types = [isPermission ? "Permission" : "Prohibition", "Rule"].map { ReferenceWorld.odrl + $0 }
        guard hasOnly(Self.ruleNames + [isPermission ? "duty" : "remedy"], rule),
            rule.types.allSatisfy(types.contains)
        else { return .notUnderstood }
        func premise(_ name: String, _ className: String, _ asked: String?) -> ReferenceVerdict {
            let named = rule.odrl(name) + policy.odrl(name)
            return named.isEmpty ? ReferenceVerdict(true) : .any(named.map { isMember(asked, $0, className) })
        }
        return .all(
            [
                premise("target", "Asset", ask.target), premise("assignee", "Party", ask.assignee),
                actions(rule, policy, isPermission: isPermission, speaker, ask),
            ] + rule.odrl("constraint").map { constraint($0, of: .ask(ask)) })
    }

    private func isMember(_ asked: String?, _ reference: JSON, _ className: String) -> ReferenceVerdict {
        let item = policies.resolve(reference) ?? reference
        guard hasOnly(["source", "refinement", "partOf"], item),
            item.types.allSatisfy({
                [className, className + "Collection"].contains(ReferenceWorld.local($0))
            })
        else { return .notUnderstood }
        let collections = [item["@id"]?.string].compactMap { $0 } + item.iris("source")
        guard let asked else { return ReferenceVerdict(nil) }
        let isIn = collections.contains { isPart(asked, of: $0) }
        let thing = state.nodes[asked] ?? [:]
        return .all(
            [ReferenceVerdict(isIn)] + item.odrl("refinement").map { constraint($0, of: .thing(thing)) })
    }

    /// Whether the state leads from the one by `partOf` to the other.
    func isPart(_ part: String, of whole: String, seen: Set<String> = []) -> Bool {
        part == whole
            || (state.nodes[part]?.iris("partOf") ?? []).contains {
                !seen.contains($0) && isPart($0, of: whole, seen: seen.union([part]))
            }
    }
}

extension ReferenceEvaluator {
    private func actions(_ rule: JSON, _ policy: JSON, isPermission: Bool, _ speaker: JSON, _ ask: Ask)
        -> ReferenceVerdict
    {
        let named = rule.odrl("action") + policy.odrl("action")
        if named.isEmpty {
            let saysWhatItIs = rule.types.contains(
                ReferenceWorld.odrl + (isPermission ? "Permission" : "Prohibition"))
            let isSet = ["Set", "Policy"].contains(kind(of: speaker))
            guard saysWhatItIs, isSet else { return .notUnderstood }
            return ReferenceVerdict(ask.action.map(isKnown) == true ? true : nil)
        }
        return .any(named.map { action($0, forbids: !isPermission, ask) })
    }

    private func action(_ reference: JSON, forbids: Bool, _ ask: Ask) -> ReferenceVerdict {
        let item = policies.resolve(reference) ?? reference
        let name = item.all(ReferenceWorld.rdfValue).first?["@id"]?.string ?? item["@id"]?.string ?? ""
        guard isKnown(name) else { return .notUnderstood }
        return .all(
            [ReferenceVerdict(covers(name, ask.action, forbids: forbids))]
                + item.odrl("refinement").map { constraint($0, of: .ask(ask)) })
    }

    private func canonical(_ action: String) -> String {
        ReferenceWorld.local(action).flatMap { ReferenceWorld.oldActions[$0] }.map {
            ReferenceWorld.odrl + $0
        }
            ?? action
    }

    /// Whether ODRL knows the action, or the document says what it is included in.
    private func isKnown(_ action: String) -> Bool {
        let isOfODRL = ReferenceWorld.local(action).map(ReferenceWorld.actions.contains) ?? false
        return isOfODRL || (policies.nodes[action]?.iris("includedIn") ?? []).contains(where: isKnown)
    }

    /// Whether a rule on the one action is met by the other; nil if that cannot be known.
    private func covers(_ named: String, _ asked: String?, forbids: Bool) -> Bool? {
        guard let asked, isKnown(asked) else { return nil }
        let implied = forbids ? policies.nodes[asked]?.iris("implies") ?? [] : []
        if implied.contains(where: { !isKnown($0) }) { return nil }
        return ([asked] + implied).contains { isIncluded($0, in: canonical(named)) }
    }

    private func isIncluded(_ action: String, in broad: String) -> Bool {
        let action = canonical(action)
        if action == broad { return true }
        let parent = ReferenceWorld.local(action).flatMap { ReferenceWorld.includedIn[$0] }
        let declared = policies.nodes[action]?.iris("includedIn") ?? []
        return (declared + [parent].compactMap { $0.map { ReferenceWorld.odrl + $0 } })
            .contains { isIncluded($0, in: broad) }
    }
}

extension ReferenceEvaluator {
    /// Duties come before access.
    func duties(of rule: JSON, _ ask: Ask) -> ReferenceVerdict {
        .all((policies.resolve(rule) ?? rule).odrl("duty").map { duty($0, ask) })
    }

    private func duty(_ reference: JSON, _ ask: Ask) -> ReferenceVerdict {
        guard let duty = policies.resolve(reference), isDuty(duty) else { return .notUnderstood }
        let parts =
            duty.odrl("action").map { action($0, forbids: false, ask) }
            + duty.odrl("target").map { isMember(ask.target, $0, "Asset") }
            + duty.odrl("assignee").map { isMember(ask.assignee, $0, "Party") }
        let consequences = duty.odrl("consequence").map { self.duty($0, ask) }
        let conditions = ReferenceVerdict.all(duty.odrl("constraint").map { constraint($0, of: .ask(ask)) })
        guard (parts + consequences + [conditions]).allSatisfy(\.isUnderstood) else { return .notUnderstood }
        if !duty.odrl("constraint").isEmpty, conditions.holds == false { return ReferenceVerdict(true) }
        if isLenient, reports(of: duty).isDisjoint(with: ["Violated", "Fulfilled"]) {
            return ReferenceVerdict(true)
        }
        return ReferenceVerdict(isDone(duty, ask))
    }

    /// Fulfilled late, a duty is made good by its consequences, as far as these are due.
    private func isDone(_ duty: JSON, _ ask: Ask) -> Bool {
        let conditions = ReferenceVerdict.all(duty.odrl("constraint").map { constraint($0, of: .ask(ask)) })
        let told = reports(of: duty)
        return conditions.holds == false
            || told.contains("Fulfilled")
                && (!told.contains("Violated")
                    || duty.odrl("consequence").allSatisfy { isDone(policies.resolve($0) ?? $0, ask) })
    }

    private func isDuty(_ duty: JSON) -> Bool {
        hasOnly(["target", "assignee", "assigner", "action", "constraint", "consequence"], duty)
            && !duty.odrl("action").isEmpty
            && duty.types.allSatisfy { ["Duty", "Rule"].contains(ReferenceWorld.local($0)) }
    }

    /// The deontic states that the state reports of a duty.
    private func reports(of duty: JSON) -> Set<String> {
        guard let id = duty["@id"]?.string else { return [] }
        let states = state.reports.filter { report in
            report.all(ReferenceWorld.report + "rule").contains { $0["@id"]?.string == id }
        }
        .flatMap { $0.all(ReferenceWorld.report + "deonticState") }
        .compactMap { $0["@id"]?.string.map { String($0.dropFirst(ReferenceWorld.report.count)) } }
        return Set(states)
    }
}
