public import Model

/// Answers AuthZEN 1.0 requests. It reads bodies and writes bodies; the transport is the caller's, and the
/// decisions are its source's.
public struct AuthorizationService: Sendable {
    let source: any AuthorizationSource

    /// How many items one request may hold.
    static let maximumItems = 1000

    public init(_ source: any AuthorizationSource) { self.source = source }

    /// - Parameter entities: those whom the policies name are added.
    public init(policies: PolicySet, entities: EntityDirectory) {
        self.init(PolicySource(policies: policies, entities: entities))
    }

    /// `POST /access/v1/evaluation`: `{"decision":true|false}`, with a `context` where the source gives one.
    ///
    /// - Throws: `ClientFault` `invalid_request`, and what the source throws.
    public func evaluation(_ body: JSON, at now: Instant) throws -> JSON {
        try source.decide(AuthorizationRequest(Self.members(body)), at: now).json
    }

    /// `POST /access/v1/evaluations`: `{"evaluations":[{"decision"},..]}`, or a single decision where the
    /// body holds no items (AuthZEN 1.0 section 7).
    ///
    /// - Throws: `ClientFault` `invalid_request` for a fault of the body; a fault of an item is a deny of
    ///   that item, with `context.error`.
    public func evaluations(_ body: JSON, at now: Instant) throws -> JSON {
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
            let result = try decide(item, defaults: members, at: now)
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
    private func decide(_ item: JSON, defaults: [String: JSON], at now: Instant) throws -> JSON {
        do {
            guard case .object(let own) = item else {
                throw RequestMember.fault("evaluations", found: item.kind, expected: "objects")
            }
            var members: [String: JSON] = [:]
            for name in ["subject", "action", "resource", "context"] {
                members[name] = own[name] ?? defaults[name]
            }
            return try source.decide(AuthorizationRequest(members), at: now).json
        } catch let fault as ClientFault {
            let status = JSON.integer(Int64(fault.kind.rawValue))
            return [
                "decision": false,
                "context": ["error": ["status": status, "message": .string(fault.description)]],
            ]
        }
    }

    static func members(_ body: JSON) throws(ClientFault) -> [String: JSON] {
        guard case .object(let members) = body else {
            throw RequestMember.fault("$", found: body.kind, expected: "an object")
        }
        return members
    }
}
