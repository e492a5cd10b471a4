public import Model

/// One access evaluation request, or one item of several (AuthZEN 1.0 sections 6 and 7).
public struct AuthorizationRequest: Sendable {
    public var subject: AuthorizationEntity
    public var actionName: String
    public var actionProperties: [String: JSON]
    public var resource: AuthorizationEntity
    public var context: [String: JSON]

    /// Reads the members; others are ignored, as the specification demands.
    ///
    /// - Throws: `ClientFault` `invalid_request` that names the member.
    init(_ members: [String: JSON]) throws(ClientFault) {
        let action = try RequestMember.required("action", of: members)
        subject = try RequestMember.entity("subject", of: members)
        actionName = try RequestMember.text("name", of: action, in: "action")
        actionProperties = try RequestMember.object("properties", of: action, in: "action") ?? [:]
        resource = try RequestMember.entity("resource", of: members)
        context = try RequestMember.object("context", of: members) ?? [:]
    }

    init(
        subject: AuthorizationEntity, action: String, actionProperties: [String: JSON],
        resource: AuthorizationEntity, context: [String: JSON]
    ) {
        self.subject = subject
        actionName = action
        self.actionProperties = actionProperties
        self.resource = resource
        self.context = context
    }
}

/// Reads members of a request body, with faults that name them.
enum RequestMember {
    static func required(_ name: String, of members: [String: JSON]) throws(ClientFault) -> [String: JSON] {
        guard let object = try object(name, of: members) else {
            throw fault(name, found: "nothing", expected: "an object")
        }
        return object
    }

    /// Nil if the member is absent.
    static func object(_ name: String, of members: [String: JSON], in parent: String? = nil)
        throws(ClientFault) -> [String: JSON]?
    {
        guard let json = members[name] else { return nil }
        guard case .object(let object) = json else {
            throw fault(path(name, parent), found: json.kind, expected: "an object")
        }
        return object
    }

    static func text(_ name: String, of members: [String: JSON], in parent: String)
        throws(ClientFault) -> String
    {
        guard let text = try optionalText(name, of: members, in: parent) else {
            throw fault(path(name, parent), found: "nothing", expected: "a text")
        }
        return text
    }

    static func optionalText(_ name: String, of members: [String: JSON], in parent: String?)
        throws(ClientFault) -> String?
    {
        guard let json = members[name] else { return nil }
        guard case .string(let text) = json else {
            throw fault(path(name, parent), found: json.kind, expected: "a text")
        }
        return text
    }

    /// - Parameter isSearched: whether its id is what is asked for, and so left aside.
    static func entity(_ name: String, of members: [String: JSON], isSearched: Bool = false)
        throws(ClientFault) -> AuthorizationEntity
    {
        let object = try required(name, of: members)
        let properties = try self.object("properties", of: object, in: name) ?? [:]
        return AuthorizationEntity(
            type: try text("type", of: object, in: name),
            id: isSearched ? "" : try text("id", of: object, in: name),
            properties: isSearched ? [:] : properties)
    }

    static func fault(_ field: String, found: String, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "invalid_request", "`\(field)` is not what AuthZEN 1.0 asks for", field: field,
            found: found, expected: expected)
    }

    private static func path(_ name: String, _ parent: String?) -> String {
        parent.map { "\($0).\(name)" } ?? name
    }
}
