import Model

/// Validates the text of a policy document, with the line and column of everything it finds.
///
/// Errors are what keeps a policy from being read, and what is not understood, since that permits nothing.
/// Warnings are what is understood and probably not meant.
public struct PolicyCheck: Sendable {
    public private(set) var problems: [PolicyProblem] = []
    private var seen: Set<PolicyProblem> = []
    /// Beyond these nobody reads on.
    private static let maximumProblems = 1000

    public var hasErrors: Bool { problems.contains { $0.severity == .error } }

    public init(_ bytes: [UInt8], purposes: PurposeTree) {
        let json: JSON
        do {
            json = try JSON.parse(bytes)
        } catch {
            problems = [
                PolicyProblem(
                    line: error.line, column: error.column, severity: .error, code: "bad_json",
                    message: error.message)
            ]
            return
        }
        let locator = JSONLocator(bytes)
        do {
            let (policies, faults) = try PolicyReader.readEach(json)
            for fault in faults.prefix(Self.maximumProblems + 1) { add(fault, locator) }
            let set = PolicySet(policies, of: json, purposes: purposes)
            for policy in set.policies {
                for unknown in policy.allUnknowns {
                    add(.error, unknown.code, unknown.message, at: unknown.path, locator)
                }
            }
            for policy in set.sources { warn(policy, locator) }
            warnOfNames(policies, locator)
            let effort = Effort()
            for policy in set.policies { warnOfFindings(policy, effort, locator) }
        } catch {
            add(error, locator)
        }
        problems.sort { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
        // What is told of the rest stands where the last of these does.
        if problems.count > 1, problems.last?.code == "too_many_problems" {
            problems[problems.count - 1].line = problems[problems.count - 2].line
        }
    }

    private mutating func add(
        _ severity: PolicyProblem.Severity, _ code: String, _ message: String, at path: String,
        _ locator: JSONLocator
    ) {
        guard problems.count <= Self.maximumProblems else { return }
        if problems.count == Self.maximumProblems {
            problems.append(
                PolicyProblem(
                    line: Int(Int32.max), column: 1, severity: severity, code: "too_many_problems",
                    message: "there are more problems than these \(Self.maximumProblems); mend some first"))
            return
        }
        let position = locator.position(of: path)
        let problem = PolicyProblem(
            line: position.line, column: position.column, severity: severity, code: code, message: message)
        if seen.insert(problem).inserted { problems.append(problem) }
    }

    private mutating func add(_ fault: ClientFault, _ locator: JSONLocator) {
        var fault = fault
        let path = fault.field ?? "$"
        fault.field = nil
        add(.error, fault.code, fault.description, at: path, locator)
    }

    // MARK: Warnings

    private mutating func warnOfNames(_ policies: [Policy], _ locator: JSONLocator) {
        var seen: Set<String> = []
        for policy in policies where !seen.insert(policy.uid).inserted {
            add(
                .warning, "uid_repeated",
                "another policy of the document is named `\(brief(policy.uid))` too: both are evaluated, and "
                    + "nobody can tell their reasons apart", at: policy.path.description, locator)
        }
    }

    private mutating func warn(_ policy: Policy, _ locator: JSONLocator) {
        if policy.rules.isEmpty, policy.obligations.isEmpty, policy.parents.isEmpty, policy.unknowns.isEmpty {
            add(
                .warning, "rules_missing", "the policy has no rule, so it permits and forbids nothing",
                at: policy.path.description, locator)
        }
        for rule in policy.rules {
            for duty in rule.duties { warn(duty, locator) }
            if rule.scope.adding(policy.shared).actions.isEmpty, policy.kind == .set, rule.isTyped {
                add(
                    .warning, "action_missing", "the rule names no action, so it speaks of every action",
                    at: rule.place.path.description, locator)
            }
            for condition in rule.constraints { warn(condition, locator) }
        }
        if policy.kind != .set, PolicyParties.assigners(policy).count != 1 {
            add(
                .warning, "assigner_missing",
                "an \(policy.kind.rawValue) names one assigner; the hub takes no other",
                at: policy.path.description, locator)
        }
    }

    /// What can only be done once the data are there cannot be a condition of getting them.
    private static let afterAccess: Set<String> = [
        "delete", "attribute", "anonymize", "inform", "distribute", "archive", "uninstall", "watermark",
        "nextPolicy", "reviewPolicy", "acceptTracking",
    ]

    private mutating func warn(_ duty: Duty, _ locator: JSONLocator) {
        for action in duty.scope.actions.actions where Self.afterAccess.contains(IRI.localName(action.iri)) {
            add(
                .warning, "duty_after_access",
                "`\(IRI.localName(action.iri))` can only be done after access, but a `duty` of a "
                    + "permission is a condition before it: nobody will ever get access; state it as "
                    + "an `obligation` of the policy", at: duty.place.path.description, locator)
        }
    }

    private mutating func warn(_ condition: Condition, _ locator: JSONLocator) {
        switch condition {
        case .logical(let logical):
            if logical.operands.count == 1 {
                add(
                    .warning, "logical_single", "`\(logical.operation.rawValue)` joins a single constraint",
                    at: logical.place.path.description, locator)
            }
            for operand in logical.operands { warn(operand, locator) }
        case .constraint(let constraint):
            guard constraint.leftOperand == ODRL.term("dateTime"),
                constraint.comparison == ODRL.term("eq"),
                constraint.rightOperands.contains(where: { TimeSpan($0.text)?.isDay == false })
            else { return }
            add(
                .warning, "time_equals", "`dateTime eq` holds for one millisecond; `lt` or a date is meant?",
                at: constraint.place.path.description, locator)
        }
    }

    private mutating func warnOfFindings(
        _ policy: CompiledPolicy, _ effort: Effort, _ locator: JSONLocator
    ) {
        let places = Dictionary(
            (policy.permissions + policy.prohibitions).map { ($0.place.name, $0.place.path.description) }
        ) { first, _ in first }
        let found = RuleFindings(policy, effort)
        if !found.isComplete {
            add(
                .warning, "not_compared",
                "the policy has too many rules, or too many alternatives in them, to compare each with "
                    + "each: not all were looked at for being redundant or shadowed", at: policy.path,
                locator)
        }
        let prohibitions = Set(policy.prohibitions.map(\.place.name))
        for finding in found.findings {
            let other = finding.by.map { "`\(brief($0))`" } ?? "another rule"
            let message =
                switch finding.kind {
                case .neverTrue where prohibitions.contains(finding.rule):
                    "no request can satisfy the rule; it is in force while nobody gives what it asks about"
                case .neverTrue: "no request can ever satisfy the rule"
                case .redundant: "the rule says nothing that \(other) does not say"
                case .shadowed: "the prohibition \(other) forbids all that the rule permits"
                }
            add(
                .warning, finding.kind.rawValue, message, at: places[finding.rule] ?? "$", locator)
        }
    }
}

extension CompiledPolicy {
    /// What is not understood, each with its place.
    var allUnknowns: [Unknown] {
        unknowns + (permissions + prohibitions).flatMap { $0.unknowns + $0.doubts }
            + obligations.flatMap(\.unknowns)
    }
}
