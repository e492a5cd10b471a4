public import AuditLog
public import Consent
public import Cryptography
internal import HTTPTypes
internal import Hummingbird
public import Logging
internal import Model
public import Tokens

/// The hub's HTTPS interface: routes, authentication, problem details.
///
/// A request goes one way: its route is found, the caller is known by his certificate, `authorise()` says
/// whether he may call the route, and the exchange does the rest.
public final class Gateway: Sendable {
    /// What it is built from.
    public struct Parts: Sendable {
        public var exchange: Exchange
        public var tokens: TokenAuthority
        public var assertions: AssertionVerifier
        /// What a client must put into its proofs, and what it puts there.
        public var nonces: NonceSource
        public var proofs: ProofVerifier
        /// Whose certificates organisations may register with.
        public var authorities: [X509Certificate]
        /// The origins of the listeners, such as `https://127.0.0.1:8443`.
        public var people: String
        public var machines: String
        /// This hub as a witness for other logs; nil if it is none.
        public var witness: WitnessKeeper?
        /// Reads connected datasets; nil if the operator allows no upstreams.
        public var upstreams: UpstreamClient?
        public var limits: UsageLimits
        /// Whether answers with data carry their digest, and entries a commitment to it.
        public var makesDigests: Bool
        public var logger: Logger

        public init(
            exchange: Exchange, tokens: TokenAuthority, assertions: AssertionVerifier, nonces: NonceSource,
            proofs: ProofVerifier, authorities: [X509Certificate], people: String, machines: String,
            witness: WitnessKeeper? = nil,
            upstreams: UpstreamClient? = nil, limits: UsageLimits = UsageLimits(), makesDigests: Bool = true,
            logger: Logger
        ) {
            self.exchange = exchange
            self.tokens = tokens
            self.assertions = assertions
            self.nonces = nonces
            self.proofs = proofs
            self.authorities = authorities
            self.people = people
            self.machines = machines
            self.witness = witness
            self.upstreams = upstreams
            self.limits = limits
            self.makesDigests = makesDigests
            self.logger = logger
        }
    }

    let parts: Parts
    /// Calls under one idempotency key go one at a time.
    let idempotencyKeys = KeyedLock<IdempotencyKey>()
    /// Keys the entity tags of this process.
    let tagKey = SecureRandom.bytes(32)
    /// What organisations take of datasets.
    let usage: UsageBook
    /// How often clients ask for tokens and what became of them.
    let tokenUsage: UsageBook
    let metrics = HubMetrics()
    /// What `/openapi.json` answers.
    let description: [UInt8]
    /// What was answered and may be again.
    let stock = AnswerStock()

    public init(_ parts: Parts) {
        self.parts = parts
        let (exchange, limits) = (parts.exchange, parts.limits)
        usage = UsageBook(
            requests: limits.requestsPerMinute, bytes: limits.bytesPerMinute, streams: limits.streams,
            now: { exchange.now })
        description = Self.description(people: parts.people, machines: parts.machines)
        tokenUsage = UsageBook(requests: limits.tokensPerMinute, now: { exchange.now })
    }

    var exchange: Exchange { parts.exchange }

    /// What the next proof of a client must hold (RFC 9449 section 8).
    var nonce: String { parts.nonces.current(at: exchange.now) }

    /// The origins under which it answers.
    public var people: String { parts.people }
    public var machines: String { parts.machines }

    func respond(
        _ endpoint: Endpoint, on listener: Endpoint.Listener, _ request: Request, _ context: GatewayContext
    ) async -> Response {
        let begun = ContinuousClock.now
        var response = await response(endpoint, on: listener, request, context)
        if request.headers[.dpop] != nil { response.headers[.dpopNonce] = nonce }
        response.headers.forbidGuessing()
        metrics.answered(endpoint, response.status.code, after: ContinuousClock.now - begun)
        return response
    }

