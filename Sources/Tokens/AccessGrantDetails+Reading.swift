public import Model

extension AccessGrantDetails {
    /// Reads the value of `authorization_details`: an array of exactly one element.
    ///
    /// Nothing is passed over: what a hub does not understand it must not grant (RFC 9396 section 5).
    /// - Throws: `ClientFault` with code `invalid_authorization_details` and the path of the member that is
    ///   wrong, such as `authorization_details[0].fields`.
    public init(authorizationDetails: JSON) throws(ClientFault) {
        guard let elements = authorizationDetails.array else {
            throw .details("", "expected an array", found: authorizationDetails.kind)
        }
        guard elements.count == 1 else {
            throw .details("", "expected exactly one element", found: "\(elements.count) elements")
        }
        let reader = try DetailsReader(elements[0])
        try reader.requireKnownMembers()
        try reader.requireText("type", Self.type)
        try reader.requireActions(Self.actions)
        dataset = try reader.slug("identifier")
        agreement = try reader.agreement("agreement")
        purpose = try reader.purpose("purpose")
        fields = try reader.names("fields")
        actFor = try reader.optionalSlug("act_for")
    }
}

/// Reads the members of the one element.
private struct DetailsReader {
    private static let known: Set = [
        "type", "identifier", "agreement", "actions", "purpose", "fields", "act_for",
    ]
    private let members: [String: JSON]

    init(_ element: JSON) throws(ClientFault) {
        guard let members = element.object else {
            throw .details("[0]", "expected an object", found: element.kind)
        }
        self.members = members
    }

    func requireKnownMembers() throws(ClientFault) {
        let unknown = members.keys.filter { !Self.known.contains($0) }.sorted()
        if let name = unknown.first { throw .details("[0].\(name)", "the member is not known") }
    }

    func requireText(_ name: String, _ expected: String) throws(ClientFault) {
        let found = try text(name)
        guard found == expected else { throw .details("[0].\(name)", "expected `\(expected)`", found: found) }
    }

    func requireActions(_ expected: [String]) throws(ClientFault) {
        guard members["actions"] == JSON(expected) else {
            throw .details(
                "[0].actions", "expected \(JSON(expected).canonicalText)",
                found: members["actions"]?.canonicalText)
        }
    }

    func slug(_ name: String) throws(ClientFault) -> Slug {
        let found = try text(name)
        guard let slug = Slug(found) else {
            throw .details("[0].\(name)", "expected \(Slug.expectation)", found: found)
        }
        return slug
    }

    func optionalSlug(_ name: String) throws(ClientFault) -> Slug? {
        members[name] == nil ? nil : try slug(name)
    }

    func agreement(_ name: String) throws(ClientFault) -> AgreementID {
        let found = try text(name)
        guard let id = AgreementID(found) else {
            throw .details("[0].\(name)", "expected a lower-case UUID version 7", found: found)
        }
        return id
    }

    /// Whether the purpose exists is for the policies to say.
    func purpose(_ name: String) throws(ClientFault) -> Purpose? {
        guard members[name] != nil else { return nil }
        let found = try text(name)
        guard found.contains(":"), found.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw .details("[0].\(name)", "expected an IRI", found: found)
        }
        return Purpose(found)
    }

    func names(_ name: String) throws(ClientFault) -> [String] {
        guard let value = members[name] else { return [] }
        let names = value.array?.compactMap(\.string) ?? []
        // An empty list could mean nothing as well as everything.
        guard !names.isEmpty, names.count == value.array?.count, !names.contains("") else {
            throw .details("[0].\(name)", "expected a list of field names, at least one", found: value.kind)
        }
        var seen: Set<String> = []
        for field in names where !seen.insert(field).inserted {
            throw .details("[0].\(name)", "a field is named twice", found: field)
        }
        return names
    }

    private func text(_ name: String) throws(ClientFault) -> String {
        guard let value = members[name] else { throw .details("[0].\(name)", "the member is missing") }
        guard let text = value.string else {
            throw .details("[0].\(name)", "expected a string", found: value.kind)
        }
        return text
    }
}

extension ClientFault {
    /// A fault in `authorization_details`; `path` begins after that name.
    static func details(_ path: String, _ message: String, found: String? = nil) -> ClientFault {
        ClientFault(
            .badInput, "invalid_authorization_details", message, field: "authorization_details" + path,
            found: found)
    }
}
