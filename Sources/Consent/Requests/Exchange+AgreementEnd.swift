internal import DataPlane
public import Model
internal import Registry

extension Exchange {
    /// Ends an agreement, as its provider or consumer: what it let flow flows no more, for ever.
    ///
    /// Returns only when no stream can send another block. `entry` is nil if the log cannot be written now;
    /// then the entry follows when it can.
    public func end(_ id: AgreementID, reason: String?, by caller: Caller) async throws
        -> Recorded<Agreement>
    {
        let agreement = try registry.read { try Self.endable(id, caller, at: self.now, $0) }
        gates.gate(of: id)?.close(.ended)
        let committed = try commit { writer, now in
            var agreement = try Self.endable(id, caller, at: now, writer)
            agreement.endedAt = now
            agreement.endReason = reason
            try writer.end(id, at: now, reason: reason)
            if let gate = self.gates.gate(of: id) { try writer.raiseEpoch(of: id, to: gate.epoch) }
            let event = AuditEvent(
                .agreementEnded, by: caller.actor,
                [
                    "agreement": .string(id.description), "dataset": .string(agreement.dataset.text),
                    "provider": .string(agreement.provider.text),
                    "consumer": .string(agreement.consumer.text),
                    "purpose": .string(agreement.purpose.iri),
                ])
            return (agreement, try writer.record(event))
        }
        // It may have got its gate only now.
        let gate = gates.gate(of: id)
        gate?.close(.ended)
        projections.review(agreement.dataset)
        let recorded = await loggedIfPossible(committed)
        gate?.waitForBlockBorders()
        gates.remove(id)
        return recorded
    }

    private static func endable(
        _ id: AgreementID, _ caller: Caller, at now: Instant, _ reader: RegistryReader
    ) throws -> Agreement {
        let agreement = try reader.requireAgreement(id)
        guard
            caller.acts(as: .provider, for: agreement.provider)
                || caller.acts(as: .consumer, for: agreement.consumer)
        else {
            throw ClientFault(
                .notFound, "agreement_unknown", "there is no such agreement of yours", field: "agreement",
                found: id.description)
        }
        guard agreement.isLive(at: now) else { throw ended(agreement) }
        return agreement
    }

    static func ended(_ agreement: Agreement) -> ClientFault {
        ClientFault(
            .conflict, "agreement_ended", "the agreement has ended", field: "agreement",
            found: agreement.id.description)
    }
}
