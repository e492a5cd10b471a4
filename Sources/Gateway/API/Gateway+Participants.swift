internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import Model
internal import Registry

extension Gateway {
    func organisationAnswer(_ call: Call) async throws -> Answer {
        switch call.endpoint {
        case .addOrganisation: try await addOrganisation(call)
        case .listOrganisations, .showOrganisation: try organisations(call)
        case .registerOrganisation: try await registerOrganisation(call)
        case .addCredential, .removeCredential: try await changeCredential(call)
        default: try await changeOrganisation(call)
        }
    }

    private func addOrganisation(_ call: Call) async throws -> Answer {
        let (organisation, proof) = try Self.organisation(try await call.json())
        let recorded = try await exchange.addOrganisation(
            organisation, provenBy: proof, by: try call.requiredCaller)
        return .json(
            organisation.json, status: .created, entry: recorded.entry,
            location: "/api/v1/organisations/\(organisation.id)")
    }

    func addPerson(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let name = try members.text("name")
        let organisation = try members.optional("organisation", Slug.expectation) {
            $0.string.flatMap { Slug($0) }
        }
        let role = try members.optional(
            "role", "one of " + Person.Role.allCases.map(\.rawValue).joined(separator: ", ")
        ) { $0.string.flatMap { Person.Role(rawValue: $0) } }
        let certificate = try members.certificate()
        guard let certificate else { throw Members.missingCertificate }
        try members.finish()
        let recorded = try await exchange.addPerson(
            name: name, organisation: organisation, role: role, certificate: certificate,
            by: try call.requiredCaller)
        return .json(
            recorded.value.json, status: .created, entry: recorded.entry,
            location: "/api/v1/persons/\(recorded.value.id)")
    }

    /// Anyone may ask. A certificate must be vouched for: nobody else knows the sender yet.
    private func registerOrganisation(_ call: Call) async throws -> Answer {
        let (organisation, proof) = try Self.organisation(
            try await call.json(upTo: Self.maximumRegistrationBytes))
        if case .certificate(let certificate) = proof { try requireVouchedFor(certificate) }
        let recorded = try await exchange.register(organisation, provenBy: proof)
        return .json(
            recorded.value.json, status: .created, entry: recorded.entry,
            location: "/api/v1/organisations/\(organisation.id)")
    }

    private static let maximumRegistrationBytes = 64 << 10

    private func requireVouchedFor(_ certificate: X509Certificate) throws {
        do {
            try certificate.verify(
                against: parts.authorities, intermediates: [], at: exchange.now, purpose: .client)
        } catch {
            throw ClientFault(
                .badInput, "certificate_untrusted", "no authority of this hub issued the certificate",
                field: "certificate", found: "\(error)",
                expected: "a client certificate of one of the hub's authorities",
                remedy: "send such a certificate, or `jwks`")
        }
    }

    private static func organisation(_ json: JSON) throws -> (Organisation, ClientProof) {
        var members = try Members(json)
        let organisation = Organisation(
            id: try members.slug("id"), name: try members.text("name"),
            roles: try members.required("roles", "an array of provider, consumer, owner") { json in
                guard let texts = Members.texts(json) else { return nil }
                let roles = texts.compactMap { Organisation.Role(rawValue: $0) }
                return roles.count == texts.count ? Set(roles) : nil
            })
        let proof = try members.proof()
        try members.finish()
        return (organisation, proof)
    }

    private func organisations(_ call: Call) throws -> Answer {
        if call.endpoint == .showOrganisation {
            let participant = try exchange.participant(try call.slug("id"), for: try call.requiredCaller)
            return .json(participant.json)
        }
        let query = try call.query("state", "limit", "cursor")
        let state = try query["state"].map { text throws(ClientFault) in
            guard let state = Organisation.State(rawValue: text) else {
                throw ClientFault(
                    .badInput, "wrong_value", "`state` is no state of an organisation", field: "state",
                    found: text, expected: Organisation.State.allCases.map(\.rawValue).joined(separator: ", ")
                )
            }
            return state
        }
        let page = try exchange.organisations(
            in: state, limit: try query.integer("limit", in: 1...1000) ?? 100, cursor: query["cursor"])
        return .json(["items": .array(page.items.map(\.json)), "next": JSON(page.next)])
    }

