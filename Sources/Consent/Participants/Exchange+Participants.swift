public import Cryptography
public import Model
internal import Registry

extension Exchange {
    /// Whose certificate this is; nil for one that nobody registered.
    ///
    /// A suspended organisation may still give less; its staff own for themselves all the same.
    public func caller(with thumbprint: Thumbprint) throws -> Caller? {
        if let organisation = participants.organisation(with: thumbprint) {
            return Caller(organisation: organisation, thumbprint: thumbprint)
        }
        return try registry.read { try self.caller(with: thumbprint, $0) }
    }

    func caller(with thumbprint: Thumbprint, _ reader: RegistryReader) throws -> Caller? {
        if let organisation = participants.organisation(with: thumbprint) {
            return Caller(organisation: organisation, thumbprint: thumbprint)
        }
        guard case .person(let id) = try reader.principal(for: thumbprint),
            let person = try reader.person(id)
        else { return nil }
        let organisation = person.organisation.flatMap { self.participants.organisation($0) }
        return Caller(person: person, of: organisation, thumbprint: thumbprint)
    }

    /// Adds an organisation with what it first proves itself with, as the operator.
    public func addOrganisation(
        _ organisation: Organisation, provenBy proof: ClientProof, by caller: Caller
    ) async throws -> Recorded<Organisation> {
        try Self.check(organisation)
        return try await participantLocks.holding(organisation.id) {
            let credentials = try proof.credentials(of: organisation.id, at: now)
            let recorded = try await widen(by: caller) { writer, now in
                // Whoever only asked for the name does not keep it from the operator.
                if try writer.registration(of: organisation.id) != nil {
                    try self.refuse(organisation.id, writer, by: caller.actor)
                }
                try ClientFault.told(of: "id") { try writer.insert(organisation) }
                try Self.insert(credentials, writer)
                return (organisation, try writer.record(Self.added(organisation, credentials, caller.actor)))
            }
            participants.set(organisation)
            try participants.add(
                credentials.0?.thumbprint, credentials.1, of: organisation.id, at: now)
            return recorded
        }
    }

    static func check(_ organisation: Organisation) throws {
        try checkName(organisation.name)
        guard !organisation.roles.isEmpty else {
            throw ClientFault(
                .badInput, "roles_missing", "an organisation needs a role", field: "roles", found: "[]",
                expected: "one or more of provider, consumer, owner")
        }
    }

    static func insert(_ credentials: (Credential?, [ClientKey]), _ writer: RegistryWriter) throws {
        if let credential = credentials.0 { try writer.insert(credential) }
        for key in credentials.1 { try writer.insert(key) }
    }

    /// The entry of an organisation that takes part, or wants to. What a pending one brings is not in it:
    /// nobody has shown that it is his, and it could be a person's.
    static func added(
        _ organisation: Organisation, _ credentials: (Credential?, [ClientKey]), _ actor: Actor
    ) -> AuditEvent {
        AuditEvent(
            .organisationAdded, by: actor,
            [
                "organisation": .string(organisation.id.text),
                "roles": JSON(organisation.roles.map(\.rawValue).sorted()),
                "state": .string(organisation.state.rawValue),
            ].merging(credentialMembers(credentials)) { $1 })
    }

    /// How entries name credentials.
    static func credentialMembers(_ credentials: (Credential?, [ClientKey])) -> [String: JSON] {
        [
            "x5t": JSON(credentials.0?.thumbprint.description),
            "keys": JSON(credentials.1.map(\.thumbprint.description)),
        ]
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
        return try await widen(by: caller) { writer, now in
            try ClientProof.check(certificate, at: now)
            if let organisation {
                let state = try writer.organisation(organisation)?.state
                guard let state, state != .pending else { throw Self.unknown(organisation) }
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
}
