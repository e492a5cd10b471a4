internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import Model
internal import Tokens

extension Gateway {
    /// What clients and others must know of the hub to deal with it.
    func metadata(_ call: Call) -> Answer {
        switch call.endpoint {
        case .keys: keys()
        case .authorisationServer: authorisationServer()
        default: protectedResource(call)
        }
    }

    /// RFC 7517.
    private func keys() -> Answer {
        var answer = Answer.json(parts.tokens.keySet(at: exchange.now))
        answer.fields[.cacheControl] = "max-age=60"
        return answer
    }

    /// RFC 8414, with the endpoints of RFC 8705 section 5 for clients with certificates.
    private func authorisationServer() -> Answer {
        let algorithms = Self.algorithms
        let methods: JSON = ["tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"]
        var members: [String: JSON] = [
            "issuer": .string(parts.people), "jwks_uri": .string(parts.people + "/oauth/jwks"),
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "tls_client_certificate_bound_access_tokens": true,
            "dpop_signing_alg_values_supported": algorithms,
            "authorization_details_types_supported": [.string(AccessGrantDetails.type)],
        ]
        var aliases: [String: JSON] = [:]
        for (name, path) in Self.endpoints {
            members[name] = .string(parts.people + path)
            aliases[name] = .string(parts.machines + path)
            members[name + "_auth_methods_supported"] = methods
            members[name + "_auth_signing_alg_values_supported"] = algorithms
        }
        members["mtls_endpoint_aliases"] = .object(aliases)
        return .json(.object(members))
    }

    private static let endpoints = [
        ("token_endpoint", "/oauth/token"), ("introspection_endpoint", "/oauth/introspect"),
        ("revocation_endpoint", "/oauth/revoke"),
    ]

    private static let algorithms = JSON(JOSEAlgorithm.hub.map(\.rawValue).sorted())

    /// RFC 9728: of the listener that is asked, since a client compares `resource` with where it asked.
    private func protectedResource(_ call: Call) -> Answer {
        let isPeople = call.listener == .people
        return .json([
            "resource": .string(isPeople ? parts.people : parts.machines),
            "authorization_servers": [.string(parts.people)],
            "jwks_uri": .string(parts.people + "/oauth/jwks"), "bearer_methods_supported": ["header"],
            "tls_client_certificate_bound_access_tokens": .bool(!isPeople),
            "dpop_signing_alg_values_supported": Self.algorithms,
            "dpop_bound_access_tokens_required": .bool(isPeople),
            "authorization_details_types_supported": [.string(AccessGrantDetails.type)],
        ])
    }
}
