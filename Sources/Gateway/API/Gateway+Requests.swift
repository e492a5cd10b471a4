internal import Consent
internal import HTTPTypes
internal import Model
internal import Registry

extension Gateway {
    func makeRequest(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let ask = Exchange.Ask(
            dataset: try members.slug("dataset"), purpose: Purpose(try members.text("purpose")),
            legalBasis: try members.word("legal_basis", LegalBasis.self),
            fields: try members.required("fields", "an array of field names", Members.texts),
            validUntil: try members.time("valid_until"), dataSpan: try members.dataSpan(),
            retention: try members.optional("retention", "a duration such as P90D") { $0.string },
            notice: try members.optional("notice", "an object of texts by language") { json in
                guard let texts = json.object?.mapValues(\.string) else { return nil }
                let known = texts.compactMapValues { $0 }
                return known.count == texts.count ? known : nil
            } ?? [:])
        try members.finish()
        let recorded = try await exchange.request(ask, by: try call.requiredCaller)
        return .json(
            recorded.value.json, status: .created, entry: recorded.entry,
            location: "/api/v1/requests/\(recorded.value.id)")
    }

    func listRequests(_ call: Call) async throws -> Answer {
        let query = try call.query("role", "limit", "cursor")
        let caller = try call.requiredCaller
        let limit = try query.integer("limit", in: 1...1000) ?? 100
        let roles: [Caller.Capacity] = [.owner, .provider, .consumer]
        guard let role = query["role"].flatMap(Caller.Capacity.init(rawValue:)), roles.contains(role) else {
            throw ClientFault(
                .badInput, "wrong_value", "`role` says whose requests are listed", field: "role",
                found: query["role"], expected: "owner, provider or consumer")
        }
        guard caller.capacities.contains(role) else {
            throw ClientFault(
                .forbidden, "role_missing", "you are no \(role.rawValue)", field: "role", found: role.rawValue
            )
        }
        if role == .owner {
            let page = try await exchange.ownerRequests(of: caller, limit: limit, cursor: query["cursor"])
            return .json(["items": .array(page.items.map(\.json)), "next": JSON(page.next)])
        }
        let page = try exchange.requests(as: role, of: caller, limit: limit, cursor: query["cursor"])
        let items = page.items.map { item in
            var members = item.request.json.object ?? [:]
            members["agreement"] = JSON(item.agreement?.description)
            return JSON.object(members)
        }
        return .json(["items": .array(items), "next": JSON(page.next)])
    }

    func agree(_ call: Call) async throws -> Answer {
        try Members(try await call.json()).finish()
        let recorded = try await exchange.agree(try call.identifier("id"), by: try call.requiredCaller)
        let agreement = recorded.value
        return .json(
            [
                "agreement": .string(agreement.id.description), "policy": agreement.policy,
                "jws": .string(agreement.jws), "state": .string(AccessRequest.State.agreed.rawValue),
                "entry": recorded.entryJSON,
            ], entry: recorded.entry)
    }

    func agreement(_ call: Call) async throws -> Answer {
        switch call.endpoint {
        case .endAgreement: try await endAgreement(call)
        case .setProcessors: try await setProcessors(call)
        default: try showAgreement(call)
        }
    }

    /// An agreement, for its two parties and its processors.
    private func showAgreement(_ call: Call) throws -> Answer {
        let id: AgreementID = try call.identifier("id")
        let caller = try call.requiredCaller
        guard let agreement = try exchange.agreement(id),
            caller.acts(as: .provider, for: agreement.provider)
                || caller.acts(as: .consumer, for: agreement.consumer)
                || agreement.processors.contains(where: { caller.acts(as: .consumer, for: $0) })
        else {
            throw ClientFault(
                .notFound, "agreement_unknown", "there is no such agreement of yours", found: id.description)
        }
        return .json(agreement.json(at: exchange.now))
    }

