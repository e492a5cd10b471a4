public import Model

/// The three searches of AuthZEN 1.0 (section 8).
public enum AuthorizationSearch: String, CaseIterable, Sendable {
    case subject, resource, action
}

extension AuthorizationService {
    /// How many results one answer holds at most.
    static let maximumResults = 1000

    /// `POST /access/v1/search/{subject,resource,action}`: which entities, or which actions, an evaluation
    /// would permit.
    ///
    /// - Returns: the body; members stand in the order of the specification's examples.
    /// - Throws: `ClientFault` `invalid_request`, also for a page token that is not of this search.
    public func search(_ search: AuthorizationSearch, _ body: JSON, at now: Instant) throws -> String {
        let members = try Self.members(body)
        let found = try matches(search, members, at: now)
        let page = try Page(search, members)
        let start = min(page.start, found.count)
        let end = min(start + min(page.limit ?? Self.maximumResults, Self.maximumResults), found.count)
        let results = found[start..<end].joined(separator: ",")
        guard page.isAsked || end < found.count else { return "{\"results\":[\(results)]}" }
        let next = end < found.count ? page.token(at: end) : ""
        let numbers: JSON = [
            "next_token": .string(next), "count": .integer(Int64(end - start)),
            "total": .integer(Int64(found.count)),
        ]
        return "{\"page\":\(numbers.canonicalText),\"results\":[\(results)]}"
    }

    private func matches(_ search: AuthorizationSearch, _ members: [String: JSON], at now: Instant)
        throws -> [String]
    {
        let subject = try RequestMember.entity("subject", of: members, isSearched: search == .subject)
        let resource = try RequestMember.entity("resource", of: members, isSearched: search == .resource)
        let context = try RequestMember.object("context", of: members) ?? [:]
        var action = ""
        var actionProperties: [String: JSON] = [:]
        if search != .action {
            let object = try RequestMember.required("action", of: members)
            action = try RequestMember.text("name", of: object, in: "action")
            actionProperties = try RequestMember.object("properties", of: object, in: "action") ?? [:]
        }
        // Of what nobody knows nothing is told.
        guard try search == .subject || source.isKnown(subject),
            try search == .resource || source.isKnown(resource)
        else { return [] }
        func permits(_ subject: AuthorizationEntity, _ action: String, _ resource: AuthorizationEntity)
            throws -> Bool
        {
            let request = AuthorizationRequest(
                subject: subject, action: action, actionProperties: actionProperties, resource: resource,
                context: context)
            do {
                return try source.decide(request, at: now).isPermit
            } catch let fault as ClientFault where fault.kind == .forbidden {
                // What one may not ask one does not find.
                return false
            }
        }
        switch search {
        case .subject:
            return try source.entities(ofType: subject.type).filter { try permits($0, action, resource) }
                .map(Self.result)
        case .resource:
            return try source.entities(ofType: resource.type).filter { try permits(subject, action, $0) }
                .map(Self.result)
        case .action:
            return try source.actionNames.filter { try permits(subject, $0, resource) }
                .map { JSON.object(["name": .string($0)]).canonicalText }
        }
    }

    private static func result(_ entity: AuthorizationEntity) -> String {
        let (type, id) = (JSON.string(entity.type).canonicalText, JSON.string(entity.id).canonicalText)
        return "{\"type\":\(type),\"id\":\(id)}"
    }
}

/// Which part of the results a request wants. The token holds no more than the place to go on from and what
/// it takes to see that it belongs to the same search.
private struct Page {
    var isAsked: Bool
    var limit: Int?
    var start = 0
    private let fingerprint: String

    init(_ search: AuthorizationSearch, _ members: [String: JSON]) throws(ClientFault) {
        let page = try RequestMember.object("page", of: members)
        isAsked = page != nil
        _ = try RequestMember.object("properties", of: page ?? [:], in: "page")
        fingerprint = Self.fingerprint(search, members)
        limit = try Self.limit(page?["limit"])
        let token = try RequestMember.optionalText("token", of: page ?? [:], in: "page") ?? ""
        guard !token.isEmpty else { return }
        let parts = Base64.decodeURL(token).flatMap { try? JSON.parse($0) }
        guard let start = parts?["start"]?.integer, start >= 0, parts?["search"]?.string == fingerprint,
            limit == nil || parts?["limit"]?.integer.map(Int.init) == limit
        else {
            throw RequestMember.fault(
                "page.token", found: token, expected: "a token of this search, its members unchanged")
        }
        self.start = Int(start)
        limit = parts?["limit"]?.integer.map(Int.init)
        // A page of nothing, asked for again, would have no end.
        if limit == 0 { limit = nil }
    }

    func token(at start: Int) -> String {
        let parts: JSON = [
            "search": .string(fingerprint), "start": .integer(Int64(start)),
            "limit": limit.map { .integer(Int64($0)) } ?? .null,
        ]
        return Base64.encodeURL(parts.canonical)
    }

    private static func limit(_ json: JSON?) throws(ClientFault) -> Int? {
        guard let json else { return nil }
        guard let limit = json.integer, limit >= 0 else {
            throw RequestMember.fault(
                "page.limit", found: json.canonicalText, expected: "a whole number from 0")
        }
        return Int(clamping: limit)
    }

    /// FNV-1a of what the search asks, the page left out: enough to tell one search from another by mistake.
    private static func fingerprint(_ search: AuthorizationSearch, _ members: [String: JSON]) -> String {
        var asked: [String: JSON] = ["search": .string(search.rawValue)]
        for name in ["subject", "action", "resource", "context"] {
            guard case .object(var object)? = members[name] else { continue }
            if name == search.rawValue { object["id"] = nil }
            asked[name] = .object(object)
        }
        let hash = JSON.object(asked).canonical.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
