public import Model
internal import PolicyEngine
public import Registry

extension Exchange {
    /// What a consumer asks for, as it came in; `fields` and purpose are checked here.
    public struct Ask: Sendable {
        public var dataset: Slug
        public var purpose: Purpose
        public var legalBasis: LegalBasis
        public var fields: [String]
        public var validUntil: Instant?
        public var dataSpan: DataSpan?
        public var retention: String?
        public var notice: [String: String]

        public init(
            dataset: Slug, purpose: Purpose, legalBasis: LegalBasis, fields: [String],
            validUntil: Instant? = nil, dataSpan: DataSpan? = nil, retention: String? = nil,
            notice: [String: String] = [:]
        ) {
            self.dataset = dataset
            self.purpose = purpose
            self.legalBasis = legalBasis
            self.fields = fields
            self.validUntil = validUntil
            self.dataSpan = dataSpan
            self.retention = retention
            self.notice = notice
        }
    }

    /// Makes an access request, if the hub's guardrails and the offer allow it.
    public func request(_ ask: Ask, by caller: Caller) async throws -> Recorded<AccessRequest> {
        guard let consumer = caller.organisation, caller.capacities.contains(.consumer) else {
            throw ClientFault(.forbidden, "not_a_consumer", "only a consumer asks for access")
        }
        return try await widen(by: caller) { writer, now in
            let dataset = try writer.requireDataset(ask.dataset)
            try check(ask, of: dataset, at: now)
            let request = AccessRequest(
                id: newID(at: now), dataset: dataset.id, consumer: consumer.id, purpose: ask.purpose,
                legalBasis: ask.legalBasis, fields: ask.fields, validUntil: ask.validUntil,
                dataSpan: ask.dataSpan, retention: ask.retention, notice: ask.notice, madeAt: now)
            try requireOffer(of: dataset, for: request, at: now)
            try writer.insert(request)
            var members = request.entryMembers
            members["valid_until"] = JSON(request.validUntil)
            members["data_span"] = request.dataSpan?.json ?? .null
            return (request, try writer.record(AuditEvent(.requestMade, by: caller.actor, members)))
        }
    }

    /// The provider says no.
    ///
    /// - Parameter reason: for the consumer; kept in the registry, never in the log.
    public func refuse(_ id: RequestID, reason: String, by caller: Caller) async throws -> Recorded<
        AccessRequest
    > {
        guard (1...2000).contains(reason.unicodeScalars.count) else {
            throw ClientFault(
                .badInput, "reason_missing", "a refusal says why", field: "reason", found: reason,
                expected: "1 to 2000 characters")
        }
        return try await narrow { writer, _ in
            var request = try openRequest(id, writer, for: caller)
            request.state = .refused
            request.refusalReason = reason
            try writer.decide(id, as: .refused, reason: reason)
            return (
                request,
                try writer.record(AuditEvent(.requestRefused, by: caller.actor, request.entryMembers))
            )
        }
    }

    /// A request and the agreement that came of it.
    public struct KnownRequest: Sendable {
        public var request: AccessRequest
        public var agreement: AgreementID?
    }

    /// The requests that name the caller's organisation.
    public func requests(
        as capacity: Caller.Capacity, of caller: Caller, limit: Int, cursor: String?
    ) throws -> Page<KnownRequest> {
        guard let organisation = caller.organisation else { return Page(items: [], next: nil) }
        return try registry.read { reader in
            let party: Party = capacity == .provider ? .provider(organisation.id) : .consumer(organisation.id)
            let page = try reader.requests(of: party, after: cursor, limit: limit)
            let items = try page.items.map { request in
                KnownRequest(
                    request: request,
                    agreement: request.state == .agreed
                        ? try reader.agreement(forRequest: request.id)?.id : nil)
            }
            return Page(items: items, next: page.next)
        }
    }

    /// An open request to a dataset of the caller.
    func openRequest(_ id: RequestID, _ reader: RegistryReader, for caller: Caller) throws -> AccessRequest {
        guard let request = try reader.request(id), let dataset = try reader.dataset(request.dataset),
            caller.acts(as: .provider, for: dataset.provider)
        else {
            throw ClientFault(
                .notFound, "request_unknown", "there is no such request to you", found: id.description)
        }
        guard request.state == .open else {
            throw ClientFault(
                .conflict, "request_closed", "the request was already \(request.state.rawValue)",
                field: "state",
                found: request.state.rawValue, expected: "open")
        }
        return request
    }

