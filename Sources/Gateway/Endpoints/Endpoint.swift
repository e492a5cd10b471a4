internal import Consent
internal import HTTPTypes

/// Every route of the hub: its method, its path, where it is served, and who may call it.
///
/// This table is the only place where that is said: the routers are built from it, `authorise()` asks it, and
/// the authorisation matrix in the tests is printed from it.
enum Endpoint: String, CaseIterable, Sendable {
    case addOrganisation
    case listOrganisations
    case showOrganisation
    case registerOrganisation
    case approveOrganisation
    case refuseOrganisation
    case suspendOrganisation
    case resumeOrganisation
    case addCredential
    case removeCredential
    case addPerson
    case addDataset
    case putData
    case addData
    case startUpload
    case listUploads
    case showUpload
    case headUpload
    case continueUpload
    case endUpload
    case connectDataset
    case showFields
    case changeFields
    case keepFields
    case deleteOwnerRows
    case inspectDataset
    case verifyDataset
    case putLinks
    case makeRequest
    case listRequests
    case agree
    case refuseRequest
    case showAgreement
    case endAgreement
    case setProcessors
    case giveGrant
    case withdrawGrant
    case refuseGrant
    case revokeGrant
    case token
    case introspectToken
    case revokeToken
    case keys
    case rotateKeys
    case authorisationServer
    case protectedResource
    case readData
    case headData
    case logCheckpoint
    case logWitnessed
    case logTile
    case logEntries
    case logProof
    case accessEvaluation
    case accessEvaluations
    case searchSubjects
    case searchResources
    case searchActions
    case decisionPoint
    case searchLog
    case exportLog
    case pruneLog
    case listAccesses
    case erasePerson
    case listEvidence
    case showEvidence
    case removeEvidence
    case openAPI
    case live
    case ready
    case metrics
    case addCheckpoint

    /// Where a route is served.
    enum Listener: String, CaseIterable, Sendable {
        /// Without client certificates.
        case people
        /// With a client certificate on every connection, but for the token endpoint's.
        case machines
    }

    /// Who may call a route.
    enum Access: Hashable, Sendable {
        case anyone
        /// A caller with a registered certificate who has one of these capacities.
        case capacities(Set<Caller.Capacity>)
    }

    var method: HTTPRequest.Method {
        switch self {
        case .putData, .connectDataset, .putLinks, .changeFields, .setProcessors: .put
        case .listOrganisations, .showOrganisation, .protectedResource, .listRequests, .showAgreement, .keys,
            .authorisationServer, .readData, .logCheckpoint,
            .logWitnessed,
            .logTile, .logEntries, .logProof, .decisionPoint, .openAPI, .live, .ready, .metrics, .searchLog,
            .exportLog,
            .listAccesses,
            .listEvidence, .showEvidence, .inspectDataset, .verifyDataset, .listUploads, .showUpload,
            .showFields:
            .get
        case .headData, .headUpload: .head
        case .continueUpload: .patch
        case .removeEvidence, .deleteOwnerRows, .endUpload, .keepFields, .removeCredential:
            .delete
        default: .post
        }
    }

