public import Model
public import Registry

/// Organisations that ask to take part, and what the operator answers.
extension Exchange {
    /// So many may wait at once, and so many come in an hour: anyone can ask, without showing who he is, and
    /// each leaves an entry.
    static let maximumRegistrations = 1000
    static let registrationsAnHour = 100
    /// Whoever is not answered for so long is refused.
    static let registrationDays: Int64 = 30

    /// An organisation asks to take part. Until the operator approves it nothing that it brings counts, and
    /// what it brings keeps nobody else from bringing the same.
    ///
    /// - Throws: also `RetryableFault` when too many wait, or have come lately.
    public func register(_ organisation: Organisation, provenBy proof: ClientProof) async throws
        -> Recorded<Organisation>
    {
        var pending = organisation
        pending.state = .pending
        let asked = pending
        try Self.check(asked)
        _ = try proof.credentials(of: asked.id, at: now)
        return try await participantLocks.holding(asked.id) {
            try await widen { writer, now in
                let waiting = try writer.registrationCount()
                let recent = try writer.registrationCount(since: now.adding(seconds: -3600))
                guard waiting < Self.maximumRegistrations, recent < Self.registrationsAnHour else {
                    throw RetryableFault(
                        "registrations_full", "too many organisations have asked to take part",
                        cause: "\(waiting) registrations are pending, \(recent) of the last hour")
                }
                try ClientFault.told(of: "id") { try writer.insert(asked) }
                try writer.insert(
                    Registration(organisation: asked.id, proof: proof.registered, madeAt: now))
                return (asked, try writer.record(Self.added(asked, (nil, []), .anyone)))
            }
        }
    }

    /// Refuses those that nobody answered.
    public func endStaleRegistrations() async throws {
        let end = now.adding(seconds: -Self.registrationDays * 86_400)
        for id in try registry.read({ try $0.registrations(before: end) }) {
            _ = try await participantLocks.holding(id) {
                try await narrow { writer, _ in
                    guard let found = try writer.registration(of: id), found.madeAt < end else {
                        return ((), nil)
                    }
                    return ((), try self.refuse(id, writer, by: .hub))
                }
            }
        }
    }

    @discardableResult
    func refuse(_ id: Slug, _ writer: RegistryWriter, by actor: Actor) throws -> Int64 {
        try writer.deleteRegistration(of: id)
        try writer.delete(id)
        return try writer.record(
            AuditEvent(.organisationRefused, by: actor, ["organisation": .string(id.text)]))
    }

    /// A pending organisation takes part from now on.
    public func approve(_ id: Slug, reason: String?, by caller: Caller) async throws -> Recorded<Organisation>
    {
        try await participantLocks.holding(id) {
            var credentials: (Credential?, [ClientKey]) = (nil, [])
            let recorded = try await widen(by: caller) { writer, now in
                var organisation = try Self.require(id, in: .pending, writer)
                guard let registration = try writer.registration(of: id) else {
                    throw RegistryError(.corrupt, "pending organisation `\(id)` has no registration")
                }
                // What it brought may have expired, or be somebody else's by now.
                credentials = try ClientProof(registration.proof).credentials(of: id, at: now)
                try Self.insert(credentials, writer)
                try writer.deleteRegistration(of: id)
                (organisation.state, organisation.stateReason) = (.active, reason)
                try writer.set(.active, of: id, reason: reason)
                let event = AuditEvent(
                    .organisationApproved, by: caller.actor,
                    ["organisation": .string(id.text)].merging(Self.credentialMembers(credentials)) { $1 })
                return (organisation, try writer.record(event))
            }
            participants.set(recorded.value)
            try participants.add(
                credentials.0?.thumbprint, credentials.1, of: id, at: now)
            return recorded
        }
    }

    /// A pending organisation does not take part; its name is free again.
    public func refuseRegistration(_ id: Slug, by caller: Caller) async throws -> Recorded<Organisation> {
        try await participantLocks.holding(id) {
            try await narrow { writer, _ in
                let organisation = try Self.require(id, in: .pending, writer)
                return (organisation, try self.refuse(id, writer, by: caller.actor))
            }
        }
    }

    static func require(
        _ id: Slug, in state: Organisation.State, _ reader: RegistryReader
    ) throws -> Organisation {
        guard let organisation = try reader.organisation(id) else { throw unknown(id) }
        guard organisation.state == state else {
            throw ClientFault(
                .conflict, "organisation_state", "the organisation is in another state", field: "state",
                found: organisation.state.rawValue, expected: state.rawValue)
        }
        return organisation
    }

    static func unknown(_ id: Slug) -> ClientFault {
        ClientFault(
            .notFound, "organisation_unknown", "there is no organisation `\(id)`", field: "organisation",
            found: id.text)
    }

    /// Organisations by slug, all or those in one state.
    public func organisations(in state: Organisation.State?, limit: Int, cursor: String?) throws
        -> Page<Organisation>
    {
        try registry.read { reader in
            guard let state else { return try reader.organisations(after: cursor, limit: limit) }
            return try reader.organisations(in: state, after: cursor, limit: limit)
        }
    }
}
