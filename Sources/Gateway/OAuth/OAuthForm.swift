internal import Model

/// The form of a request to an OAuth endpoint (RFC 6749 sections 3.2 and 4.4.2).
struct OAuthForm {
    private static let maximumBytes = 64 << 10

    private let form: Query

    /// - Throws: `invalid_request`, also for a parameter that is there twice; one that is not known is passed
    ///   over, as RFC 6749 section 3.2 asks.
    init(_ body: [UInt8], contentType: String?) throws(OAuthError) {
        guard contentType == "application/x-www-form-urlencoded" else {
            throw OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded")
        }
        do {
            form = try Query(Substring(decoding: body, as: UTF8.self), allowed: nil)
        } catch {
            throw OAuthError("invalid_request", error.description)
        }
    }

    /// The form of a call.
    static func read(_ call: Call) async throws -> OAuthForm {
        let body: [UInt8]
        do {
            body = try await call.body(upTo: maximumBytes)
        } catch let fault as ClientFault where fault.kind == .tooLarge {
            throw OAuthError("invalid_request", "the body is longer than \(maximumBytes) bytes")
        }
        return try OAuthForm(body, contentType: call.contentType)
    }

    /// A parameter without a value counts as left out (RFC 6749 section 3.2).
    subscript(name: String) -> String? { form[name].flatMap { $0.isEmpty ? nil : $0 } }

    func required(_ name: String) throws(OAuthError) -> String {
        guard let value = self[name] else { throw OAuthError("invalid_request", "`\(name)` is missing") }
        return value
    }

    /// What is asked for (RFC 9396 section 3).
    ///
    /// - Throws: also `invalid_scope` and `invalid_target` for what the hub does not know how to grant: no
    ///   token gives less than was asked for.
    func details(for audience: Set<String>) throws(OAuthError) -> JSON {
        guard let grantType = self["grant_type"] else {
            throw OAuthError("invalid_request", "`grant_type` is missing")
        }
        guard grantType == "client_credentials" else {
            throw OAuthError("unsupported_grant_type", "only client_credentials is a grant type here")
        }
        guard self["scope"] == nil else {
            throw OAuthError("invalid_scope", "there are no scopes here: ask by `authorization_details`")
        }
        if let resource = self["resource"], !audience.contains(resource) {
            throw OAuthError("invalid_target", "`resource` is not this hub")
        }
        guard let text = self["authorization_details"] else {
            throw OAuthError("invalid_authorization_details", "`authorization_details` is missing")
        }
        do {
            return try JSON.parse(text)
        } catch {
            throw OAuthError("invalid_authorization_details", "`authorization_details` is not JSON: \(error)")
        }
    }
}
