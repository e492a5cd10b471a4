internal import Cryptography
internal import HTTPTypes
internal import Model

/// Why a token opens nothing, or that one is needed: an answer with `WWW-Authenticate`.
struct Challenge {
    enum Scheme: String {
        case bearer, dpop

        /// As the registry of authentication schemes writes it.
        var name: String { self == .bearer ? "Bearer" : "DPoP" }
    }

    /// Nil to offer all.
    let scheme: Scheme?
    /// Nil for a request without a token (RFC 6750 section 3.1).
    let error: String?
    let detail: String
    let code: String
    let status: HTTPResponse.Status

    /// - Parameter code: of the problem; nil for the same as `error`.
    init(
        _ scheme: Scheme, _ error: String, _ detail: String, code: String? = nil,
        status: HTTPResponse.Status = .unauthorized
    ) {
        self.scheme = scheme
        self.error = error
        self.detail = detail
        self.code = code ?? error
        self.status = status
    }

    private init() {
        (scheme, error, status) = (nil, nil, .unauthorized)
        detail = "reading this dataset needs a token"
        code = "token_missing"
    }

    /// There is no token.
    static let missing = Challenge()

    private static let algorithms = JOSEAlgorithm.hub.map(\.rawValue).sorted().joined(separator: " ")

    func problem(of gateway: Gateway, _ call: Call) -> ProblemError {
        var problem = Problem(status, code, detail)
        problem.remedy = "take a token at /oauth/token, and show with it what it is bound to"
        let offered = scheme.map { [$0] } ?? (call.listener == .people ? [.dpop] : [.bearer, .dpop])
        let origin = call.listener == .people ? gateway.people : gateway.machines
        problem.fields[.wwwAuthenticate] = offered.map { text($0, at: origin) }.joined(separator: ", ")
        if offered.contains(.dpop) {
            problem.fields[.dpopNonce] = gateway.nonce
        }
        return ProblemError(problem: problem)
    }

    private func text(_ scheme: Scheme, at origin: String) -> String {
        var parameters: [String] = []
        if let error {
            parameters.append("error=\"\(error)\"")
            parameters.append("error_description=\"\(detail)\"")
        }
        if scheme == .dpop { parameters.append("algs=\"\(Self.algorithms)\"") }
        // RFC 9728 section 5.1.
        parameters.append("resource_metadata=\"\(origin)/.well-known/oauth-protected-resource\"")
        return scheme.name + " " + parameters.joined(separator: ", ")
    }
}
