public import Model
internal import Registry

extension Exchange {
    /// How much of an agreement an owner releases; nil members mean all of it.
    public struct GrantTerms: Sendable {
        public var fields: [String]?
        public var validUntil: Instant?
        public var ownerKeys: [String]?

        public init(fields: [String]? = nil, validUntil: Instant? = nil, ownerKeys: [String]? = nil) {
            self.fields = fields
            self.validUntil = validUntil
            self.ownerKeys = ownerKeys
        }
    }

    /// A grant after a change, and the epoch from which on the change holds.
    public struct GrantChange: Sendable {
        public var grant: Grant
        public var epoch: Int64
        /// Other live grants by which the same consumer still reads the dataset.
        public var stillReadable: [GrantID] = []
    }

    /// The owner says yes, or changes what he said yes to. After a refusal, withdrawal, revocation or expiry
    /// this makes a new grant.
    public func grant(
        _ agreement: AgreementID, _ terms: GrantTerms, by caller: Caller
    ) async throws -> Recorded<GrantChange> {
        let gate = try requireGate(agreement)
        let owner = caller.owner
        return try await turnstile(of: gate.agreement.dataset).shared {
            let links = try self.registry.read { reader in
                try self.links(of: owner, in: try reader.requireDataset(gate.agreement.dataset), reader)
            }
            try self.check(terms, of: gate.agreement, links: links)
            let widening = gate.announceWidening(of: owner)
            do {
                let recorded = try await self.widen { writer, now in
                    try self.give(
                        terms, under: gate.agreement, epoch: widening.epoch, writer, by: caller, at: now)
                }
                let change = recorded.value
                let scopes = Self.scopes(
                    links: links, keys: change.grant.ownerKeys, fields: change.grant.fields)
                let kept = Set(scopes.map(\.key))
                if try gate.complete(
                    widening, scopes, clearing: links.map(\.ownerKey).filter { !kept.contains($0) })
                {
                    self.expectExpiry(of: change.grant, keys: scopes.map(\.key), gate)
                    // What an amended grant no longer covers must be out of every stream, like a withdrawal.
                    gate.waitForBlockBorders()
                }
                return recorded
            } catch {
                gate.abandon(widening)
                throw error
            }
        }
    }

    private func requireGate(_ agreement: AgreementID) throws -> AgreementGate {
        guard let gate = gates.gate(of: agreement) else {
            throw ClientFault(
                .notFound, "agreement_unknown", "there is no such agreement in force", field: "agreement",
                found: agreement.description)
        }
        guard gate.agreement.isLive(at: now) else {
            throw ClientFault(
                .conflict, "agreement_ended", "the agreement has ended", field: "agreement",
                found: agreement.description)
        }
        return gate
    }

    private func expectExpiry(of grant: Grant, keys: [String], _ gate: AgreementGate) {
        if let end = grant.validUntil {
            gate.expect(ExpiryQueue.Item(grant: grant.id, at: end, keys: keys))
        } else {
            gate.forgetExpiry(of: grant.id)
        }
    }

    private func check(_ terms: GrantTerms, of agreement: Agreement, links: [OwnerLink]) throws {
        guard !links.isEmpty else {
            throw ClientFault(
                .forbidden, "not_an_owner", "no rows of `\(agreement.dataset)` are linked to you",
                field: "agreement", found: agreement.id.description,
                remedy: "ask the provider to link your owner keys")
        }
        if let fields = terms.fields {
            try FieldNames.check(fields, within: agreement.fields, of: "the agreement")
        }
        try Moments.checkFuture(terms.validUntil, field: "valid_until", at: now)
        if let keys = terms.ownerKeys {
            try FieldNames.checkKeys(keys, within: Set(links.map(\.ownerKey)))
        }
    }

    private func give(
        _ terms: GrantTerms, under agreement: Agreement, epoch: Int64, _ writer: RegistryWriter,
        by caller: Caller,
        at now: Instant
    ) throws -> (GrantChange, Int64) {
        let current = try writer.currentGrant(of: agreement.id, owner: caller.owner)
        let isAmended = current?.isLive(at: now) == true
        // A grant that is listed or live keeps its id; a closed one is history, and a new one begins.
        let reused = current.flatMap { $0.state == .requested || isAmended ? $0 : nil }
        let grant = Grant(
            id: reused?.id ?? newID(at: now), agreement: agreement.id, owner: caller.owner, state: .given,
            fields: agreement.fields.filter { terms.fields?.contains($0) ?? true },
            ownerKeys: terms.ownerKeys,
            validUntil: terms.validUntil, changedAt: now)
        if let current, current.state == .given, !isAmended {
            // Its time has run out, and the sweep has not recorded that yet.
            try expire(current, writer, epoch: epoch, at: now)
        }
        if reused == nil { try writer.insert(grant) } else { try writer.update(grant) }
        try writer.raiseEpoch(of: agreement.id, to: epoch)
        let event = Self.event(
            isAmended ? .grantAmended : .grantGiven, grant, agreement, epoch: epoch, by: caller.actor)
        return (GrantChange(grant: grant, epoch: epoch), try writer.record(event))
    }

    /// The entry of a change of a grant. An owner who is a person stands in it as a commitment.
    static func event(
        _ type: EntryType, _ grant: Grant, _ agreement: Agreement, epoch: Int64?, by actor: Actor
    ) -> AuditEvent {
        var members: [String: JSON] = [
            "grant": .string(grant.id.description), "agreement": .string(agreement.id.description),
            "dataset": .string(agreement.dataset.text), "consumer": .string(agreement.consumer.text),
            "purpose": .string(agreement.purpose.iri), "state": .string(grant.state.rawValue),
            "fields": JSON(grant.fields), "valid_until": JSON(grant.validUntil),
            "epoch": epoch.map(JSON.integer) ?? .null,
        ]
        switch grant.owner {
        case .organisation(let slug):
            members["owner"] = .string(slug.text)
            return AuditEvent(type, by: actor, members)
        case .person(let id): return AuditEvent(type, by: actor, members, persons: ["owner": id])
        }
    }
}
