/// A participant: provider, consumer, owner, or several of these (DSP "participant").
public struct Organisation: Hashable, Sendable {
    public enum Role: String, CaseIterable, Sendable { case provider, consumer, owner }

    public enum State: String, CaseIterable, Sendable {
        /// It asked to take part, and the operator has not decided: nothing of it counts yet.
        case pending
        case active
        /// It may give less, and nothing else, until the operator resumes it.
        case suspended
    }

    public var id: Slug
    public var name: String
    public var roles: Set<Role>
    public var state: State
    /// Why it is in its state, in the operator's words.
    public var stateReason: String?

    public init(
        id: Slug, name: String, roles: Set<Role>, state: State = .active, stateReason: String? = nil
    ) {
        self.id = id
        self.name = name
        self.roles = roles
        self.state = state
        self.stateReason = stateReason
    }
}

/// A natural person: an owner, or staff of an organisation.
public struct Person: Hashable, Sendable {
    /// A person without a role is an owner only.
    public enum Role: String, CaseIterable, Sendable {
        case publisher, requester, auditor, supervisor, `operator`
    }

    public var id: PersonID
    public var name: String
    /// The organisation whose staff this person is; nil for owners and for the hub's own operator.
    public var organisation: Slug?
    public var role: Role?

    public init(id: PersonID, name: String, organisation: Slug? = nil, role: Role? = nil) {
        self.id = id
        self.name = name
        self.organisation = organisation
        self.role = role
    }
}

/// Whoever a credential stands for.
public enum Principal: Hashable, Sendable {
    case organisation(Slug)
    case person(PersonID)
}

/// SHA-256 of a certificate's DER: the `x5t#S256` of RFC 8705 and the key under which a credential is found.
public struct Thumbprint: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads the base64url form.
    public init?(text: String) {
        guard let bytes = Base64.decodeURL(text) else { return nil }
        self.init(bytes)
    }

    /// Base64url without padding.
    public var description: String { Base64.encodeURL(bytes) }
}
