internal import DataPlane
public import Model
internal import Registry

/// An organisation stops taking part for a time. Data stop first: both what it reads and what it provides.
extension Exchange {
    /// Suspends an organisation: its tokens and certificates let nobody in, and its streams end.
    ///
    /// Returns only when none of them can send another block. `entry` is nil if the log cannot be written
    /// now; then the entry follows when it can.
    public func suspend(_ id: Slug, reason: String?, by caller: Caller) async throws -> Recorded<Organisation>
    {
        guard caller.organisation?.id != id else {
            throw ClientFault(
                .conflict, "own_organisation", "whoever suspends his own organisation could not resume it",
                field: "organisation", found: id.text, remedy: "ask another operator")
        }
        return try await participantLocks.holding(id) {
            _ = try registry.read { try Self.require(id, in: .active, $0) }
            let now = self.now
            participants.set(.suspended, of: id)
            let closed = close(.suspended(id)) { $0.agreement.hasParty(id) && $0.isInForce(at: now) }
            cutStreams { $0.client == id }
            let committed: Committed<Organisation>
            do {
                committed = try commit { writer, _ in
                    var organisation = try Self.require(id, in: .active, writer)
                    (organisation.state, organisation.stateReason) = (.suspended, reason)
                    try writer.set(.suspended, of: id, reason: reason)
                    for gate in closed { try writer.raiseEpoch(of: gate.agreement.id, to: gate.epoch) }
                    let event = AuditEvent(
                        .organisationSuspended, by: caller.actor,
                        ["organisation": .string(id.text), "agreements": .integer(Int64(closed.count))])
                    return (organisation, try writer.record(event))
                }
            } catch let fault as ClientFault {
                // What was asked cannot be written: it was never so.
                participants.set(.active, of: id)
                for gate in closed { gate.reopen(.suspended(id)) }
                throw fault
            }
            for gate in closed { projections.review(gate.agreement.dataset) }
            let recorded = await loggedIfPossible(committed)
            for gate in closed { gate.waitForBlockBorders() }
            return recorded
        }
    }

    /// A suspended organisation takes part again.
    public func resume(_ id: Slug, reason: String?, by caller: Caller) async throws -> Recorded<Organisation>
    {
        try await participantLocks.holding(id) {
            let recorded = try await widen(by: caller) { writer, _ in
                var organisation = try Self.require(id, in: .suspended, writer)
                (organisation.state, organisation.stateReason) = (.active, reason)
                try writer.set(.active, of: id, reason: reason)
                let event = AuditEvent(
                    .organisationResumed, by: caller.actor, ["organisation": .string(id.text)])
                return (organisation, try writer.record(event))
            }
            participants.set(recorded.value)
            for gate in gates.all where gate.agreement.hasParty(id) { gate.reopen(.suspended(id)) }
            return recorded
        }
    }

    /// Closes those gates for which `isMeant` holds: from then on nothing flows through them.
    func close(_ closing: GateClosing, where isMeant: (AgreementGate) -> Bool) -> [AgreementGate] {
        let meant = gates.all.filter(isMeant)
        for gate in meant { gate.close(closing) }
        return meant
    }

    /// Ends the streams of readers for which `isMeant` holds, and waits until none can send another block.
    ///
    /// Whoever calls it has seen to it that nobody of them is let in again.
    func cutStreams(where isMeant: (Pass) -> Bool) {
        for gate in gates.all { gate.cutStreams(where: isMeant) }
    }
}

extension Agreement {
    func hasParty(_ id: Slug) -> Bool { provider == id || consumer == id }
}
