internal import DataPlane
public import Model
internal import PolicyEngine
internal import Registry

extension Exchange {
    /// What a token says its bearer may do; checked against the agreement at issue and again at every read.
    public struct Claim: Sendable {
        public var dataset: Slug
        public var agreement: AgreementID
        public var consumer: Slug
        public var purpose: Purpose
        /// None for all that are agreed.
        public var fields: [String]

        public init(dataset: Slug, agreement: AgreementID, consumer: Slug, purpose: Purpose, fields: [String])
        {
            self.dataset = dataset
            self.agreement = agreement
            self.consumer = consumer
            self.purpose = purpose
            self.fields = fields
        }
    }

    /// What a read comes to.
    public enum Reading: Sendable {
        case permitted(ReadPlan)
        /// With the fields that were asked for, as far as they are fields.
        case denied(Decision, fields: [String])
    }

    /// Decides whether a claim holds now, for these fields.
    ///
    /// - Parameter fields: nil for all that the claim covers.
    /// - Returns: nil if there is no such agreement in force between this consumer and this dataset.
    public func decide(_ claim: Claim, fields: [String]?) -> Decision? {
        guard let gate = gates.gate(of: claim.agreement) else { return nil }
        return decide(claim, fields: fields ?? Self.fields(of: claim, gate), gate, at: now)
    }

    static func fields(of claim: Claim, _ gate: AgreementGate) -> [String] {
        claim.fields.isEmpty ? gate.agreement.fields : claim.fields
    }

    func decide(_ claim: Claim, fields: [String], _ gate: AgreementGate, at now: Instant) -> Decision? {
        let agreement = gate.agreement
        guard agreement.dataset == claim.dataset, agreement.consumer == claim.consumer,
            agreement.isLive(at: now)
        else {
            return nil
        }
        let iris = IRIs(host: parts.host)
        let request = PolicyRequest(
            assignee: iris.organisation(claim.consumer), target: iris.dataset(claim.dataset),
            purpose: claim.purpose, legalBasis: agreement.legalBasis, fields: fields)
        return PolicyEngine.decide(request, under: gate.layers, at: now)
    }

    /// Plans a read under an agreement.
    ///
    /// - Parameter fields: the names asked for, in order; nil for all that the claim covers.
    /// - Throws: `ClientFault` for a field that is none, or that the claim does not cover.
    public func read(_ claim: Claim, fields: [String]?) throws -> Reading {
        let now = self.now
        guard let gate = gates.gate(of: claim.agreement), gate.agreement.isLive(at: now) else {
            // What was asked for is not looked at, and not written down: it could be any text.
            return .denied(Self.ended, fields: claim.fields)
        }
        guard let current = gate.currentFilter(at: now) else {
            throw ClientFault(
                .notFound, "no_data", "the dataset has no data yet", field: "dataset",
                found: claim.dataset.text, remedy: "try again when the provider has published it")
        }
        if let fields {
            try FieldNames.check(fields, within: current.version.fields.map(\.name), of: "the dataset")
            let allowed = Self.fields(of: claim, gate)
            if let foreign = fields.first(where: { !allowed.contains($0) }) {
                return .denied(Self.fieldNotAgreed(foreign), fields: fields)
            }
        }
        let names = fields ?? Self.fields(of: claim, gate)
        guard let decision = decide(claim, fields: names, gate, at: now) else {
            return .denied(Self.ended, fields: names)
        }
        guard decision.isPermit else { return .denied(decision, fields: names) }
        let positions = names.compactMap { name in current.version.fields.firstIndex { $0.name == name } }
        guard positions.count == names.count else { return .denied(Self.fieldGone, fields: names) }
        let withheld = try current.view.filter.withheld(in: current.version, fields: FieldSet(positions))
        return .permitted(
            ReadPlan(
                dataset: claim.dataset, version: current.version, gate: gate, view: current.view,
                fields: names,
                positions: positions, decision: decision,
                withheld: Withheld(exactRows: withheld.rows, exactOwners: withheld.owners)))
    }

    /// Plans a read of an open dataset, which anyone may make.
    ///
    /// - Returns: nil if the dataset is not open or has no data.
    public func readOpen(_ dataset: Slug, fields: [String]?) throws -> ReadPlan? {
        guard let version = versions.current(of: dataset), try isOpen(dataset) else { return nil }
        let names = fields ?? version.fields.map(\.name)
        try FieldNames.check(names, within: version.fields.map(\.name), of: "the dataset")
        return ReadPlan(
            dataset: dataset, version: version, fields: names,
            positions: names.compactMap { name in version.fields.firstIndex { $0.name == name } },
            decision: Self.open(fields: names))
    }

    func isOpen(_ dataset: Slug) throws -> Bool {
        try registry.read { try $0.dataset(dataset)?.ownerRule } == .open
    }

    static func open(fields: [String]) -> Decision {
        let reason = Reason(code: "open_dataset", layer: "guardrail", message: "the dataset is open")
        return Decision(outcome: .permit, reasons: [reason], fields: fields, needsGrants: false)
    }

    static let ended = Decision(
        outcome: .deny,
        reasons: [
            Reason(code: "no_agreement", layer: "agreement", message: "there is no such agreement in force")
        ])

    static let fieldGone = Decision(
        outcome: .deny,
        reasons: [
            Reason(
                code: "field_not_agreed", layer: "agreement",
                message: "the dataset no longer has a field of the agreement")
        ])

    static func fieldNotAgreed(_ name: String) -> Decision {
        Decision(
            outcome: .deny,
            reasons: [
                Reason(
                    code: "field_not_agreed", layer: "agreement",
                    message: "field `\(name)` is not among those of the token")
            ])
    }
}
