internal import Consent
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import Tokens

extension Gateway {
    /// The token, introspection and revocation endpoints. Errors have the shape of RFC 6749 section 5.2.
    func oauth(_ call: Call) async throws -> Answer {
        do {
            let form = try await OAuthForm.read(call)
            let client = try authenticate(call, form)
            // A token endpoint has no streams: the admission says only that it was counted.
            _ = try tokenUsage.admit(UsageKey(client: .organisation(client.id), dataset: nil))
            var answer =
                switch call.endpoint {
                case .introspectToken: try introspect(form, client)
                case .revokeToken: try await revoke(form, client)
                default: try await issueToken(form, client, call)
                }
            answer.fields[.cacheControl] = "no-store"
            return answer
        } catch let error as OAuthError {
            return error.answer
        }
    }

    /// Who calls: an organisation, by the certificate of its connection or by an assertion.
    ///
    /// - Throws: `invalid_client`, which does not tell whether there is such a client.
    private func authenticate(_ call: Call, _ form: OAuthForm) throws -> OAuthClient {
        let certified = try call.caller.flatMap { try clientID(of: $0) }
        guard form["client_secret"] == nil, call.request.headers[.authorization] == nil else {
            throw OAuthError(
                "invalid_client", "clients have no secrets here: use a certificate or `client_assertion`")
        }
        let client: OAuthClient
        if form["client_assertion"] != nil || form["client_assertion_type"] != nil {
            let assertion = try verifiedAssertion(form)
            client = OAuthClient(
                id: assertion.client, credential: assertion.key,
                certificate: certified == assertion.client ? call.thumbprint : nil)
        } else {
            guard let certified, let thumbprint = call.thumbprint else {
                throw OAuthError(
                    "invalid_client",
                    "a client proves who it is by a registered certificate or by `client_assertion`")
            }
            client = OAuthClient(id: certified, credential: thumbprint, certificate: thumbprint)
        }
        guard form["client_id"] == nil || form["client_id"] == client.id.text else {
            throw OAuthError("invalid_client", "`client_id` is not the client that proved itself")
        }
        // Whoever is suspended may still take a token back.
        guard call.endpoint == .revokeToken || exchange.participants.isActive(client.id) else {
            throw OAuthError("invalid_client", "the client is suspended")
        }
        return client
    }

    private func clientID(of caller: Caller) throws -> Slug? {
        guard case .organisation(let id) = caller.principal else {
            throw OAuthError(
                "unauthorized_client", "tokens are for organisations, by their own credentials")
        }
        return id
    }

    private func verifiedAssertion(_ form: OAuthForm) throws -> VerifiedAssertion {
        guard form["client_assertion_type"] == ClientAssertion.type else {
            throw OAuthError("invalid_client", "`client_assertion_type` must be \(ClientAssertion.type)")
        }
        do throws(AssertionFault) {
            let assertion = try ClientAssertion(form["client_assertion"] ?? "")
            guard let keys = exchange.participants.keys(of: assertion.claimedClient) else {
                throw AssertionFault(.signature, "no keys of `\(assertion.claimedClient)`")
            }
            return try parts.assertions.verify(assertion, with: keys, at: exchange.now)
        } catch {
            if error.reason == .full {
                throw RetryableFault("assertions_full", error.message, cause: error.description)
            }
            parts.logger.info("a client assertion was refused", metadata: ["reason": "\(error)"])
            throw OAuthError(AssertionFault.code, error.message)
        }
    }
}
