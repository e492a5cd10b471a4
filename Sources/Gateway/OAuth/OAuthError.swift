internal import HTTPTypes
internal import Model

/// An error of the token endpoint (RFC 6749 section 5.2).
struct OAuthError: Error {
    let code: String
    let description: String
    /// The index of the entry, where the denial was logged.
    let entry: UInt64?

    init(_ code: String, _ description: String, entry: UInt64? = nil) {
        self.code = code
        self.description = description
        self.entry = entry
    }

    var answer: Answer {
        var answer = Answer.json(
            ["error": .string(code), "error_description": .string(description)],
            status: code == "invalid_client" ? .unauthorized : .badRequest, entry: entry)
        answer.fields[.cacheControl] = "no-store"
        // RFC 6749 section 5.2: whoever tried it with this header is told that it is not the way.
        if answer.status == .unauthorized { answer.fields[.wwwAuthenticate] = "Bearer" }
        return answer
    }
}
