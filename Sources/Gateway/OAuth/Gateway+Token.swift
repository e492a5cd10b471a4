internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import Model
internal import Tokens

extension Gateway {
    /// The token endpoint (RFC 6749 section 4.4 with RFC 8705 and RFC 9396). Errors of the grant itself have
    /// the shape of RFC 6749 section 5.2.
    func token(_ call: Call) async throws -> Answer {
        let caller = try call.requiredCaller
        guard let consumer = caller.organisation, case .organisation = caller.principal else {
            throw ClientFault(
                .forbidden, "not_a_client", "tokens are for organisations, by their own certificate")
        }
        do {
            let form = try TokenForm(try await call.body(), contentType: call.contentType)
            guard form.clientID == nil || form.clientID == consumer.id.text else {
                throw OAuthError("invalid_client", "`client_id` is not the organisation of the certificate")
            }
            let details = try requested(form.details, by: consumer.id)
            return try await issue(details, to: consumer.id, caller)
        } catch let error as OAuthError {
            return error.answer
        }
    }

    /// What is asked for, completed from the agreement.
    private func requested(_ json: JSON, by consumer: Slug) throws -> AccessGrantDetails {
        var details: AccessGrantDetails
        do {
            details = try AccessGrantDetails(authorizationDetails: json)
        } catch {
            throw OAuthError("invalid_authorization_details", error.description)
        }
        guard let agreement = try exchange.agreement(details.agreement), agreement.consumer == consumer,
            agreement.dataset == details.dataset
        else {
            throw OAuthError(
                "invalid_authorization_details", "there is no such agreement of yours over this dataset")
        }
        guard agreement.isLive(at: exchange.now) else {
            throw OAuthError("invalid_grant", "the agreement has ended")
        }
        if let foreign = details.fields.first(where: { !agreement.fields.contains($0) }) {
            throw OAuthError("invalid_authorization_details", "`\(foreign)` is not a field of the agreement")
        }
        details.purpose = details.purpose ?? agreement.purpose
        return details
    }

    private func issue(_ details: AccessGrantDetails, to consumer: Slug, _ caller: Caller) async throws
        -> Answer
    {
        let claim = Exchange.Claim(details, consumer: consumer)
        guard let decision = exchange.decide(claim, fields: nil) else {
            throw OAuthError("invalid_grant", "the agreement has ended")
        }
        let now = exchange.now
        var granted = details
        if granted.fields.isEmpty {
            granted.fields = try exchange.agreement(details.agreement)?.fields ?? []
        }
        let end = try exchange.agreement(details.agreement)?.validUntil
        let lifetime = min(
            Int64(AccessToken.longestLifetimeSeconds),
            end.map { ($0.milliseconds - now.milliseconds) / 1000 } ?? .max)
        let id = Base64.encodeURL(SecureRandom.bytes(16))
        let event = AuditEvent(
            decision.isPermit && lifetime > 0 ? .tokenIssued : .tokenDenied,
            by: .organisation(
                consumer, thumbprint: caller.thumbprint, tokenID: id, keyID: parts.issuer.keyID),
            [
                "dataset": .string(details.dataset.text), "agreement": .string(details.agreement.description),
                "purpose": JSON(details.purpose?.iri), "fields": JSON(granted.fields),
                "decision": .string(decision.outcome.rawValue), "reasons": JSON(decision.reasons.map(\.code)),
                "expires_in": .integer(max(0, lifetime)),
            ])
        // Signed before it is logged, handed out after: no entry tells of a token that could not be made.
        let token =
            try decision.isPermit && lifetime > 0
            ? sign(details, for: consumer, caller, at: now, lifetimeSeconds: Int(lifetime), id: id) : nil
        let entry = try await exchange.append(event)
        guard decision.isPermit else {
            throw OAuthError(
                "invalid_authorization_details", decision.reasons.map(\.message).joined(separator: "; "),
                entry: entry)
        }
        guard let token else { throw OAuthError("invalid_grant", "the agreement has ended", entry: entry) }
        var answer = Answer.json(
            [
                "access_token": .string(token), "token_type": "Bearer", "expires_in": .integer(lifetime),
                "authorization_details": [granted.json],
            ], entry: entry)
        answer.fields[.cacheControl] = "no-store"
        return answer
    }

    private func sign(
        _ details: AccessGrantDetails, for consumer: Slug, _ caller: Caller, at now: Instant,
        lifetimeSeconds: Int, id: String
    ) throws -> String {
        do {
            return try parts.issuer.issue(
                client: consumer, details: details, thumbprint: caller.thumbprint, at: now,
                lifetimeSeconds: lifetimeSeconds, id: id)
        } catch let fault as ClientFault {
            throw OAuthError("invalid_authorization_details", fault.description)
        }
    }

    /// RFC 7517.
    func keys() -> Answer {
        var key = parts.publicKey.jwk.object ?? [:]
        key["kid"] = .string(parts.issuer.keyID)
        key["use"] = "sig"
        key["alg"] = "ES256"
        return .json(["keys": [.object(key)]])
    }

    /// RFC 8414, with the endpoints of RFC 8705 section 5 for clients with certificates.
    func authorisationServer() -> Answer {
        let endpoint = JSON.string(parts.machines + "/oauth/token")
        return .json([
            "issuer": .string(parts.people), "token_endpoint": endpoint,
            "jwks_uri": .string(parts.people + "/oauth/jwks"),
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["self_signed_tls_client_auth"],
            "tls_client_certificate_bound_access_tokens": true,
            "authorization_details_types_supported": [.string(AccessGrantDetails.type)],
            "mtls_endpoint_aliases": ["token_endpoint": endpoint],
        ])
    }
}

extension Exchange.Claim {
    init(_ details: AccessGrantDetails, consumer: Slug) {
        self.init(
            dataset: details.dataset, agreement: details.agreement, consumer: consumer,
            purpose: details.purpose ?? Purpose(""), fields: details.fields)
    }
}
