internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import Model

extension Gateway {
    func addOrganisation(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let organisation = Organisation(
            id: try members.slug("id"), name: try members.text("name"),
            roles: try members.required("roles", "an array of provider, consumer, owner") { json in
                guard let texts = Members.texts(json) else { return nil }
                let roles = texts.compactMap { Organisation.Role(rawValue: $0) }
                return roles.count == texts.count ? Set(roles) : nil
            })
        let certificate = try members.certificate()
        try members.finish()
        let recorded = try await exchange.addOrganisation(
            organisation, certificate: certificate, by: try call.requiredCaller)
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
        try members.finish()
        let recorded = try await exchange.addPerson(
            name: name, organisation: organisation, role: role, certificate: certificate,
            by: try call.requiredCaller)
        return .json(
            recorded.value.json, status: .created, entry: recorded.entry,
            location: "/api/v1/persons/\(recorded.value.id)")
    }
}

extension Members {
    fileprivate mutating func certificate() throws -> X509Certificate {
        let pem = try text("certificate")
        do {
            return try X509Certificate(pem: pem)
        } catch {
            throw ClientFault(
                .badInput, "bad_certificate", "not a certificate: \(error)", field: "certificate",
                expected: "one X.509 certificate as PEM")
        }
    }
}

extension Organisation {
    var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "roles": JSON(roles.map(\.rawValue).sorted()),
            "state": .string(state.rawValue),
        ]
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
