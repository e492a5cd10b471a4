internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import Tokens

extension Gateway {
    /// `GET /data/{dataset}`: token, decision, entry, rows; in that order, and no byte before its entry.
    func readData(_ call: Call) async throws -> Response {
        let dataset = try call.slug("dataset")
        let query = try call.query("fields")
        let format = try OutputFormat(accept: call.request.headers[.accept])
        let fields = query.list("fields")
        guard let header = call.request.headers[.authorization] else {
            guard let plan = try exchange.readOpen(dataset, fields: fields) else { throw Self.challenge() }
            return try await stream(plan, nil, format, by: .anyone, purpose: nil, call)
        }
        let token = try verified(header, call)
        guard token.details.dataset == dataset else {
            throw Self.challenge(
                error: "insufficient_scope", "the token is for another dataset", status: .forbidden,
                code: "token_other_dataset")
        }
        let actor = Actor.organisation(
            token.client, thumbprint: token.thumbprint, tokenID: token.id, keyID: token.keyID)
        let claim = Exchange.Claim(token.details, consumer: token.client)
        while true {
            switch try exchange.read(claim, fields: fields) {
            case .permitted(let plan):
                // If a new version has come since, the read is planned anew.
                guard let gate = plan.gate,
                    let ticket = StreamTicket(gate: gate, versionNumber: plan.version.number)
                else { continue }
                return try await stream(plan, ticket, format, by: actor, purpose: claim.purpose, call)
            case .denied(let decision, let fields):
                throw try await denied(decision, claim, fields, by: actor)
            }
        }
    }

    /// The token, good now and on this connection, of an organisation that this hub still knows.
    private func verified(_ header: String, _ call: Call) throws -> AccessToken {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Self.challenge(
                error: "invalid_request", "the Authorization header is not a bearer token",
                status: .unauthorized,
                code: "bad_authorization")
        }
        guard let thumbprint = call.thumbprint else {
            throw Self.challenge(
                error: "invalid_token", "the token needs the client certificate that it is bound to",
                status: .unauthorized, code: "invalid_token")
        }
        let token: AccessToken
        do {
            token = try self.parts.cache.token(
                for: Array(parts[1].utf8), at: exchange.now, boundTo: thumbprint,
                orVerify: self.parts.verifier)
        } catch {
            throw Self.challenge(
                error: TokenFault.code, error.message, status: .unauthorized, code: TokenFault.code)
        }
        guard case .organisation(token.client) = call.caller?.principal else {
            throw Self.challenge(
                error: TokenFault.code, "the certificate is not that of the token's client",
                status: .unauthorized,
                code: TokenFault.code)
        }
        return token
    }

    /// RFC 6750 section 3.
    private static func challenge(
        error: String? = nil, _ detail: String = "reading this dataset needs a token",
        status: HTTPResponse.Status = .unauthorized, code: String = "token_missing"
    ) -> ProblemError {
        var problem = Problem(status, code, detail)
        problem.remedy = "take a token at /oauth/token with the certificate of this connection"
        problem.fields[.wwwAuthenticate] =
            error.map { "Bearer error=\"\($0)\", error_description=\"\(detail)\"" } ?? "Bearer"
        return ProblemError(problem: problem)
    }

    private func denied(
        _ decision: Decision, _ claim: Exchange.Claim, _ fields: [String], by actor: Actor
    ) async throws -> ProblemError {
        let entries = AccessEntries(
            denied: decision, dataset: claim.dataset, gate: exchange.gates.gate(of: claim.agreement),
            fields: fields, by: actor, purpose: claim.purpose, random: SecureRandom.bytes(48))
        let entry = try await exchange.append(entries.decided)
        var problem = Problem(
            .forbidden, decision.reasons.first?.code ?? "denied",
            decision.reasons.map(\.message).joined(separator: "; "))
        problem.members["reasons"] = .array(decision.reasons.map(\.json))
        problem.fields[.sluisEntry] = String(entry)
        return ProblemError(problem: problem)
    }

    private func stream(
        _ plan: ReadPlan, _ ticket: StreamTicket?, _ format: OutputFormat, by actor: Actor,
        purpose: Purpose?, _ call: Call
    ) async throws -> Response {
        let entries = AccessEntries(plan, by: actor, purpose: purpose, random: SecureRandom.bytes(48))
        let download: Download
        let entry: UInt64
        do {
            entry = try await exchange.append(entries.decided)
            download = try Download(
                plan: plan, ticket: ticket, format: format, entries: entries, decision: entry,
                exchange: exchange, channel: call.context.channel, logger: parts.logger)
        } catch {
            ticket?.end()
            throw error
        }
        var fields: HTTPFields = [:]
        fields[.contentType] = format.contentType
        fields[.sluisEntry] = String(entry)
        if plan.gate != nil { fields[.sluisEpoch] = String(plan.epoch) }
        if let withheld = plan.withheld {
            fields[.sluisWithheld] = "rows=\(withheld.rows), owners=\(withheld.owners)"
        }
        fields[.eTag] = entityTag(plan, format)
        fields[.cacheControl] = "no-store"
        fields[.trailer] = "Repr-Digest, Sluis-Status, Sluis-Receipt"
        return Response(status: .ok, headers: fields, body: download.body)
    }

    /// Names the representation without telling anything of it.
    private func entityTag(_ plan: ReadPlan, _ format: OutputFormat) -> String {
        let parts = [
            plan.dataset.text, String(plan.version.number), plan.gate?.agreement.id.description ?? "",
            String(plan.epoch), plan.fields.joined(separator: "\u{1F}"), format.rawValue,
        ]
        let tag = HMACSHA256.authenticate(Array(parts.joined(separator: "\u{1E}").utf8), key: tagKey)
        return "\"\(Base64.encodeURL(tag[..<16]))\""
    }
}

extension Reason {
    var json: JSON {
        [
            "code": .string(code), "layer": .string(layer), "source": JSON(source),
            "message": .string(message),
        ]
    }
}
