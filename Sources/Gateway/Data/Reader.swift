internal import Consent
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import Tokens

/// Who reads, and by what he was let in.
struct Reader: Sendable {
    let token: AccessToken
    let claim: Exchange.Claim
    let pass: Pass
    /// For the next proof, of a reader who showed one.
    let nonce: String?

    init(_ token: AccessToken, nonce: String?) {
        self.token = token
        claim = Exchange.Claim(token.details, token.client)
        pass = token.pass
        self.nonce = nonce
    }

    /// How the log names him.
    var actor: Actor { token.actor }

    /// For whom he reads, if not for himself.
    var consumer: Slug? { token.details.actFor }
}

extension Gateway {
    /// The reader of a call: a token that is good now, with what it is bound to, of an organisation that this
    /// hub still knows.
    ///
    /// - Throws: an answer 401 with its challenge (RFC 6750 section 3, RFC 9449 section 7.1).
    func reader(_ header: String, _ call: Call) throws -> Reader {
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let scheme = Challenge.Scheme(rawValue: words[0].lowercased()) else {
            throw Challenge(
                .bearer, "invalid_request", "the Authorization header is neither Bearer nor DPoP",
                code: "bad_authorization"
            ).problem(of: self, call)
        }
        let compact = String(words[1])
        // First, so that only proofs of holders of tokens of ours are remembered.
        let claimed: AccessToken
        do throws(TokenFault) {
            claimed = try parts.tokens.inspect(Array(compact.utf8), at: exchange.now)
        } catch {
            throw Challenge(scheme, TokenFault.code, error.message).problem(of: self, call)
        }
        let binding = try shown(with: compact, claimed, as: scheme, call)
        let token: AccessToken
        do {
            token = try parts.tokens.token(for: Array(compact.utf8), at: exchange.now, boundTo: binding)
        } catch {
            throw Challenge(scheme, TokenFault.code, error.message).problem(of: self, call)
        }
        if case .certificate = binding, call.caller?.principal != .organisation(token.client) {
            throw Challenge(scheme, TokenFault.code, "the certificate is not that of the token's client")
                .problem(of: self, call)
        }
        return Reader(token, nonce: scheme == .dpop ? nonce : nil)
    }

    /// What the caller shows besides the token: his certificate or a proof.
    private func shown(
        with compact: String, _ token: AccessToken, as scheme: Challenge.Scheme, _ call: Call
    ) throws -> TokenBinding {
        guard scheme == .dpop else {
            guard let thumbprint = call.thumbprint else {
                throw Challenge(
                    scheme, TokenFault.code, "the token needs the client certificate that it is bound to"
                ).problem(of: self, call)
            }
            return .certificate(thumbprint)
        }
        let proofs = call.request.headers[values: .dpop]
        guard proofs.count == 1 else {
            throw Challenge(scheme, "invalid_dpop_proof", "the token needs one proof in the header DPoP")
                .problem(of: self, call)
        }
        do throws(ProofFault) {
            // Another's key is refused before its proof is remembered.
            let key: Thumbprint? = if case .key(let bound) = token.binding { bound } else { nil }
            let proof = try parts.proofs.verify(
                proofs[0], of: token.client, key: key, method: call.request.method.rawValue,
                url: url(of: call), accessToken: compact, at: exchange.now)
            return .key(proof.key)
        } catch {
            if error.reason == .full {
                throw RetryableFault("proofs_full", error.message, cause: error.description)
            }
            parts.logger.info("a proof was refused", metadata: ["reason": "\(error)"])
            throw Challenge(scheme, error.code, error.message).problem(of: self, call)
        }
    }

    /// - Throws: an answer 401 if something has ended that the reader's pass depends on.
    func requireStanding(_ reader: Reader, _ call: Call) throws {
        do throws(PassFault) {
            try exchange.requireStanding(reader.pass, reader.claim)
        } catch {
            let scheme: Challenge.Scheme = reader.nonce == nil ? .bearer : .dpop
            throw Challenge(scheme, TokenFault.code, error.rawValue).problem(of: self, call)
        }
    }
}
