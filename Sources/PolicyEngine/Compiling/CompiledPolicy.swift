public import Model

/// A policy, read and compiled once, so that deciding parses nothing.
public struct CompiledPolicy: Sendable {
    public let kind: PolicyKind
    /// The policy's IRI.
    public let uid: String
    /// Where it stands in its document, as a JSON path.
    let path: String
    /// The document as it was read.
    public let json: JSON
    /// Whoever makes the offer or the agreement; nil where a Set names none.
    public let assigner: String?
    /// The IRIs of all targets that the policy or its permissions name.
    public let targets: Set<String>

    let permissions: [CompiledRule]
    let prohibitions: [CompiledRule]
    let obligations: [CompiledDuty]
    let conflict: ConflictStrategy
    /// What is not understood outside of rules; while there is any, no permission of the policy holds.
    let unknowns: [Unknown]
    let hasProblems: Bool
    let purposes: PurposeTree
    /// The operands that its rules ask about.
    let operands: OperandSet

    /// Reads an ODRL 2.2 policy in JSON-LD of type Set, Offer or Agreement. Policies from which it inherits
    /// stand in the same document.
    ///
    /// What is well-formed but not understood is no error: it is kept, it withholds every permission it
    /// touches, leaves every prohibition in force, and is told by `problems(layer:)` and every decision.
    /// - Throws: `ClientFault` `policy_malformed` (400) or `policy_too_large` (413), `field` the JSON path.
    public init(_ json: JSON, purposes: PurposeTree) throws(ClientFault) {
        let policies = try PolicyReader.read(json)
        let parents = Set(policies.flatMap(\.parents))
        let own = policies.filter { !parents.contains($0.uid) }
        guard own.count == 1, let policy = own.first else {
            throw .malformedPolicy(
                at: "$", found: "\(own.count) policies", expected: "one policy, and those it inherits from")
        }
        try PolicyParties.check(policy)
        self.init(policy, among: policies, json: json, purposes: purposes)
    }

    /// Compiles a policy as it was read.
    ///
    /// - Parameter policies: those of the same document, from which it may inherit.
    init(_ policy: Policy, among policies: [Policy], json: JSON, purposes: PurposeTree) {
        let (family, orphaned) = Inheritance.family(of: policy, among: policies)
        let cache = ConditionCompiler.Cache()
        let actions = ActionTree(declared: policy.actions)
        let compiled = family.flatMap { member in
            let (permissions, prohibitions) = (
                SharedPremises(
                    member.shared, ConditionCompiler(purposes: purposes, kind: .permission, cache: cache),
                    actions),
                SharedPremises(
                    member.shared, ConditionCompiler(purposes: purposes, kind: .prohibition, cache: cache),
                    actions)
            )
            return member.rules.map {
                CompiledRule(
                    $0, $0.kind == .permission ? permissions : prohibitions,
                    needsAction: policy.kind != .set)
            }
        }
        let duties = ConditionCompiler(purposes: purposes, kind: .permission, cache: cache)
        kind = policy.kind
        uid = policy.uid
        path = policy.path.description
        self.json = json
        self.purposes = purposes
        assigner = PolicyParties.assigners(policy).first
        permissions = compiled.filter { $0.kind == .permission }
        prohibitions = compiled.filter { $0.kind == .prohibition }
        targets = permissions.reduce(into: Set(policy.shared.target.iris)) { targets, rule in
            for member in rule.target.members { targets.insert(member.iri) }
        }
        obligations = family.flatMap { $0.obligations.map { CompiledDuty($0, actions, duties) } }
        // The policy's own strategy holds, and where those it inherits from say otherwise, prohibitions win.
        let strategies = Set(family.flatMap(\.conflicts).map { ConflictStrategy(iri: $0) })
        let isAgreed = !policy.conflicts.isEmpty && strategies.count == 1
        conflict = isAgreed ? strategies.first.flatMap { $0 } ?? .prohibit : .prohibit
        unknowns = orphaned + family.flatMap { $0.unknowns + Self.unknownTerms(of: $0) }
        hasProblems = !unknowns.isEmpty || compiled.contains { !$0.unknowns.isEmpty || !$0.doubts.isEmpty }
        operands = compiled.reduce(into: OperandSet()) { $0.formUnion($1.operands) }
    }

    /// Canonical JSON (RFC 8785): what is signed and whose digest stands in the log.
    public var canonical: [UInt8] { json.canonical }

    /// Whether a permission of it can grant anything by itself: an offer's cannot.
    var grants: Bool { kind != .offer }

    /// Everything in the policy that is not understood, as reasons; empty for a policy without surprises.
    public func problems(layer: PolicyLayer.Name) -> [Reason] { problems(layer: layer.rawValue) }

    func problems(layer: String) -> [Reason] {
        let rules = (prohibitions + permissions).flatMap { rule in
            (rule.unknowns + rule.doubts).map { reason($0, layer, source: rule.place.uid) }
        }
        return unknowns.map { reason($0, layer) } + rules
    }

    func reason(_ unknown: Unknown, _ layer: String, source: String? = nil) -> Reason {
        Reason(
            code: unknown.code, layer: layer, source: self.source(source),
            message: "\(unknown.message) (`\(unknown.path)`)")
    }

    /// The nearest IRI that others can name: blank nodes have none.
    func source(_ candidates: String?...) -> String {
        candidates.compactMap { $0 }.first { !$0.hasPrefix("_:") } ?? uid
    }

    private static func unknownTerms(of policy: Policy) -> [Unknown] {
        let foreign = policy.profiles.filter { !KnownProfiles.iris.contains($0) }
        let conflicts = policy.conflicts.filter { ConflictStrategy(iri: $0) == nil }
        return foreign.map {
            Unknown(
                code: "profile_unknown", path: policy.path.appending("profile").description,
                message: "profile `\(brief($0))` is not known", subject: $0)
        }
            + conflicts.map {
                Unknown(
                    code: "conflict_unknown", path: policy.path.appending("conflict").description,
                    message: "conflict strategy `\(brief($0))` is not understood; prohibitions win",
                    subject: $0)
            }
    }
}