    private func response(
        _ endpoint: Endpoint, on listener: Endpoint.Listener, _ request: Request, _ context: GatewayContext
    ) async -> Response {
        do {
            let call = try await Call(endpoint, on: listener, request, context, exchange)
            try Authorisation.requireCertificate(listener, endpoint, call.thumbprint)
            try Authorisation.authorise(endpoint, call.caller)
            if endpoint == .readData || endpoint == .headData { return try await readData(call) }
            if endpoint == .exportLog { return try await exportLog(call) }
            if endpoint == .verifyDataset { return try verifyDataset(call) }
            let response = try await remembered(call) { try await self.answer($0) }.response
            return endpoint.isOfAuthZEN ? response.echoing(request) : response
        } catch {
            let problem = problem(error)
            let response = (endpoint.isOfOAuth ? problem.withOAuthError : problem).answer.response
            return endpoint.isOfAuthZEN ? response.echoing(request) : response
        }
    }

    /// What a caller is told of an error, and the operator of a fault of the hub.
    func problem(_ error: any Error) -> Problem {
        switch error {
        case let fault as ClientFault: return Problem(fault)
        case let fault as RetryableFault:
            parts.logger.error(
                "refused for now", metadata: ["code": "\(fault.code)", "cause": "\(fault.cause)"])
            return Problem(fault)
        case let fault as BrokenAgreementsFault: return Problem(fault)
        case let problem as ProblemError: return problem.problem
        case let limit as LimitReached: return limit.problem
        default:
            parts.logger.error("failed to answer", metadata: ["error": "\(error)"])
            return .internalFault
        }
    }

    private func answer(_ call: Call) async throws -> Answer {
        switch call.endpoint {
        case .addOrganisation, .listOrganisations, .showOrganisation, .registerOrganisation,
            .approveOrganisation, .refuseOrganisation, .suspendOrganisation, .resumeOrganisation,
            .addCredential, .removeCredential:
            try await organisationAnswer(call)
        case .addPerson: try await addPerson(call)
        case .addDataset: try await addDataset(call)
        case .putData: try await takeData(call, .replaces)
        case .addData: try await takeData(call, .adds)
        case .startUpload, .listUploads, .showUpload, .headUpload, .continueUpload, .endUpload:
            try await upload(call)
        case .connectDataset: try await connectDataset(call)
        case .showFields, .changeFields, .keepFields: try await fields(call)
        case .deleteOwnerRows: try await deleteOwnerRows(call)
        case .inspectDataset: try await inspectDataset(call)
        case .putLinks: try await putLinks(call)
        case .makeRequest: try await makeRequest(call)
        case .listRequests: try await listRequests(call)
        case .agree: try await agree(call)
        case .refuseRequest: try await refuseRequest(call)
        case .showAgreement, .endAgreement, .setProcessors: try await agreement(call)
        case .giveGrant: try await giveGrant(call)
        case .withdrawGrant: try await endGrant(call, .withdraw)
        case .refuseGrant: try await endGrant(call, .refuse)
        case .revokeGrant: try await endGrant(call, .revoke)
        case .token, .introspectToken, .revokeToken: try await oauth(call)
        case .rotateKeys: try await rotateKeys(call)
        case .keys, .authorisationServer, .protectedResource: metadata(call)
        case .readData, .headData, .exportLog, .verifyDataset:
            preconditionFailure("a stream does not fit one answer")
        case .logCheckpoint: logCheckpoint()
        case .logWitnessed: try logWitnessed()
        case .logTile, .logEntries: try logFile(call)
        case .logProof: try await logProof(call)
        case .accessEvaluation, .accessEvaluations, .searchSubjects, .searchResources, .searchActions:
            try await authorization(call)
        case .decisionPoint: AuthorizationRoute.configuration(of: machines)
        case .searchLog: try await searchLog(call)
        case .pruneLog: try await pruneLog(call)
        case .listAccesses: try listAccesses(call)
        case .erasePerson: try await erasePerson(call)
        case .listEvidence: try listEvidence(call)
        case .showEvidence: try showEvidence(call)
        case .removeEvidence: try removeEvidence(call)
        case .openAPI, .live, .ready, .metrics: try watch(call)
        case .addCheckpoint: try await addCheckpoint(call)
        }
    }
}

/// A problem with more to say than a fault, on its way up.
struct ProblemError: Error {
    var problem: Problem
}
