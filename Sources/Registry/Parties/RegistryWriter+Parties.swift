public import Model

extension RegistryWriter {
    /// Adds an organisation.
    /// - Throws: `ClientFault` `organisation_exists`.
    public func insert(_ organisation: Organisation) throws {
        try whole {
            try insertPrincipal(organisation.id.text, exists: .exists("organisation", organisation.id.text))
            let roles = organisation.roles.map(\.rawValue).sorted()
            try execute(
                "INSERT INTO organisations (id, name, roles, state, state_reason) VALUES (?, ?, ?, ?, ?)",
                [
                    SQLValue(organisation.id), .text(organisation.name), SQLValue(JSON(roles)),
                    .text(organisation.state.rawValue), SQLValue(organisation.stateReason),
                ])
        }
    }

    /// Adds a person.
    /// - Throws: `ClientFault` `person_exists`, `unknown_organisation`.
    public func insert(_ person: Person) throws {
        try whole {
            try insertPrincipal(person.id.description, exists: .exists("person", person.id.description))
            try execute(
                "INSERT INTO persons (id, name, organisation, role) VALUES (?, ?, ?, ?)",
                [
                    .text(person.id.description), .text(person.name), SQLValue(person.organisation),
                    SQLValue(person.role?.rawValue),
                ], missing: .unknown("organisation", person.organisation?.text ?? ""))
        }
    }

    /// Makes a certificate stand for a principal.
    /// - Throws: `ClientFault` `credential_exists` for a certificate that stands for somebody already (which
    ///   is not said), `unknown_principal`.
    public func insert(_ credential: Credential) throws {
        try whole {
            try execute(
                """
                INSERT INTO credentials (thumbprint, principal, certificate, not_after) VALUES (?, ?, ?, ?)
                """,
                [
                    .blob(credential.thumbprint.bytes), .text(credential.principal.text),
                    .text(credential.certificate), SQLValue(credential.notAfter),
                ],
                exists: .exists(
                    "credential", credential.thumbprint.description, remedy: "use another certificate"),
                missing: .unknown("principal", credential.principal.text))
        }
    }

    private func insertPrincipal(_ text: String, exists: @autoclosure () -> ClientFault) throws {
        try execute("INSERT INTO principals (id) VALUES (?)", [.text(text)], exists: exists())
    }
}