    private func changeOrganisation(_ call: Call) async throws -> Answer {
        let (id, caller) = (try call.slug("id"), try call.requiredCaller)
        var members = try Members(try await call.json())
        let reason = try members.reason()
        try members.finish()
        let recorded =
            switch call.endpoint {
            case .approveOrganisation: try await exchange.approve(id, reason: reason, by: caller)
            case .refuseOrganisation: try await exchange.refuseRegistration(id, by: caller)
            case .suspendOrganisation: try await exchange.suspend(id, reason: reason, by: caller)
            default: try await exchange.resume(id, reason: reason, by: caller)
            }
        var json = recorded.value.json.object ?? [:]
        json["entry"] = recorded.entryJSON
        return .json(.object(json), entry: recorded.entry)
    }

    private func changeCredential(_ call: Call) async throws -> Answer {
        let (id, caller) = (try call.slug("id"), try call.requiredCaller)
        if call.endpoint == .removeCredential {
            let text = try call.parameter("thumbprint")
            guard let thumbprint = Thumbprint(text: text) else {
                throw ClientFault(
                    .badInput, "wrong_value", "the path names no possible thumbprint", field: "thumbprint",
                    found: text, expected: "base64url of 32 bytes")
            }
            let recorded = try await exchange.removeCredential(thumbprint, of: id, by: caller)
            return .json(
                ["removed": .string(text), "entry": recorded.entryJSON], entry: recorded.entry)
        }
        var members = try Members(try await call.json())
        let proof = try members.proof()
        try members.finish()
        let recorded = try await exchange.addCredential(proof, to: id, by: caller)
        return .json(
            recorded.value.json, status: .created, entry: recorded.entry,
            location: "/api/v1/organisations/\(id)")
    }
}

extension Members {
    static let missingCertificate = ClientFault(
        .badInput, "member_missing", "`certificate` is missing", field: "certificate",
        expected: "one X.509 certificate as PEM")

    fileprivate mutating func certificate() throws -> X509Certificate? {
        guard let pem = try optional("certificate", "one X.509 certificate as PEM", { $0.string }) else {
            return nil
        }
        do {
            return try X509Certificate(pem: pem)
        } catch {
            throw ClientFault(
                .badInput, "bad_certificate", "not a certificate: \(error)", field: "certificate",
                expected: "one X.509 certificate as PEM")
        }
    }

    /// Exactly one of `certificate` and `jwks`.
    fileprivate mutating func proof() throws -> ClientProof {
        let certificate = try certificate()
        let keys = try optional("jwks", "a JWK Set") { $0.object == nil ? nil : $0 }
        switch (certificate, keys) {
        case (let certificate?, nil): return .certificate(certificate)
        case (nil, let keys?): return .keys(keys)
        case (nil, nil): throw Self.missingCertificate
        default:
            throw ClientFault(
                .badInput, "member_unknown", "`certificate` and `jwks` exclude each other", field: "jwks",
                expected: "one of the two", remedy: "add the other as a credential afterwards")
        }
    }

    /// Free text, which the log never gets.
    mutating func reason() throws(ClientFault) -> String? {
        try optional("reason", "a string of at most 2000 characters") { json in
            json.string.flatMap { $0.unicodeScalars.count <= 2000 ? $0 : nil }
        }
    }
}

extension Organisation {
    var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "roles": JSON(roles.map(\.rawValue).sorted()),
            "state": .string(state.rawValue), "reason": JSON(stateReason),
        ]
    }
}

extension Exchange.Participant {
    fileprivate var json: JSON {
        var members = organisation.json.object ?? [:]
        members["credentials"] = .array(
            certificates.map { credential in
                [
                    "type": "certificate", "thumbprint": .string(credential.thumbprint.description),
                    "not_after": JSON(credential.notAfter),
                ]
            }
                + keys.map { key in
                    [
                        "type": "key", "thumbprint": .string(key.thumbprint.description),
                        "kid": key.jwk["kid"] ?? .null,
                    ]
                })
        return .object(members)
    }
}

extension Person {
    var json: JSON {
        [
            "id": .string(id.description), "name": .string(name), "organisation": JSON(organisation?.text),
            "role": JSON(role?.rawValue),
        ]
    }
}
