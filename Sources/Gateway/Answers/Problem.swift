internal import HTTPTypes
internal import Model

/// An error as RFC 9457 `application/problem+json`.
///
/// What the caller did wrong is told in full. What the hub cannot do is told without its cause, which is for
/// the operator's log alone.
struct Problem: Sendable {
    var status: HTTPResponse.Status
    var code: String
    var detail: String
    var field: String?
    var found: String?
    var expected: String?
    var remedy: String?
    /// More members, such as the list of bad lines.
    var members: [String: JSON] = [:]
    var fields: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    init(_ fault: ClientFault) {
        self.init(HTTPResponse.Status(fault.kind), fault.code, fault.message)
        field = fault.field
        found = fault.found
        expected = fault.expected
        remedy = fault.remedy
    }

    init(_ fault: RetryableFault) {
        self.init(.serviceUnavailable, fault.code, fault.message)
        fields[.retryAfter] = "5"
    }

    /// Whatever else was thrown: a fault of the hub.
    static var internalFault: Problem {
        Problem(.internalServerError, "internal", "the hub failed to answer; the operator's log says why")
    }

    var answer: Answer {
        var all = members
        all["type"] = .string("urn:sluis:problem:\(code)")
        all["title"] = .string(status.reasonPhrase)
        all["status"] = .integer(Int64(status.code))
        all["detail"] = .string(detail)
        all["code"] = .string(code)
        for (name, value) in [("field", field), ("found", found), ("expected", expected), ("remedy", remedy)]
        {
            if let value { all[name] = .string(value) }
        }
        var answer = Answer(status: status, fields: fields, body: JSON.object(all).canonical)
        answer.fields[.contentType] = "application/problem+json"
        return answer
    }
}

extension Problem {
    /// The same with the members that OAuth clients look for (RFC 6749 section 5.2).
    var withOAuthError: Problem {
        var problem = self
        problem.fields[.cacheControl] = "no-store"
        let error =
            switch status {
            case .unauthorized: "invalid_client"
            case .forbidden: "unauthorized_client"
            case .serviceUnavailable, .tooManyRequests: "temporarily_unavailable"
            case .internalServerError: "server_error"
            default: "invalid_request"
            }
        problem.members["error"] = .string(error)
        problem.members["error_description"] = .string(detail)
        return problem
    }
}

extension HTTPResponse.Status {
    /// With its reason phrase, which is the title of a problem.
    fileprivate init(_ kind: ClientFault.Kind) {
        self =
            switch kind {
            case .badInput: .badRequest
            case .unauthenticated: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .notAcceptable: .notAcceptable
            case .conflict: .conflict
            case .gone: .gone
            case .tooLarge: .contentTooLarge
            case .unsupportedMediaType: .unsupportedMediaType
            case .unprocessable: .unprocessableContent
            }
    }
}
