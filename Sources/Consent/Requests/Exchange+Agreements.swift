internal import Cryptography
public import Model
internal import PolicyEngine
internal import Registry

extension Exchange {
    /// The provider says yes: an ODRL Agreement, signed by the hub. From then on owners are asked.
    public func agree(_ id: RequestID, by caller: Caller) async throws -> Recorded<Agreement> {
        let request = try registry.read { try openRequest(id, $0, for: caller) }
        return try await turnstile(of: request.dataset).alone {
            let recorded = try await widen(by: caller) { writer, now in
                let agreement = try self.make(try openRequest(id, writer, for: caller), writer, at: now)
                let event = AuditEvent(.agreementMade, by: caller.actor, self.entryMembers(of: agreement))
                return (agreement, try writer.record(event))
            }
            try await open(recorded.value)
            return recorded
        }
    }

    private func make(_ request: AccessRequest, _ writer: RegistryWriter, at now: Instant) throws -> Agreement
    {
        let dataset = try writer.requireDataset(request.dataset)
        guard request.lostFieldIDs.isEmpty else {
            throw ClientFault(
                .conflict, "field_gone", "the dataset no longer has some field that was asked for",
                field: "fields", found: request.lostFieldIDs.joined(separator: ", "),
                expected: "fields that the dataset has",
                remedy: "refuse it, and let the consumer ask anew")
        }
        // The offer may have changed, and time has passed, since the request was made.
        try Moments.checkFuture(request.validUntil, field: "valid_until", at: now)
        try requireOffer(of: dataset, for: request, at: now)
        let agreementID = newID(AgreementID.self, at: now)
        let policy = try AgreementPolicy.make(
            uid: IRIs(host: parts.host).agreement(agreementID),
            offer: try CompiledPolicy(dataset.offer, purposes: parts.policies.purposes),
            request: policyRequest(for: request, of: dataset), validUntil: request.validUntil,
            retention: request.retention
        )
        // What cannot be compiled could never be decided: refuse it now, not at the first read.
        _ = try CompiledPolicy(policy, purposes: parts.policies.purposes)
        let keys = try parts.keys.signing()
        let jws = try CompactJWS.sign(
            payload: policy.canonical, header: ["typ": "odrl+json", "kid": .string(keys.currentID)],
            with: keys.current)
        let agreement = Agreement(
            id: agreementID, request: request.id, dataset: dataset.id, provider: dataset.provider,
            consumer: request.consumer, purpose: request.purpose, legalBasis: request.legalBasis,
            fields: request.fields, fieldIDs: dataset.fieldIDs(named: request.fields),
            validUntil: request.validUntil, dataSpan: request.dataSpan,
            policy: policy, jws: jws, madeAt: now)
        try writer.decide(request.id, as: .agreed)
        try writer.insert(agreement)
        return agreement
    }

    private func entryMembers(of agreement: Agreement) -> [String: JSON] {
        [
            "agreement": .string(agreement.id.description), "request": .string(agreement.request.description),
            "dataset": .string(agreement.dataset.text), "provider": .string(agreement.provider.text),
            "consumer": .string(agreement.consumer.text), "purpose": .string(agreement.purpose.iri),
            "legal_basis": .string(agreement.legalBasis.rawValue), "fields": JSON(agreement.fields),
            "valid_until": JSON(agreement.validUntil), "data_span": agreement.dataSpan?.json ?? .null,
            "policy": .string(policyDigest(of: agreement)),
        ]
    }

    /// Base64url SHA-256 of the agreement's canonical policy: how entries name it.
    func policyDigest(of agreement: Agreement) -> String {
        Base64.encodeURL(SHA256.hash(agreement.policy.canonical))
    }
}
