internal import AuditLog
public import Model
internal import Registry

extension Exchange {
    /// A grant after a change, and the epoch from which on the change holds.
    public struct GrantChange: Sendable {
        public var grant: Grant
        public var epoch: Int64
        /// Other live grants by which the same consumer still reads the dataset.
        public var stillReadable: [GrantID] = []
    }

    /// The owner says yes, or changes what he said yes to. After a refusal, withdrawal, revocation or expiry
    /// this makes a new grant.
    ///
    /// New terms that only take away are a narrowing: they act first and work while the log cannot be
    /// written. Terms that also add are recorded first, and what they take away is out before that.
    public func grant(
        _ agreement: AgreementID, _ terms: GrantTerms, by caller: Caller
    ) async throws -> Recorded<GrantChange> {
        let gate = try requireGate(agreement, caller)
        let amendment = try registry.read { try self.amendment(terms, gate.agreement, caller, $0) }
        if amendment.onlyTakesAway { return try await reduce(amendment, to: terms, gate, caller) }
        try registry.read { try self.requireStanding(caller, $0) }
        return try await turnstile(of: gate.agreement.dataset).shared {
            try await self.grantLocks.holding(GrantKey(agreement: agreement, owner: caller.owner)) {
                try await self.give(terms, gate, caller)
            }
        }
    }

    private func requireGate(_ id: AgreementID, _ caller: Caller) throws -> AgreementGate {
        guard let gate = gates.gate(of: id) else { throw Self.unknown(id) }
        guard gate.isInForce(at: now) else {
            throw ClientFault(
                .conflict, "agreement_ended", "the agreement has ended", field: "agreement",
                found: id.description)
        }
        return gate
    }

    private static func unknown(_ id: AgreementID) -> ClientFault {
        ClientFault(
            .notFound, "agreement_unknown", "there is no such agreement in force over rows of yours",
            field: "agreement", found: id.description, remedy: "ask the provider to link your owner keys")
    }

    private func amendment(
        _ terms: GrantTerms, _ agreement: Agreement, _ caller: Caller, _ reader: RegistryReader
    ) throws -> Amendment {
        let dataset = try reader.requireDataset(agreement.dataset)
        let links = try links(of: caller.owner, in: dataset, reader)
        // To who has no rows there is no agreement: it is between others.
        guard !links.isEmpty else { throw Self.unknown(agreement.id) }
        // Its fields may have other names since it was made, or be gone.
        let agreement = try reader.requireAgreement(agreement.id)
        if let fields = terms.fields {
            try FieldNames.check(fields, within: agreement.fields, of: "the agreement")
        }
        try Moments.checkFuture(terms.validUntil, field: "valid_until", at: now)
        if let keys = terms.ownerKeys { try FieldNames.checkKeys(keys, within: links.map(\.ownerKey)) }
        let current = try reader.currentGrant(of: agreement.id, owner: caller.owner)
        return Amendment(
            of: current?.isLive(at: now) == true ? current : nil, to: terms, under: agreement, in: dataset,
            links: links)
    }

    // MARK: Terms that only take away

    private func reduce(
        _ amendment: Amendment, to terms: GrantTerms, _ gate: AgreementGate, _ caller: Caller
    ) async throws -> Recorded<GrantChange> {
        let narrowing = gate.narrow(caller.owner, amendment.restrictions, isReduction: true)
        return try await record(narrowing, in: gate) { writer, now in
            // His keys may have become more or fewer since the look above.
            let fresh = try self.amendment(terms, gate.agreement, caller, writer)
            guard let current = fresh.current, current == amendment.current, fresh.onlyTakesAway else {
                throw ClientFault(
                    .conflict, "grant_changed", "the grant was changed meanwhile", field: "grant",
                    remedy: "look at it again and repeat what you want")
            }
            let known = Set(amendment.restrictions)
            let more = fresh.restrictions.filter { !known.contains($0) }
            let expiry = Self.expiry(of: current.id, terms, fresh.scopes)
            let epoch = gate.order(narrowing, more, expiry: expiry)
            return try self.record(terms, gate.agreement, epoch: epoch, writer, caller, at: now)
        }
    }

    // MARK: Terms that add

    private func give(
        _ terms: GrantTerms, _ gate: AgreementGate, _ caller: Caller
    ) async throws -> Recorded<GrantChange> {
        try parts.log.requireWritable()
        let amendment = try registry.read { try self.amendment(terms, gate.agreement, caller, $0) }
        let narrowing =
            amendment.restrictions.isEmpty ? nil : gate.narrow(caller.owner, amendment.restrictions)
        var widening: Widening?
        let committed: Committed<GrantChange>
        do {
            committed = try commit { writer, now in
                try self.requireStanding(caller, writer)
                if let narrowing { _ = gate.order(narrowing) }
                let announced = gate.announce(caller.owner)
                widening = announced
                return try self.record(
                    terms, gate.agreement, epoch: announced.epoch, writer, caller, at: now)
            }
        } catch {
            if let widening { gate.abandon(widening) }
            if let narrowing { gate.hold(narrowing) }
            throw error
        }
        if let narrowing { gate.succeed(narrowing) }
        guard let widening else { preconditionFailure("a change that was committed was announced") }
        do {
            let recorded = try await logged(committed)
            let grant = recorded.value.grant
            try gate.complete(
                widening, amendment.scopes, expiry: Self.expiry(of: grant.id, terms, amendment.scopes),
                of: grant.id, at: now)
            // What new terms no longer cover must be out of every stream, like after a withdrawal.
            if narrowing != nil { gate.waitForBlockBorders() }
            return recorded
        } catch {
            gate.abandon(widening)
            throw error
        }
    }

    private static func expiry(
        of grant: GrantID, _ terms: GrantTerms, _ scopes: [OwnerScope]
    ) -> ExpiryQueue.Item? {
        terms.validUntil.map { ExpiryQueue.Item(grant: grant, at: $0, scopes: scopes) }
    }

    // MARK: Registry

    private func record(
        _ terms: GrantTerms, _ agreement: Agreement, epoch: Int64, _ writer: RegistryWriter,
        _ caller: Caller, at now: Instant
    ) throws -> (GrantChange, Int64?) {
        let current = try writer.currentGrant(of: agreement.id, owner: caller.owner)
        let isAmended = current?.isLive(at: now) == true
        // A grant that is listed or live keeps its id; a closed one is history, and a new one begins.
        let reused = current.flatMap { $0.state == .requested || isAmended ? $0 : nil }
        let fields = try writer.requireAgreement(agreement.id).fields
        let grant = Grant(
            id: reused?.id ?? newID(at: now), agreement: agreement.id, owner: caller.owner, state: .given,
            fields: fields.filter { terms.fields?.contains($0) ?? true },
            ownerKeys: terms.ownerKeys, validUntil: terms.validUntil, changedAt: now)
        if let current, current.state == .given, !isAmended {
            // Its time has run out, and the sweep has not recorded that yet.
            let end = gates.gate(of: agreement.id)?.epoch(ofExpired: current.id)
            try expire(current, writer, epoch: end ?? epoch, at: now)
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