    /// Path templates, `{name}` standing for one segment and `**` for the rest.
    var path: String {
        switch self {
        case .addOrganisation, .listOrganisations, .showOrganisation, .registerOrganisation,
            .approveOrganisation, .refuseOrganisation, .suspendOrganisation, .resumeOrganisation,
            .addCredential, .removeCredential, .showAgreement, .endAgreement, .setProcessors:
            partyPath
        case .token, .introspectToken, .revokeToken, .keys, .rotateKeys, .authorisationServer,
            .protectedResource:
            tokenPath
        case .addPerson: "/api/v1/persons"
        case .addDataset: "/api/v1/datasets"
        case .putData, .addData: "/api/v1/datasets/{id}/data"
        case .startUpload, .listUploads: "/api/v1/datasets/{id}/uploads"
        case .showUpload, .headUpload, .continueUpload, .endUpload: "/api/v1/uploads/{upload}"
        case .connectDataset: "/api/v1/datasets/{id}/upstream"
        case .showFields, .changeFields, .keepFields: "/api/v1/datasets/{id}/fields"
        case .deleteOwnerRows: "/api/v1/datasets/{id}/owners/{owner_key}"
        case .inspectDataset: "/api/v1/datasets/{id}/inspection"
        case .verifyDataset: "/api/v1/datasets/{id}/verification"
        case .putLinks: "/api/v1/datasets/{id}/links"
        case .makeRequest, .listRequests: "/api/v1/requests"
        case .agree: "/api/v1/requests/{id}/agree"
        case .refuseRequest: "/api/v1/requests/{id}/refuse"
        case .giveGrant: "/api/v1/grants"
        case .withdrawGrant: "/api/v1/grants/{id}/withdraw"
        case .refuseGrant: "/api/v1/grants/{id}/refuse"
        case .revokeGrant: "/api/v1/grants/{id}/revoke"
        case .readData, .headData: "/data/{dataset}"
        case .logCheckpoint: "/log/checkpoint"
        case .logWitnessed: "/log/witnessed"
        case .logTile: "/log/tile/{level}/**"
        case .logEntries: "/log/tile/entries/**"
        case .logProof: "/log/proof/{index}"
        case .accessEvaluation: AuthorizationRoute.evaluation.path
        case .accessEvaluations: AuthorizationRoute.evaluations.path
        case .searchSubjects: AuthorizationRoute.searchSubject.path
        case .searchResources: AuthorizationRoute.searchResource.path
        case .searchActions: AuthorizationRoute.searchAction.path
        case .decisionPoint: AuthorizationRoute.configurationPath
        case .searchLog: "/api/v1/log/entries"
        case .exportLog: "/api/v1/log/export"
        case .pruneLog: "/api/v1/log/prune"
        case .listAccesses: "/api/v1/accesses"
        case .erasePerson: "/api/v1/persons/{id}/erase"
        case .listEvidence: "/api/v1/evidence"
        case .showEvidence, .removeEvidence: "/api/v1/evidence/{grant}"
        case .openAPI, .live, .ready, .metrics: watchPath
        case .addCheckpoint: "/witness/add-checkpoint"
        }
    }

    private var partyPath: String {
        switch self {
        case .addOrganisation, .listOrganisations: "/api/v1/organisations"
        case .showOrganisation: "/api/v1/organisations/{id}"
        case .registerOrganisation: "/api/v1/registrations"
        case .approveOrganisation: "/api/v1/organisations/{id}/approve"
        case .refuseOrganisation: "/api/v1/organisations/{id}/refuse"
        case .suspendOrganisation: "/api/v1/organisations/{id}/suspend"
        case .resumeOrganisation: "/api/v1/organisations/{id}/resume"
        case .addCredential: "/api/v1/organisations/{id}/credentials"
        case .removeCredential: "/api/v1/organisations/{id}/credentials/{thumbprint}"
        case .showAgreement: "/api/v1/agreements/{id}"
        case .endAgreement: "/api/v1/agreements/{id}/end"
        case .setProcessors: "/api/v1/agreements/{id}/processors"
        default: preconditionFailure("\(self) is about something else")
        }
    }

    private var watchPath: String {
        switch self {
        case .openAPI: "/openapi.json"
        case .live: "/health/live"
        case .ready: "/health/ready"
        default: "/metrics"
        }
    }

    private var tokenPath: String {
        switch self {
        case .token: "/oauth/token"
        case .introspectToken: "/oauth/introspect"
        case .revokeToken: "/oauth/revoke"
        case .keys: "/oauth/jwks"
        case .rotateKeys: "/api/v1/keys/rotate"
        case .protectedResource: "/.well-known/oauth-protected-resource"
        case .authorisationServer: "/.well-known/oauth-authorization-server"
        default: preconditionFailure("\(self) is about something else")
        }
    }

