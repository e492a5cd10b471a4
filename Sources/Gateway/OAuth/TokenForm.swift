internal import Model

/// The form of a token request (RFC 6749 section 4.4.2).
struct TokenForm {
    private static let maximumBytes = 64 << 10

    let details: JSON
    let clientID: String?

    init(_ body: [UInt8], contentType: String?) throws(OAuthError) {
        guard body.count <= Self.maximumBytes else {
            throw OAuthError("invalid_request", "the body is longer than \(Self.maximumBytes) bytes")
        }
        guard contentType == "application/x-www-form-urlencoded" else {
            throw OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded")
        }
        let form: Query
        do {
            form = try Query(
                Substring(decoding: body, as: UTF8.self),
                allowed: ["grant_type", "authorization_details", "client_id"])
        } catch {
            throw OAuthError("invalid_request", error.description)
        }
        guard let grantType = form["grant_type"] else {
            throw OAuthError("invalid_request", "`grant_type` is missing")
        }
        guard grantType == "client_credentials" else {
            throw OAuthError("unsupported_grant_type", "only client_credentials is a grant type here")
        }
        guard let text = form["authorization_details"] else {
            throw OAuthError("invalid_authorization_details", "`authorization_details` is missing")
        }
        do {
            details = try JSON.parse(text)
        } catch {
            throw OAuthError("invalid_authorization_details", "`authorization_details` is not JSON: \(error)")
        }
        clientID = form["client_id"]
    }
}
