public import Model

/// A policy, read and compiled once, so that deciding parses nothing.
public struct CompiledPolicy: Sendable {
    public let kind: PolicyKind
    /// The policy's IRI.
    public let uid: String
    /// The document as it was read.
    public let json: JSON
    /// Whoever makes the offer or the agreement; nil where a Set names none.
    public let assigner: String?
    /// The IRIs of all targets that the policy or its permissions name.
    public let targets: Set<String>

    let permissions: [CompiledRule]
    let prohibitions: [CompiledRule]
    let obligations: [String]
    /// What is not understood outside of rules; while there is any, no permission of the policy holds.
    let unknowns: [Unknown]
    let hasProblems: Bool
    let purposes: PurposeTree

    /// Reads an ODRL 2.2 policy in JSON-LD of type Set, Offer or Agreement.
    ///
    /// What is well-formed but not understood is no error: it is kept, it withholds every permission it
    /// touches, leaves every prohibition in force, and is told by `problems(layer:)` and every decision.
    /// - Throws: `ClientFault` `policy_malformed` (400) or `policy_too_large` (413), `field` the JSON path.
    public init(_ json: JSON, purposes: PurposeTree) throws(ClientFault) {
        let policy = try PolicyReader.read(json)
        try PolicyParties.check(policy)
        kind = policy.kind
        uid = policy.uid
        self.json = json
        assigner = PolicyParties.assigners(policy).first
        self.purposes = purposes
        let compiled = policy.rules.map {
            CompiledRule($0, shared: policy.shared, purposes: purposes)
        }
        permissions = compiled.filter { $0.kind == .permission }
        prohibitions = compiled.filter { $0.kind == .prohibition }
        targets = permissions.reduce(into: Set(policy.shared.target.iris)) {
            $0.formUnion($1.target.iris ?? [])
        }
        obligations = policy.obligations.map(\.name)
        unknowns = policy.unknowns + Self.unknownTerms(of: policy)
        hasProblems = !unknowns.isEmpty || compiled.contains { !$0.unknowns.isEmpty }
    }

    /// Canonical JSON (RFC 8785): what is signed and whose digest stands in the log.
    public var canonical: [UInt8] { json.canonical }

    /// Everything in the policy that is not understood, as reasons; empty for a policy without surprises.
    public func problems(layer: PolicyLayer.Name) -> [Reason] {
        let rules = (prohibitions + permissions).flatMap { rule in
            rule.unknowns.map { reason($0, layer, source: rule.place.uid) }
        }
        return unknowns.map { reason($0, layer) } + rules
    }

    func reason(_ unknown: Unknown, _ layer: PolicyLayer.Name, source: String? = nil) -> Reason {
        Reason(
            code: unknown.code, layer: layer.rawValue, source: self.source(source),
            message: "\(unknown.message) (`\(unknown.path)`)")
    }

    /// The nearest IRI that others can name: blank nodes have none.
    func source(_ candidates: String?...) -> String {
        candidates.compactMap { $0 }.first { !$0.hasPrefix("_:") } ?? uid
    }

    private static func unknownTerms(of policy: Policy) -> [Unknown] {
        let profiles: Set<String> = [SluisProfile.iri, ODRL.coreProfile]
        let foreign = policy.profiles.filter { !profiles.contains($0) }
        let conflicts = policy.conflicts.filter { $0 != ODRL.term("prohibit") }
        return foreign.map {
            Unknown(
                code: "profile_unknown", path: "$.profile", message: "profile `\(brief($0))` is not known")
        }
            + conflicts.map {
                Unknown(
                    code: "conflict_unknown", path: "$.conflict",
                    message: "conflict strategy `\(brief($0))` is not understood; prohibitions win")
            }
    }
}
