internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import PolicyEngine

/// The routes of the Authorization API (AuthZEN 1.0 section 10.1), on whatever listener serves them.
enum AuthorizationRoute: String, CaseIterable, Sendable {
    case evaluation, evaluations
    case searchSubject, searchResource, searchAction

    var path: String {
        switch self {
        case .evaluation: "/access/v1/evaluation"
        case .evaluations: "/access/v1/evaluations"
        case .searchSubject: "/access/v1/search/subject"
        case .searchResource: "/access/v1/search/resource"
        case .searchAction: "/access/v1/search/action"
        }
    }

    static let configurationPath = "/.well-known/authzen-configuration"

    /// The metadata of a policy decision point (section 9), whose URLs begin with its own.
    static func configuration(of origin: String) -> Answer {
        var members: [String: JSON] = ["policy_decision_point": .string(origin)]
        for (name, route) in [
            ("access_evaluation_endpoint", Self.evaluation), ("access_evaluations_endpoint", .evaluations),
            ("search_subject_endpoint", .searchSubject), ("search_resource_endpoint", .searchResource),
            ("search_action_endpoint", .searchAction),
        ] {
            members[name] = .string(origin + route.path)
        }
        var answer = Answer.json(.object(members))
        answer.fields[.cacheControl] = "max-age=300"
        return answer
    }

    static let maximumBodyBytes = 4 << 20

    /// The JSON body of a request; a wrong or missing media type is a 400 here, as certification demands.
    static func body(_ request: Request) async throws -> JSON {
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.filter({ $0 != " " }) == "application/json" else {
            throw ClientFault(
                .badInput, "wrong_content_type", "the body must be JSON", field: "content-type",
                found: request.headers[.contentType] ?? "nothing", expected: "application/json")
        }
        let bytes: [UInt8]
        do {
            bytes = Array(try await request.body.collect(upTo: maximumBodyBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ClientFault(
                .tooLarge, "body_too_large", "the body is too large",
                expected: "at most \(maximumBodyBytes) bytes")
        }
        do {
            return try JSON.parse(bytes)
        } catch {
            throw ClientFault(.badInput, "bad_json", "the body is not JSON: \(error)")
        }
    }

    /// Answers a body out of a set of policies.
    func answer(_ body: JSON, by service: AuthorizationService, at now: Instant) throws -> Answer {
        let text =
            switch self {
            case .evaluation: try service.evaluation(body, at: now).canonicalText
            case .evaluations: try service.evaluations(body, at: now).canonicalText
            case .searchSubject: try service.search(.subject, body, at: now)
            case .searchResource: try service.search(.resource, body, at: now)
            case .searchAction: try service.search(.action, body, at: now)
            }
        var answer = Answer.text(Array(text.utf8), type: "application/json")
        answer.fields[.cacheControl] = "no-store"
        return answer
    }
}

extension HTTPField.Name {
    /// Given back as it came (section 10.1.3).
    static let requestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-ID") else { preconditionFailure("a token") }
        return name
    }()
}
