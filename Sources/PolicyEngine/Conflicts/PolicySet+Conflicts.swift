extension PolicySet {
    /// What is asked of a set of policies.
    public enum ConflictRelation: String, CaseIterable, Sendable {
        /// Whether one request can satisfy the constraints of all policies together; of a single policy,
        /// whether each rule can ever hold.
        case joint
        /// Whether one policy can permit what another, or it itself, prohibits.
        case decision
    }

    /// Looks for conflicts between these policies and, if given, those of another document.
    public func conflicts(_ relation: ConflictRelation, with other: PolicySet? = nil) -> ConflictReport {
        let all = policies + (other?.policies ?? [])
        let finder = ConflictFinder(policies: all, purposes: purposes)
        let answer = relation == .joint ? finder.joint() : finder.decision()
        var findings: [ConflictReport.Finding] = []
        var isComplete = true
        let effort = Effort()
        for policy in all {
            let check = RuleFindings(policy, effort)
            findings += check.findings
            isComplete = isComplete && check.isComplete
        }
        return ConflictReport(
            verdict: answer.verdict, witness: answer.witness, reasons: answer.reasons, findings: findings,
            isComplete: isComplete)
    }
}
