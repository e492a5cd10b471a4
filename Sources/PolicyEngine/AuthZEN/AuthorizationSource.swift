public import Model

/// What knows the answers that `AuthorizationService` gives: a set of policies with its entities, or a hub.
public protocol AuthorizationSource: Sendable {
    /// - Throws: `ClientFault` for a question that may not be asked.
    func decide(_ request: AuthorizationRequest, at now: Instant) throws -> AuthorizationDecision

    /// Every entity of a type that a search may find, in the order in which it finds them.
    func entities(ofType type: String) throws -> [AuthorizationEntity]

    /// Of an entity that is not known a search finds nothing.
    func isKnown(_ entity: AuthorizationEntity) throws -> Bool

    /// The names of the actions that a search may find.
    var actionNames: [String] { get }
}

/// The answer to one request (AuthZEN 1.0 section 6.2).
public struct AuthorizationDecision: Sendable {
    public var isPermit: Bool
    /// What else is told, such as why; nil for nothing.
    public var context: JSON?

    public init(isPermit: Bool, context: JSON? = nil) {
        self.isPermit = isPermit
        self.context = context
    }

    var json: JSON {
        var members: [String: JSON] = ["decision": .bool(isPermit)]
        members["context"] = context
        return .object(members)
    }
}

/// A set of policies and the entities that it speaks of.
struct PolicySource: AuthorizationSource {
    let policies: PolicySet
    let entities: EntityDirectory
    let actionNames: [String]

    init(policies: PolicySet, entities: EntityDirectory) {
        var entities = entities
        entities.addNamed(in: policies.policies)
        self.entities = entities
        self.policies = policies
        var names: [String] = []
        for rule in policies.policies.flatMap({ $0.permissions + $0.prohibitions }) {
            for iri in rule.action.members.map(\.iri) {
                let prefix = SluisProfile.authorizationAction
                let encoded =
                    iri.hasPrefix(prefix) ? PercentEncoding.decode(iri.dropFirst(prefix.count)) : iri
                if let name = encoded, !names.contains(name) { names.append(name) }
            }
        }
        actionNames = names
    }

    func decide(_ request: AuthorizationRequest, at now: Instant) -> AuthorizationDecision {
        let facts = Facts(request, at: now, entities: entities, purposes: policies.purposes)
        return AuthorizationDecision(isPermit: policies.answer(facts, EvaluationOptions()).isPermit)
    }

    func entities(ofType type: String) -> [AuthorizationEntity] { entities.entities(ofType: type) }

    func isKnown(_ entity: AuthorizationEntity) -> Bool {
        entities.entity(type: entity.type, id: entity.id) != nil
    }
}