    var listeners: Set<Listener> {
        switch self {
        case .keys, .authorisationServer, .protectedResource, .token, .introspectToken, .revokeToken,
            .registerOrganisation, .readData, .headData, .logCheckpoint, .logWitnessed, .logTile, .logProof,
            .openAPI, .live, .ready, .metrics:
            [.people, .machines]
        case .addCheckpoint: [.people]
        default: [.machines]
        }
    }

    var access: Access {
        switch self {
        case .addOrganisation, .listOrganisations, .approveOrganisation, .refuseOrganisation,
            .suspendOrganisation, .resumeOrganisation, .rotateKeys, .addPerson, .pruneLog:
            .capacities([.operator])
        case .showOrganisation, .addCredential, .removeCredential:
            .capacities([.provider, .consumer, .owner, .operator])
        case .addDataset, .putData, .addData, .startUpload, .listUploads, .showUpload, .headUpload,
            .continueUpload, .endUpload, .connectDataset, .showFields, .changeFields, .keepFields,
            .deleteOwnerRows, .putLinks, .agree, .refuseRequest:
            .capacities([.provider])
        case .makeRequest, .setProcessors: .capacities([.consumer])
        case .listRequests: .capacities([.provider, .consumer, .owner])
        case .showAgreement, .endAgreement: .capacities([.provider, .consumer])
        case .giveGrant, .withdrawGrant, .refuseGrant: .capacities([.owner])
        case .revokeGrant, .inspectDataset, .verifyDataset: .capacities([.provider, .operator])
        case .logEntries: .capacities([.supervisor])
        case .searchLog, .exportLog: .capacities([.provider, .consumer, .owner, .auditor, .supervisor])
        case .listAccesses: .capacities([.owner])
        case .erasePerson: .capacities([.owner, .operator])
        case .listEvidence, .showEvidence, .removeEvidence: .capacities([.provider])
        case .accessEvaluation, .accessEvaluations, .searchSubjects, .searchResources, .searchActions:
            .capacities([.provider, .consumer, .operator])
        // A read is decided by token, policy and grants; an open dataset is for anyone. Clients of the token
        // endpoints prove who they are in more than one way.
        case .token, .introspectToken, .revokeToken, .protectedResource, .registerOrganisation, .keys,
            .authorisationServer, .readData, .headData, .logCheckpoint, .logWitnessed, .logTile,
            .logProof, .decisionPoint, .openAPI, .live, .ready, .metrics, .addCheckpoint:
            .anyone
        }
    }

    var isOfAuthZEN: Bool {
        switch self {
        case .accessEvaluation, .accessEvaluations, .searchSubjects, .searchResources, .searchActions,
            .decisionPoint:
            true
        default: false
        }
    }

    /// Whether a suspended organisation may call it, since it only takes away or shows what is its own.
    var isForSuspended: Bool {
        switch self {
        case .withdrawGrant, .refuseGrant, .revokeGrant, .refuseRequest, .endAgreement, .removeCredential,
            .deleteOwnerRows,
            .showOrganisation, .showAgreement, .listRequests, .listAccesses, .removeEvidence:
            true
        default: access == .anyone
        }
    }

    /// Whether a connection to the machines listener may call it without a client certificate.
    var isForUncertified: Bool {
        switch self {
        case .token, .introspectToken, .revokeToken, .registerOrganisation: true
        default: false
        }
    }

    /// Whether its errors have the members that OAuth clients look for (RFC 6749 section 5.2).
    var isOfOAuth: Bool { [.token, .introspectToken, .revokeToken].contains(self) }

    /// Whether the answer is remembered under the caller's `Idempotency-Key`. A token is not: it would
    /// outlive its minutes; nor is a decision, which may be another one the next
    /// time, nor an erasure, whose answer names the person who is forgotten.
    var takesIdempotencyKey: Bool {
        method == .post && !isOfOAuth && self != .addCheckpoint && self != .erasePerson && !isOfAuthZEN
            && self != .registerOrganisation
    }
}
