public import Model

/// Who calls, once his certificate was looked up: an organisation, or a person with the rights of his role.
public struct Caller: Hashable, Sendable {
    /// What a caller may act as. One caller may have several.
    public enum Capacity: String, CaseIterable, Sendable {
        case provider, consumer, owner, auditor, supervisor, `operator`
    }

    public let principal: Principal
    public let thumbprint: Thumbprint
    /// The organisation acted for: itself, or the one whose staff the person is.
    public let organisation: Organisation?
    public let capacities: Set<Capacity>
    /// Whether the organisation itself calls and is suspended: it may give less, and look at what is its own.
    public let isSuspended: Bool

    public init(organisation: Organisation, thumbprint: Thumbprint) {
        principal = .organisation(organisation.id)
        self.thumbprint = thumbprint
        self.organisation = organisation
        capacities = Set(organisation.roles.map(Self.capacity))
        isSuspended = organisation.state != .active
    }

    /// - Parameter organisation: the one whose staff the person is, if any.
    public init(person: Person, of organisation: Organisation?, thumbprint: Thumbprint) {
        principal = .person(person.id)
        self.thumbprint = thumbprint
        self.organisation = organisation
        // Every person can be an owner: whether he owns anything is for the links to say.
        var capacities: Set<Capacity> = [.owner]
        isSuspended = false
        // With the organisation its staff may do nothing for it; what they own is theirs.
        let isWithoutIt = person.organisation != nil && organisation?.state != .active
        switch isWithoutIt ? nil : person.role {
        case .operator: capacities.insert(.operator)
        case .auditor: capacities.insert(.auditor)
        case .supervisor: capacities.insert(.supervisor)
        case .publisher where organisation?.roles.contains(.provider) == true: capacities.insert(.provider)
        case .requester where organisation?.roles.contains(.consumer) == true: capacities.insert(.consumer)
        case .publisher, .requester, nil: break
        }
        self.capacities = capacities
    }

    /// The owner this caller is: staff own for themselves, never for their organisation.
    public var owner: Owner {
        switch principal {
        case .organisation(let slug): .organisation(slug)
        case .person(let id): .person(id)
        }
    }

    /// How the log names this caller.
    public var actor: Actor {
        switch principal {
        case .organisation(let slug): .organisation(slug, thumbprint: thumbprint, tokenID: nil, keyID: nil)
        case .person(let id): .person(id)
        }
    }

    /// Whether the caller acts for this organisation in this capacity.
    public func acts(as capacity: Capacity, for slug: Slug) -> Bool {
        capacities.contains(capacity) && organisation?.id == slug
    }

    private static func capacity(of role: Organisation.Role) -> Capacity {
        switch role {
        case .provider: .provider
        case .consumer: .consumer
        case .owner: .owner
        }
    }
}