    func requireOffer(of dataset: Dataset, for request: AccessRequest, at now: Instant) throws {
        let offer = try CompiledPolicy(dataset.offer, purposes: parts.policies.purposes)
        let decision = OfferCheck.decide(
            policyRequest(for: request, of: dataset), under: parts.policies.guardrails + [.offer(offer)],
            at: now)
        guard decision.isPermit else {
            let first = decision.reasons.first
            throw ClientFault(
                .forbidden, first?.code ?? "offer_refuses",
                decision.reasons.map(\.message).joined(separator: "; "),
                field: first?.code.hasPrefix("legal_basis") == true ? "legal_basis" : nil)
        }
    }

    /// What policies are told of a request: fields by their ids, and that nothing was read yet.
    func policyRequest(for request: AccessRequest, of dataset: Dataset) -> PolicyRequest {
        let iris = IRIs(host: parts.host)
        return PolicyRequest(
            assignee: iris.organisation(request.consumer), target: iris.dataset(request.dataset),
            purpose: request.purpose, legalBasis: request.legalBasis,
            fields: dataset.fieldIDs(named: request.fields), counts: .first)
    }

    private static func check(_ span: DataSpan?, of dataset: Dataset) throws(ClientFault) {
        guard let span else { return }
        guard dataset.timeColumn != nil else {
            throw ClientFault(
                .badInput, "no_time_column", "the dataset does not say of which time its rows are",
                field: "data_span", found: span.json.canonicalText, remedy: "leave it out")
        }
        guard span.from ?? Instant(milliseconds: .min) < span.to ?? Instant(milliseconds: .max) else {
            throw ClientFault(
                .badInput, "empty_span", "the span holds no moment", field: "data_span",
                found: span.json.canonicalText, expected: "`from` before `to`")
        }
    }

    private func check(_ ask: Ask, of dataset: Dataset, at now: Instant) throws {
        guard dataset.ownerRule != .open else {
            throw ClientFault(
                .conflict, "dataset_open", "the dataset is open: anyone may read it without a request",
                field: "dataset", found: dataset.id.text, remedy: "read it without a token")
        }
        guard parts.policies.purposes.isKnown(ask.purpose) else {
            throw ClientFault(
                .badInput, "purpose_unknown", "the purpose is not in the DPV tree", field: "purpose",
                found: ask.purpose.iri, expected: "an IRI such as https://w3id.org/dpv#ResearchAndDevelopment"
            )
        }
        try FieldNames.check(ask.fields, within: dataset.fields.map(\.name), of: "the dataset")
        try Moments.checkFuture(ask.validUntil, field: "valid_until", at: now)
        try Moments.checkDuration(ask.retention, field: "retention")
        try Self.check(ask.dataSpan, of: dataset)
        for (language, text) in ask.notice {
            guard (2...35).contains(language.utf8.count), (1...10_000).contains(text.unicodeScalars.count)
            else {
                throw ClientFault(
                    .badInput, "bad_notice", "a notice is a text by language", field: "notice.\(language)",
                    expected: "a language tag such as `en`, and 1 to 10000 characters")
            }
        }
    }
}

extension AccessRequest {
    /// How entries tell of this request. The notice and any reason are free text and stay out of the log.
    var entryMembers: [String: JSON] {
        [
            "request": .string(id.description), "dataset": .string(dataset.text),
            "consumer": .string(consumer.text),
            "purpose": .string(purpose.iri), "legal_basis": .string(legalBasis.rawValue),
            "fields": JSON(fields),
        ]
    }
}

extension RegistryReader {
    func requireDataset(_ id: Slug) throws -> Dataset {
        guard let dataset = try dataset(id) else {
            throw ClientFault(
                .notFound, "dataset_unknown", "there is no dataset `\(id)`", field: "dataset", found: id.text)
        }
        return dataset
    }
}
