internal import Consent
internal import HTTPTypes
internal import Model
internal import Tokens

/// What became of a token: introspection (RFC 7662) and revocation (RFC 7009).
extension Gateway {
    /// Tells a client of its own tokens, a consumer of those of its processors, and a provider of those for
    /// its datasets. All others learn that the token is not active, as for one that never was.
    func introspect(_ form: OAuthForm, _ client: OAuthClient) throws -> Answer {
        let compact = try form.required("token")
        guard let token = try? parts.tokens.inspect(Array(compact.utf8), at: exchange.now),
            try isOf(client.id, token) || exchange.provider(of: token.details.dataset) == client.id,
            exchange.isActive(token.pass, Exchange.Claim(token.details, token.client))
        else { return .json(["active": false]) }
        var members = token.claims.object ?? [:]
        members["active"] = true
        members["token_type"] = .string(token.binding.tokenType)
        return .json(.object(members))
    }

    /// Takes a token back, for its client or the consumer for whom it reads. One that is not good is none.
    func revoke(_ form: OAuthForm, _ client: OAuthClient) async throws -> Answer {
        let compact = try form.required("token")
        guard let token = try? parts.tokens.inspect(Array(compact.utf8), at: exchange.now) else {
            return Answer()
        }
        guard isOf(client.id, token) else {
            throw OAuthError("unauthorized_client", "the token is not of this client")
        }
        var members: [String: JSON] = [
            "dataset": .string(token.details.dataset.text),
            "agreement": .string(token.details.agreement.description),
        ]
        if let consumer = token.details.actFor { members["consumer"] = .string(consumer.text) }
        let recorded = try await exchange.revoke(
            token: token.id, of: token.client, under: token.details.agreement, expiresAt: token.expiresAt,
            members,
            by: .organisation(
                client.id, thumbprint: client.certificate, tokenID: nil, keyID: nil))
        var answer = Answer()
        if let entry = recorded.entry { answer.fields[.sluisEntry] = String(entry) }
        return answer
    }

    private func isOf(_ client: Slug, _ token: AccessToken) -> Bool {
        token.client == client || token.details.actFor == client
    }
}

extension AccessToken {
    /// By what its bearer is let in.
    var pass: Pass {
        var credentials: Set = [credential]
        if case .certificate(let certificate) = binding { credentials.insert(certificate) }
        return Pass(
            client: client, credentials: credentials, issuedAt: issuedAt, tokenID: id, keyID: keyID)
    }
}