    private func endAgreement(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let reason = try members.reason()
        try members.finish()
        let recorded = try await exchange.end(
            try call.identifier("id"), reason: reason, by: try call.requiredCaller)
        return answer(recorded)
    }

    /// The body is the list of those who may read for the consumer from now on.
    private func setProcessors(_ call: Call) async throws -> Answer {
        let body = try await call.json()
        let processors = Members.texts(body)?.map { Slug($0) } ?? [nil]
        let known = processors.compactMap(\.self)
        guard known.count == processors.count else {
            throw ClientFault(
                .badInput, "wrong_type", "the body is not a list of organisations", field: "processors",
                found: body.kind, expected: "an array of names, each \(Slug.expectation)")
        }
        return answer(
            try await exchange.setProcessors(
                known, of: try call.identifier("id"), by: try call.requiredCaller))
    }

    private func answer(_ recorded: Exchange.Recorded<Agreement>) -> Answer {
        var json = recorded.value.json(at: exchange.now).object ?? [:]
        json["entry"] = recorded.entryJSON
        return .json(.object(json), entry: recorded.entry)
    }

    func refuseRequest(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let reason = try members.text("reason")
        try members.finish()
        let recorded = try await exchange.refuse(
            try call.identifier("id"), reason: reason, by: try call.requiredCaller)
        return .json(
            ["state": .string(recorded.value.state.rawValue), "entry": recorded.entryJSON],
            entry: recorded.entry)
    }
}

extension Members {
    fileprivate mutating func dataSpan() throws(ClientFault) -> DataSpan? {
        let json = try optional("data_span", "{\"from\":TIME,\"to\":TIME}") { $0 }
        guard let json else { return nil }
        var members = try Members(json, path: name("data_span"))
        let span = DataSpan(from: try members.time("from"), to: try members.time("to"))
        try members.finish()
        return span
    }
}

extension AccessRequest {
    var json: JSON {
        [
            "request": .string(id.description), "dataset": .string(dataset.text),
            "consumer": .string(consumer.text),
            "purpose": .string(purpose.iri), "legal_basis": .string(legalBasis.rawValue),
            "fields": JSON(fields),
            "valid_until": JSON(validUntil), "data_span": dataSpan?.json ?? .null,
            "retention": JSON(retention),
            "notice": .object(notice.mapValues(JSON.string)), "state": .string(state.rawValue),
            "reason": JSON(refusalReason), "made_at": JSON(madeAt),
        ]
    }
}

extension Agreement {
    fileprivate func json(at now: Instant) -> JSON {
        [
            "agreement": .string(id.description), "request": .string(request.description),
            "dataset": .string(dataset.text), "provider": .string(provider.text),
            "consumer": .string(consumer.text),
            "purpose": .string(purpose.iri), "legal_basis": .string(legalBasis.rawValue),
            "fields": JSON(fields),
            "valid_until": JSON(validUntil), "data_span": dataSpan?.json ?? .null,
            "policy": policy, "jws": .string(jws),
            "processors": JSON(processors.map(\.text)),
            "state": .string(isLive(at: now) ? "live" : "ended"), "ended_at": JSON(endedAt),
            "reason": JSON(endReason),
        ]
    }
}

extension Exchange.OwnerRequest {
    var json: JSON {
        [
            "request": .string(request.id.description), "agreement": .string(agreement.id.description),
            "dataset": .string(agreement.dataset.text), "consumer": .string(agreement.consumer.text),
            "purpose": .string(agreement.purpose.iri), "legal_basis": .string(agreement.legalBasis.rawValue),
            "fields": JSON(agreement.fields), "valid_until": JSON(agreement.validUntil),
            "data_span": agreement.dataSpan?.json ?? .null,
            "retention": JSON(request.retention), "notice": .object(request.notice.mapValues(JSON.string)),
            "owner_keys": JSON(ownerKeys), "grant": .string(grant.id.description),
            "state": .string(grant.state.rawValue), "agreement_ended_at": JSON(agreement.endedAt),
        ]
    }
}
