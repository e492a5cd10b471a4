public import Cryptography
public import Model
internal import Registry

extension Exchange {
    /// Whose certificate this is; nil for one that nobody registered, or of a suspended organisation.
    public func caller(with thumbprint: Thumbprint) throws -> Caller? {
        try registry.read { reader in
            switch try reader.principal(for: thumbprint) {
            case .organisation(let slug):
                guard let organisation = try reader.organisation(slug), organisation.state == .active else {
                    return nil
                }
                return Caller(organisation: organisation, thumbprint: thumbprint)
            case .person(let id):
                guard let person = try reader.person(id) else { return nil }
                let organisation = try person.organisation.flatMap { try reader.organisation($0) }
                if let organisation, organisation.state != .active { return nil }
                return Caller(person: person, of: organisation, thumbprint: thumbprint)
            case nil: return nil
            }
        }
    }

    /// Adds an organisation with its first certificate.
    public func addOrganisation(
        _ organisation: Organisation, certificate: X509Certificate, by caller: Caller
    ) async throws -> Recorded<Organisation> {
        try Self.checkName(organisation.name)
        guard !organisation.roles.isEmpty else {
            throw ClientFault(
                .badInput, "roles_missing", "an organisation needs a role", field: "roles", found: "[]",
                expected: "one or more of provider, consumer, owner")
        }
        return try await widen { writer, now in
            try Self.check(certificate, at: now)
            try ClientFault.told(of: "id") { try writer.insert(organisation) }
            try writer.insert(Credential(certificate, of: .organisation(organisation.id)))
            let event = AuditEvent(
                .organisationAdded, by: caller.actor,
                [
                    "organisation": .string(organisation.id.text),
                    "roles": JSON(organisation.roles.map(\.rawValue).sorted()),
                    "x5t": .string(certificate.thumbprint.description),
                ])
            return (organisation, try writer.record(event))
        }
    }

    /// Adds a person with a certificate. The log gets a commitment, never the name or the certificate.
    public func addPerson(
        name: String, organisation: Slug?, role: Person.Role?, certificate: X509Certificate, by caller: Caller
    ) async throws -> Recorded<Person> {
        try Self.checkName(name)
        let needsOrganisation: Set<Person.Role> = [.publisher, .requester, .auditor]
        if let role, needsOrganisation.contains(role), organisation == nil {
            throw ClientFault(
                .badInput, "organisation_missing", "a person with role `\(role.rawValue)` is staff",
                field: "organisation", expected: "the organisation he works for")
        }
        return try await widen { writer, now in
            try Self.check(certificate, at: now)
            if let organisation, try writer.organisation(organisation) == nil {
                throw ClientFault(
                    .notFound, "organisation_unknown", "there is no organisation `\(organisation)`",
                    field: "organisation", remedy: "add it first")
            }
            let person = Person(id: self.newID(at: now), name: name, organisation: organisation, role: role)
            try writer.insert(person)
            try writer.insert(Credential(certificate, of: .person(person.id)))
            let event = AuditEvent(
                .personAdded, by: caller.actor,
                ["organisation": JSON(organisation?.text), "role": JSON(role?.rawValue)],
                persons: ["person": person.id])
            return (person, try writer.record(event))
        }
    }

    private static func checkName(_ name: String) throws {
        guard (1...200).contains(name.unicodeScalars.count) else {
            throw ClientFault(
                .badInput, "bad_name", "a name is too short or too long", field: "name", found: name,
                expected: "1 to 200 characters")
        }
    }

    private static func check(_ certificate: X509Certificate, at now: Instant) throws {
        guard now < certificate.notAfter else {
            throw ClientFault(
                .badInput, "certificate_expired", "the certificate has expired", field: "certificate",
                found: certificate.notAfter.description, expected: "one that is valid now")
        }
        guard !certificate.isAuthority else {
            throw ClientFault(
                .badInput, "certificate_is_authority", "an authority's certificate is no credential",
                field: "certificate", expected: "the certificate of a client")
        }
    }
}

extension Credential {
    init(_ certificate: X509Certificate, of principal: Principal) {
        self.init(
            thumbprint: certificate.thumbprint, principal: principal, certificate: certificate.pem,
            notAfter: certificate.notAfter)
    }
}
