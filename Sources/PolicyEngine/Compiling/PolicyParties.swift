import Model

/// Who must be named: an Offer needs its assigner and targets, an Agreement its assignee too (ODRL
/// Information Model 2.2 sections 2.1.2 and 2.1.3). Without this, leaving out a name would widen a policy.
enum PolicyParties {
    /// - Throws: `ClientFault` naming the rule that lacks one.
    static func check(_ policy: Policy) throws(ClientFault) {
        guard policy.kind != .set else { return }
        let assigners = assigners(policy)
        guard assigners.count == 1 else {
            throw .malformedPolicy(
                at: "$.assigner", found: assigners.isEmpty ? "nothing" : "\(assigners.count) assigners",
                expected: "one assigner of the policy")
        }
        for rule in policy.rules where rule.kind == .permission {
            let path = rule.place.path
            try require(!rule.scope.target.isEmpty || !policy.shared.target.isEmpty, "target", path)
            if policy.kind == .agreement {
                try require(!rule.scope.assignee.isEmpty || !policy.shared.assignee.isEmpty, "assignee", path)
            }
        }
    }

    /// All assigners of the policy and its rules, each once.
    static func assigners(_ policy: Policy) -> [String] {
        let all = policy.shared.assigner.iris + policy.rules.flatMap(\.scope.assigner.iris)
        return Set(all).sorted()
    }

    private static func require(_ isThere: Bool, _ name: String, _ path: DocumentPath) throws(ClientFault) {
        guard !isThere else { return }
        throw .malformedPolicy(
            at: path.appending(name).description, found: "nothing",
            expected: "the IRI of the \(name), here or on the policy")
    }
}
