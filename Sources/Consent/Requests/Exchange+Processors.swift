public import Model
internal import Registry

/// Processors read under an agreement in their own name, for its consumer, who answers for them.
extension Exchange {
    /// Far more than a consumer can keep an eye on.
    static let maximumProcessors = 100

    /// Says who may read for the consumer, in the place of those who might before.
    ///
    /// Who is not named any more is out at once, his streams included; who is new comes in once the log says
    /// so.
    public func setProcessors(_ processors: [Slug], of id: AgreementID, by caller: Caller) async throws
        -> Recorded<Agreement>
    {
        try await processorLocks.holding(id) {
            let before = try registry.read { try Self.checked(processors, id, caller, at: self.now, $0) }
            let removed = Set(before.processors).subtracting(processors)
            let gate = gates.gate(of: id)
            gate?.processors.subtract(removed)
            participants.noteChange()
            if !removed.isEmpty { gate?.cutStreams { removed.contains($0.client) } }
            let isNarrowing = Set(processors).isSubset(of: before.processors)
            let record = { (writer: RegistryWriter, now: Instant) throws -> (Agreement, Int64?) in
                var agreement = try Self.checked(processors, id, caller, at: now, writer)
                agreement.processors = processors.sorted()
                try writer.setProcessors(of: id, to: agreement.processors)
                return (agreement, try writer.record(Self.event(agreement, removed, caller)))
            }
            let recorded =
                isNarrowing ? try await narrow(record) : try await widen(by: caller, record)
            // All of them, since an earlier change may have ended half way.
            gates.gate(of: id)?.processors = Set(processors)
            participants.noteChange()
            return recorded
        }
    }

    private static func event(
        _ agreement: Agreement, _ removed: Set<Slug>, _ caller: Caller
    ) -> AuditEvent {
        AuditEvent(
            .processorsChanged, by: caller.actor,
            [
                "agreement": .string(agreement.id.description), "dataset": .string(agreement.dataset.text),
                "provider": .string(agreement.provider.text), "consumer": .string(agreement.consumer.text),
                "processors": JSON(agreement.processors.map(\.text)),
                "removed": JSON(removed.map(\.text).sorted()),
            ])
    }

    private static func checked(
        _ processors: [Slug], _ id: AgreementID, _ caller: Caller, at now: Instant, _ reader: RegistryReader
    ) throws -> Agreement {
        let agreement = try reader.requireAgreement(id)
        guard caller.acts(as: .consumer, for: agreement.consumer) else {
            throw ClientFault(
                .notFound, "agreement_unknown", "there is no such agreement of yours as its consumer",
                field: "agreement", found: id.description)
        }
        guard agreement.isLive(at: now) else { throw ended(agreement) }
        guard processors.count <= maximumProcessors, Set(processors).count == processors.count else {
            throw ClientFault(
                .badInput, "bad_processors", "there are too many processors, or one stands there twice",
                field: "processors", found: "\(processors.count) names",
                expected: "at most \(maximumProcessors), each once")
        }
        for processor in processors {
            guard let organisation = try reader.organisation(processor), organisation.state != .pending,
                organisation.roles.contains(.consumer), processor != agreement.consumer
            else {
                throw ClientFault(
                    .badInput, "processor_unknown", "a processor is another organisation of this hub",
                    field: "processors", found: processor.text,
                    expected: "an organisation with the role consumer, and not the agreement's own")
            }
        }
        return agreement
    }
}
