internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import Tokens

/// The token endpoint (RFC 6749 section 4.4 with RFC 9396, and RFC 8705 or RFC 9449).
extension Gateway {
    func issueToken(_ form: OAuthForm, _ client: OAuthClient, _ call: Call) async throws -> Answer {
        guard exchange.participants.organisation(client.id)?.roles.contains(.consumer) == true else {
            throw OAuthError("unauthorized_client", "tokens are for organisations with the role consumer")
        }
        let json = try form.details(for: [parts.people, parts.machines])
        let details = try requested(json, by: client.id)
        // A proof counts once: what else is wrong is told first.
        return try await issue(details, to: client, boundTo: try binding(of: client, call))
    }

    /// What the token's holder will have to show besides it.
    private func binding(of client: OAuthClient, _ call: Call) throws -> TokenBinding {
        let proofs = call.request.headers[values: .dpop]
        guard !proofs.isEmpty else {
            guard let certificate = client.certificate else {
                throw OAuthError(
                    "invalid_request",
                    "a token is bound to a certificate or a key: send a `DPoP` proof, or connect with a"
                        + " certificate of the client")
            }
            return .certificate(certificate)
        }
        guard proofs.count == 1 else {
            throw OAuthError("invalid_dpop_proof", "there is more than one `DPoP` header")
        }
        do throws(ProofFault) {
            let proof = try parts.proofs.verify(
                proofs[0], of: client.id, method: call.request.method.rawValue, url: url(of: call),
                accessToken: nil,
                at: exchange.now)
            return .key(proof.key)
        } catch {
            if error.reason == .full {
                throw RetryableFault("proofs_full", error.message, cause: error.description)
            }
            parts.logger.info("a proof was refused", metadata: ["reason": "\(error)"])
            throw OAuthError(error.code, error.message)
        }
    }

    /// The address of a call, as its client must have written it in a proof.
    func url(of call: Call) -> String {
        (call.listener == .people ? parts.people : parts.machines) + call.request.uri.path
    }

    /// What is asked for, completed from the agreement.
    private func requested(_ json: JSON, by client: Slug) throws -> AccessGrantDetails {
        var details: AccessGrantDetails
        do {
            details = try AccessGrantDetails(authorizationDetails: json)
        } catch {
            throw OAuthError("invalid_authorization_details", error.description)
        }
        guard details.actFor != client else {
            throw OAuthError("invalid_authorization_details", "`act_for` names the client itself")
        }
        guard let agreement = try exchange.agreement(details.agreement),
            agreement.consumer == details.actFor ?? client, agreement.dataset == details.dataset,
            details.actFor == nil || agreement.processors.contains(client)
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

    private func issue(
        _ details: AccessGrantDetails, to client: OAuthClient, boundTo binding: TokenBinding
    ) async throws -> Answer {
        let agreement = try exchange.agreement(details.agreement)
        guard let agreement, let decision = exchange.decide(Exchange.Claim(details, client.id), fields: nil)
        else {
            throw OAuthError("invalid_grant", "the agreement has ended")
        }
        let now = exchange.now
        var granted = details
        if granted.fields.isEmpty { granted.fields = agreement.fields }
        let lifetime = min(
            Int64(AccessToken.longestLifetimeSeconds),
            agreement.validUntil.map { ($0.milliseconds - now.milliseconds) / 1000 } ?? .max)
        let isGood = decision.isPermit && lifetime > 0
        let issuer = try parts.tokens.tokenIssuer()
        let id = Base64.encodeURL(SecureRandom.bytes(16))
        // Signed before it is logged, handed out after: no entry tells of a token that could not be made.
        let token =
            isGood
            ? try sign(
                details, for: client, binding, by: issuer, at: now, lifetimeSeconds: Int(lifetime), id: id)
            : nil
        let actor = Actor.organisation(
            client.id, thumbprint: client.certificate, tokenID: id, keyID: issuer.keyID)
        let entry = try await exchange.append(
            Self.event(granted, client, binding, decision, max(0, lifetime), isGood: isGood, by: actor))
        guard decision.isPermit else {
            throw OAuthError(
                "invalid_authorization_details", decision.reasons.map(\.message).joined(separator: "; "),
                entry: entry)
        }
        guard let token else { throw OAuthError("invalid_grant", "the agreement has ended", entry: entry) }
        return .json(
            [
                "access_token": .string(token), "token_type": .string(binding.tokenType),
                "expires_in": .integer(lifetime), "authorization_details": [granted.json],
            ], entry: entry)
    }

    private static func event(
        _ granted: AccessGrantDetails, _ client: OAuthClient, _ binding: TokenBinding,
        _ decision: Decision, _ lifetime: Int64, isGood: Bool, by actor: Actor
    ) -> AuditEvent {
        var members: [String: JSON] = [
            "dataset": .string(granted.dataset.text), "agreement": .string(granted.agreement.description),
            "purpose": JSON(granted.purpose?.iri), "fields": JSON(granted.fields),
            "decision": .string(decision.outcome.rawValue), "reasons": JSON(decision.reasons.map(\.code)),
            "expires_in": .integer(lifetime), "credential": .string(client.credential.description),
            "cnf": binding.confirmation,
        ]
        if let consumer = granted.actFor { members["consumer"] = .string(consumer.text) }
        return AuditEvent(isGood ? .tokenIssued : .tokenDenied, by: actor, members)
    }

    private func sign(
        _ details: AccessGrantDetails, for client: OAuthClient, _ binding: TokenBinding,
        by issuer: TokenIssuer, at now: Instant, lifetimeSeconds: Int, id: String
    ) throws -> String {
        do {
            return try issuer.issue(
                client: client.id, credential: client.credential, details: details, binding: binding, at: now,
                lifetimeSeconds: lifetimeSeconds, id: id)
        } catch let fault as ClientFault {
            throw OAuthError("invalid_authorization_details", fault.description)
        }
    }
}

extension TokenBinding {
    /// `token_type` (RFC 6750, RFC 9449 section 5).
    var tokenType: String {
        switch self {
        case .certificate: "Bearer"
        case .key: "DPoP"
        }
    }
}

extension Exchange.Claim {
    init(_ details: AccessGrantDetails, _ client: Slug) {
        self.init(
            dataset: details.dataset, agreement: details.agreement, consumer: details.actFor ?? client,
            purpose: details.purpose ?? Purpose(""), fields: details.fields)
    }
}
