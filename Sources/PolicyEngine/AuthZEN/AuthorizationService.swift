public import Model

/// Answers AuthZEN 1.0 requests out of one set of policies. It reads bodies and writes bodies; the transport
/// is the caller's.
public struct AuthorizationService: Sendable {
    let policies: PolicySet
    let entities: EntityDirectory
    /// The names of the actions that the policies name, in their order.
    let actionNames: [String]

    /// How many items one request may hold.
    static let maximumItems = 1000

    public init(policies: PolicySet, entities: EntityDirectory) {
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

    /// `POST /access/v1/evaluation`: `{"decision":true|false}`.
    ///
    /// - Throws: `ClientFault` `invalid_request`.
    public func evaluation(_ body: JSON, at now: Instant) throws(ClientFault) -> JSON {
        let request = try AuthorizationRequest(Self.members(body))
        return ["decision": .bool(decide(request, at: now))]
    }

    /// `POST /access/v1/evaluations`: `{"evaluations":[{"decision"},..]}`, or a single decision where the
    /// body holds no items (AuthZEN 1.0 section 7).
    ///
    /// - Throws: `ClientFault` `invalid_request` for a fault of the body; a fault of an item is a deny of
    ///   that item, with `context.error`.
    public func evaluations(_ body: JSON, at now: Instant) throws(ClientFault) -> JSON {
        let members = try Self.members(body)
        let options = try RequestMember.object("options", of: members) ?? [:]
        let semantic = try Semantic(options)
        try Self.checkDefaults(members)
        guard let given = members["evaluations"] else { return try evaluation(body, at: now) }
        guard case .array(let items) = given else {
            throw RequestMember.fault("evaluations", found: given.kind, expected: "a list")
        }
        guard !items.isEmpty else { return try evaluation(body, at: now) }
        guard items.count <= Self.maximumItems else {
            throw RequestMember.fault(
                "evaluations", found: "\(items.count) items", expected: "at most \(Self.maximumItems)")
        }
        var results: [JSON] = []
        for item in items {
            let result = decide(item, defaults: members, at: now)
            results.append(result)
            if semantic.stops(after: result["decision"] == true) { break }
        }
        return ["evaluations": .array(results)]
    }

    /// What follows from an item's decision (AuthZEN 1.0 section 7.1.2.1).
    private enum Semantic: String, CaseIterable {
        case executeAll = "execute_all"
        case denyOnFirstDeny = "deny_on_first_deny"
        case permitOnFirstPermit = "permit_on_first_permit"

        init(_ options: [String: JSON]) throws(ClientFault) {
            let name = "evaluations_semantic"
            let text = try RequestMember.optionalText(name, of: options, in: "options")
            guard let semantic = text.map(Self.init(rawValue:)) ?? .executeAll else {
                throw RequestMember.fault(
                    "options.\(name)", found: text ?? "",
                    expected: Self.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
            }
            self = semantic
        }

        func stops(after isPermit: Bool) -> Bool {
            switch self {
            case .executeAll: false
            case .denyOnFirstDeny: !isPermit
            case .permitOnFirstPermit: isPermit
            }
        }
    }

    /// Defaults may be incomplete, for items that do not use them, but not of another type.
    private static func checkDefaults(_ members: [String: JSON]) throws(ClientFault) {
        for name in ["subject", "resource"] {
            guard let object = try RequestMember.object(name, of: members) else { continue }
            for part in ["type", "id"] { _ = try RequestMember.optionalText(part, of: object, in: name) }
            _ = try RequestMember.object("properties", of: object, in: name)
        }
        if let action = try RequestMember.object("action", of: members) {
            _ = try RequestMember.optionalText("name", of: action, in: "action")
            _ = try RequestMember.object("properties", of: action, in: "action")
        }
        _ = try RequestMember.object("context", of: members)
    }

    /// An item's members replace the defaults as a whole.
    private func decide(_ item: JSON, defaults: [String: JSON], at now: Instant) -> JSON {
        do throws(ClientFault) {
            guard case .object(let own) = item else {
                throw RequestMember.fault("evaluations", found: item.kind, expected: "objects")
            }
            var members: [String: JSON] = [:]
            for name in ["subject", "action", "resource", "context"] {
                members[name] = own[name] ?? defaults[name]
            }
            return ["decision": .bool(decide(try AuthorizationRequest(members), at: now))]
        } catch {
            return [
                "decision": false,
                "context": ["error": ["status": 400, "message": .string(error.description)]],
            ]
        }
    }

    static func members(_ body: JSON) throws(ClientFault) -> [String: JSON] {
        guard case .object(let members) = body else {
            throw RequestMember.fault("$", found: body.kind, expected: "an object")
        }
        return members
    }

    // MARK: Deciding

    func decide(_ request: AuthorizationRequest, at now: Instant) -> Bool {
        let facts = Facts(request, at: now, entities: entities, purposes: policies.purposes)
        return policies.answer(facts, EvaluationOptions()).isPermit
    }
}
