internal import DataPlane
public import Model
internal import Registry

/// The ways a grant ends. All of them narrow: they act first, and work while the log cannot be written.
extension Exchange {
    /// How a grant is ended by someone.
    public enum Ending: String, CaseIterable, Sendable {
        /// By its owner, after he gave it.
        case withdraw
        /// By its owner, instead of giving it.
        case refuse
        /// By the provider or the operator.
        case revoke

        var state: Grant.State {
            switch self {
            case .withdraw: .withdrawn
            case .refuse: .refused
            case .revoke: .revoked
            }
        }

        var entryType: EntryType {
            switch self {
            case .withdraw: .grantWithdrawn
            case .refuse: .grantRefused
            case .revoke: .grantRevoked
            }
        }

        /// The states it may end.
        var from: Set<Grant.State> {
            switch self {
            case .withdraw: [.given]
            case .refuse: [.requested]
            case .revoke: [.given, .requested]
            }
        }
    }

    /// Ends a grant.
    ///
    /// Returns only when no stream can send a row of it any more. `entry` is nil if the log cannot be written
    /// now; then the entry follows when it can.
    public func end(
        _ id: GrantID, by ending: Ending, reason: String? = nil, _ caller: Caller
    ) async throws -> Recorded<GrantChange> {
        let (grant, restrictions) = try registry.read { reader in
            let grant = try self.endable(id, ending, caller, reader)
            return (grant, try self.everything(of: grant, reader))
        }
        guard let gate = gates.gate(of: grant.agreement) else {
            // The agreement is over: no row flows under it.
            return try await narrow { writer, now in
                try self.end(id, ending, reason, epoch: nil, writer, by: caller, at: now)
            }
        }
        let narrowing = gate.narrow(grant.owner, restrictions)
        return try await record(narrowing, in: gate) { writer, now in
            // A key may have become his since the look above.
            let known = Set(restrictions)
            let more = try self.everything(of: grant, writer).filter { !known.contains($0) }
            let epoch = gate.order(narrowing, more, ending: id)
            return try self.end(id, ending, reason, epoch: epoch, writer, by: caller, at: now)
        }
    }

    /// All that is the grant's owner's in the agreement's dataset.
    private func everything(of grant: Grant, _ reader: RegistryReader) throws -> [Restriction] {
        let dataset = try reader.requireDataset(reader.requireAgreement(grant.agreement).dataset)
        return Restriction.everything(of: try links(of: grant.owner, in: dataset, reader))
    }

    private func endable(
        _ id: GrantID, _ ending: Ending, _ caller: Caller, _ reader: RegistryReader
    ) throws -> Grant {
        guard let grant = try reader.grant(id) else { throw Self.unknown(id) }
        let isOwner = grant.owner == caller.owner
        switch ending {
        case .withdraw, .refuse:
            guard isOwner else {
                // Whoever may revoke knows of the grant; to all others it does not exist.
                guard try mayRevoke(grant, caller, reader) else { throw Self.unknown(id) }
                throw ClientFault(
                    .forbidden, "not_the_owner", "only the owner may \(ending.rawValue) his grant",
                    remedy: "you may revoke it")
            }
        case .revoke:
            guard try mayRevoke(grant, caller, reader) else {
                guard isOwner else { throw Self.unknown(id) }
                throw ClientFault(
                    .forbidden, "owner_revokes", "an owner withdraws or refuses his grant; others revoke it",
                    remedy: "withdraw it")
            }
        }
        guard ending.from.contains(grant.state) else {
            throw ClientFault(
                .conflict, "grant_state", "a grant in this state cannot be ended by \(ending.rawValue)",
                field: "state", found: grant.state.rawValue,
                expected: ending.from.map(\.rawValue).sorted().joined(separator: " or "))
        }
        return grant
    }

    private func mayRevoke(_ grant: Grant, _ caller: Caller, _ reader: RegistryReader) throws -> Bool {
        if caller.capacities.contains(.operator) { return true }
        return caller.acts(as: .provider, for: try reader.requireAgreement(grant.agreement).provider)
    }

    private static func unknown(_ id: GrantID) -> ClientFault {
        ClientFault(
            .notFound, "grant_unknown", "there is no such grant to you", field: "grant", found: id.description
        )
    }

    private func end(
        _ id: GrantID, _ ending: Ending, _ reason: String?, epoch: Int64?, _ writer: RegistryWriter,
        by caller: Caller, at now: Instant
    ) throws -> (GrantChange, Int64?) {
        var grant = try endable(id, ending, caller, writer)
        let agreement = try writer.requireAgreement(grant.agreement)
        grant.state = ending.state
        grant.reason = reason
        grant.changedAt = now
        try writer.update(grant)
        if let epoch { try writer.raiseEpoch(of: agreement.id, to: epoch) }
        let event = Self.event(ending.entryType, grant, agreement, epoch: epoch, by: caller.actor)
        let others = try writer.otherLiveGrants(
            than: id, of: grant.owner, consumer: agreement.consumer, dataset: agreement.dataset, at: now)
        let change = GrantChange(
            grant: grant, epoch: epoch ?? agreement.epoch, stillReadable: others.map(\.id))
        return (change, try writer.record(event))
    }

    // MARK: Time

    /// Records the grants whose time has run out; their rows stopped flowing when it did.
    ///
    /// - Returns: how many.
    public func recordExpiries() async throws -> Int {
        let now = self.now
        for gate in gates.all { gate.expire(at: now) }
        projections.review()
        let due = try registry.read { try $0.grantsExpiring(through: now, limit: 1000) }
        for grant in due {
            let gate = gates.gate(of: grant.agreement)
            let epoch = gate?.epoch(ofExpired: grant.id) ?? gate?.epoch
            _ = try await narrow { writer, now in
                // It may have been ended in between, or its end moved.
                guard let current = try writer.grant(grant.id), current.state == .given,
                    !current.isLive(at: now)
                else {
                    return ((), nil)
                }
                return ((), try self.expire(current, writer, epoch: epoch, at: now))
            }
            gate?.forgetExpired(grant.id)
        }
        return due.count
    }

    @discardableResult
    func expire(_ grant: Grant, _ writer: RegistryWriter, epoch: Int64?, at now: Instant) throws -> Int64 {
        let agreement = try writer.requireAgreement(grant.agreement)
        var expired = grant
        expired.state = .expired
        expired.changedAt = now
        try writer.update(expired)
        if let epoch { try writer.raiseEpoch(of: agreement.id, to: epoch) }
        return try writer.record(Self.event(.grantExpired, expired, agreement, epoch: epoch, by: .hub))
    }
}

extension RegistryReader {
    func requireAgreement(_ id: AgreementID) throws -> Agreement {
        guard let agreement = try agreement(id) else {
            throw ClientFault(
                .notFound, "agreement_unknown", "there is no such agreement", field: "agreement",
                found: id.description)
        }
        return agreement
    }
}
