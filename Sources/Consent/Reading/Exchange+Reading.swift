public import DataPlane
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
        let agreed = gate.agreedFields(of: versions.current(of: claim.dataset))
        return decide(
            claim, fields: fields ?? Self.fields(of: claim, agreed), agreed, gate,
            counts: gate.readCounter?.next(at: now), at: now)
    }

    static func fields(of claim: Claim, _ agreed: AgreedFields) -> [String] {
        claim.fields.isEmpty ? agreed.names : claim.fields
    }

    /// Policies name fields by their ids.
    ///
    /// - Parameter counts: how often the agreement was read, this time included; nil where that does not
    ///   matter.
    func decide(
        _ claim: Claim, fields: [String], _ agreed: AgreedFields, _ gate: AgreementGate,
        counts: ReadCounts?, at now: Instant
    ) -> Decision? {
        let agreement = gate.agreement
        guard agreement.dataset == claim.dataset, agreement.consumer == claim.consumer,
            gate.isInForce(at: now)
        else {
            return nil
        }
        guard !gate.isSuspended else { return Self.suspended }
        // A name that was agreed may be another field's by now, and all that was agreed may be gone.
        guard !fields.isEmpty, let ids = agreed.ids(of: fields) else { return Self.fieldGone }
        let iris = IRIs(host: parts.host)
        let request = PolicyRequest(
            assignee: iris.organisation(claim.consumer), target: iris.dataset(claim.dataset),
            purpose: claim.purpose, legalBasis: agreement.legalBasis, fields: ids, counts: counts)
        var decision = PolicyEngine.decide(request, under: gate.layers, at: now)
        if decision.isPermit { decision.fields = fields }
        return decision
    }

    /// Plans a read under an agreement.
    ///
    /// - Parameters:
    ///   - fields: the names asked for, in order; nil for all that the claim covers.
    ///   - condition: may name any field that the claim covers.
    ///   - since: the cursor of an earlier read, to go on behind it.
    /// - Throws: `ClientFault` for a field that is none, and a cursor with which nobody can go on.
    public func read(
        _ claim: Claim, fields: [String]?, where condition: Condition? = nil, limit: Int? = nil,
        since: String? = nil
    ) throws -> Reading {
        let now = self.now
        guard let gate = gates.gate(of: claim.agreement), gate.isInForce(at: now) else {
            // What was asked for is not looked at, and not written down: it could be any text.
            return .denied(Self.ended, fields: claim.fields)
        }
        let current = currentFilter(of: gate, at: now) { version in
            fields ?? Self.fields(of: claim, gate.agreedFields(of: version))
        }
        guard let current else { throw Self.noData(claim.dataset) }
        let agreed = gate.agreedFields(of: current.version)
        let allowed = Self.fields(of: claim, agreed)
        try Self.check(fields, condition, of: current.version)
        let names = fields ?? allowed
        let asked = condition?.fieldNames ?? []
        if let foreign = ((fields ?? []) + asked).first(where: { !allowed.contains($0) }) {
            return .denied(Self.fieldNotAgreed(foreign), fields: names)
        }
        // Whoever learns for which rows something holds reads the fields that it is about.
        let touched = names + asked.filter { !names.contains($0) }
        let reservation = gate.readCounter?.reserve(at: now)
        let counts = reservation?.counts
        guard let decision = decide(claim, fields: touched, agreed, gate, counts: counts, at: now) else {
            return .denied(Self.ended, fields: names)
        }
        guard decision.isPermit else { return .denied(decision, fields: names) }
        let positions = names.compactMap { name in current.version.fields.firstIndex { $0.name == name } }
        guard positions.count == names.count else { return .denied(Self.fieldGone, fields: names) }
        let withheld = try current.view.filter.withheld(in: current.version, fields: FieldSet(positions))
        var plan = ReadPlan(
            dataset: claim.dataset, version: current.version, gate: gate, view: current.view, fields: names,
            positions: positions, decision: decision,
            withheld: Withheld(exactRows: withheld.rows, exactOwners: withheld.owners),
            condition: condition, limit: limit, source: source(of: current.version))
        plan.reservation = reservation
        plan.bounds = try bounds(of: gate, in: current.version)
        try planCursors(&plan, since: since)
        return .permitted(plan)
    }

    /// The condition that keeps a read within the agreement's data span.
    private func bounds(of gate: AgreementGate, in version: StoredVersion) throws -> Condition? {
        guard let span = gate.agreement.dataSpan else { return nil }
        // Without its time column nobody can tell of which time a row is: then none is sent.
        guard let name = gate.timeColumn, let field = version.fields.first(where: { $0.name == name }) else {
            throw ClientFault(
                .conflict, "time_column_gone", "the dataset no longer says of which time its rows are",
                field: "dataset", found: gate.agreement.dataset.text,
                remedy: "ask the provider to publish it with its time column")
        }
        return try span.condition(on: field)
    }

    private static func noData(_ dataset: Slug) -> ClientFault {
        ClientFault(
            .notFound, "no_data", "the dataset has no data yet", field: "dataset", found: dataset.text,
            remedy: "try again when the provider has published it")
    }

    /// Plans a read of an open dataset, which anyone may make.
    ///
    /// - Returns: nil if the dataset is not open or has no data.
    public func readOpen(
        _ dataset: Slug, fields: [String]?, where condition: Condition? = nil, limit: Int? = nil
    ) throws -> ReadPlan? {
        guard let version = versions.current(of: dataset), try isOpen(dataset) else { return nil }
        guard try isProvided(dataset) else {
            throw ClientFault(
                .forbidden, "organisation_suspended", "the dataset's provider is suspended",
                field: "dataset", found: dataset.text, remedy: "try again when it takes part again")
        }
        try Self.check(fields, condition, of: version)
        let names = fields ?? version.fields.map(\.name)
        return ReadPlan(
            dataset: dataset, version: version, fields: names,
            positions: names.compactMap { name in version.fields.firstIndex { $0.name == name } },
            decision: Self.open(fields: names), condition: condition, limit: limit,
            source: source(of: version))
    }

    /// Nil for a hosted dataset.
    private func source(of version: StoredVersion) -> ReadPlan.Source? {
        versions.connection(of: version.identity.dataset, version: version.number).map { connection in
            ReadPlan.Source(
                upstream: connection.upstream, isAllowed: connection.isAllowed,
                shape: ConnectedShape(
                    fields: version.fields, ownerRule: version.ownerRule, nullValues: version.nullValues,
                    format: connection.upstream.format))
        }
    }

    /// Refuses names that are no fields of the version.
    private static func check(
        _ fields: [String]?, _ condition: Condition?, of version: StoredVersion
    ) throws(ClientFault) {
        let all = version.fields.map(\.name)
        if let fields { try FieldNames.check(fields, within: all, of: "the dataset") }
        if let condition {
            try FieldNames.check(condition.fieldNames, within: all, of: "the dataset", in: "where")
        }
    }

    /// Does what reads of a version in its original order need, off the threads that serve calls.
    public func prepareOriginalOrder(of version: StoredVersion) async throws {
        try await versions.orders.holding(version.identity.dataset) {
            try await Offload.run { try version.prepareOriginalOrder() }
        }
    }

    /// Whether the dataset's provider takes part.
    func isProvided(_ dataset: Slug) throws -> Bool {
        try provider(of: dataset).map { participants.isActive($0) } ?? false
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

    static let suspended = Decision(
        outcome: .deny,
        reasons: [
            Reason(
                code: "organisation_suspended", layer: "guardrail",
                message: "a party of the agreement is suspended")
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
