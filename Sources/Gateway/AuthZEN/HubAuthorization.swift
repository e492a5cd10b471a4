internal import Consent
internal import Model
internal import PolicyEngine

/// The hub as a policy decision point: whether an organisation may read a dataset, answered as a read would
/// be.
///
/// It answers out of its own agreements and policies; what a request says of the properties of subject and
/// resource changes nothing. `context` may name `purpose`, `agreement` and `fields`.
struct HubAuthorization: AuthorizationSource {
    let exchange: Exchange
    let caller: Caller

    static let subjectType = "organisation"
    static let resourceType = "dataset"

    let actionNames = ["read"]

    private var iris: IRIs { IRIs(host: exchange.parts.host) }

    func decide(_ request: AuthorizationRequest, at now: Instant) throws -> AuthorizationDecision {
        guard let consumer = consumer(request.subject) else {
            return Self.deny(
                "subject_unknown", "subjects are of type `\(Self.subjectType)`, by slug or IRI")
        }
        guard let dataset = dataset(request.resource) else {
            return Self.deny(
                "resource_unknown", "resources are of type `\(Self.resourceType)`, by slug or IRI")
        }
        try requireParty(consumer, dataset)
        guard actionNames.contains(request.actionName) || request.actionName == PolicyRequest.read else {
            return Self.deny("action_unknown", "the hub decides the action `read`")
        }
        let answer = try exchange.decide(question(consumer, dataset, request.context))
        var context: [String: JSON] = ["reasons": .array(answer.decision.reasons.map(\.json))]
        context["agreement"] = answer.agreement.map { .string(iris.agreement($0)) }
        if !answer.decision.obligations.isEmpty {
            context["obligations"] = JSON(answer.decision.obligations)
        }
        return AuthorizationDecision(isPermit: answer.decision.isPermit, context: .object(context))
    }

    private static func deny(_ code: String, _ message: String) -> AuthorizationDecision {
        let reason = Reason(code: code, layer: "hub", message: message)
        return AuthorizationDecision(isPermit: false, context: ["reasons": [reason.json]])
    }

    func entities(ofType type: String) throws -> [AuthorizationEntity] {
        switch type {
        case Self.subjectType:
            let others = Set(exchange.consumers).subtracting(caller.organisation.map { [$0.id] } ?? [])
            return ((caller.organisation.map { [$0.id] } ?? []) + others.sorted())
                .map { AuthorizationEntity(type: type, id: $0.text) }
        case Self.resourceType:
            return try exchange.datasetsWithProviders()
                .map { AuthorizationEntity(type: type, id: $0.dataset.text) }
        default: return []
        }
    }

    func isKnown(_ entity: AuthorizationEntity) throws -> Bool {
        if let dataset = dataset(entity) { return try exchange.provider(of: dataset) != nil }
        return consumer(entity) != nil
    }

    private func consumer(_ entity: AuthorizationEntity) -> Slug? {
        entity.type == Self.subjectType ? iris.organisation(named: entity.id) : nil
    }

    private func dataset(_ entity: AuthorizationEntity) -> Slug? {
        entity.type == Self.resourceType ? iris.dataset(named: entity.id) : nil
    }

    /// What one organisation may do with the data of another is for those two to know, and the operator.
    private func requireParty(_ consumer: Slug, _ dataset: Slug) throws {
        if caller.organisation?.id == consumer || caller.capacities.contains(.operator) { return }
        if let provider = try exchange.provider(of: dataset), caller.acts(as: .provider, for: provider) {
            return
        }
        throw ClientFault(
            .forbidden, "not_party", "only the organisation itself and the dataset's provider may ask this",
            field: "subject.id", found: consumer.text)
    }

    private func question(_ consumer: Slug, _ dataset: Slug, _ context: [String: JSON]) throws
        -> Exchange.Question
    {
        var question = Exchange.Question(consumer: consumer, dataset: dataset)
        question.purpose = try text("purpose", context).map { Purpose($0) }
        question.agreement = try text("agreement", context).map { text in
            guard let id = iris.agreement(named: text) else {
                throw Self.fault("agreement", text, "the identifier or the IRI of an agreement")
            }
            return id
        }
        guard let fields = context["fields"] else { return question }
        let names = (fields.array ?? [fields]).compactMap(\.string)
        guard !names.isEmpty, names.count == fields.array?.count ?? 1 else {
            throw Self.fault("fields", fields.kind, "one name or a list of names")
        }
        question.fields = names
        return question
    }

    private func text(_ name: String, _ context: [String: JSON]) throws -> String? {
        guard let value = context[name] else { return nil }
        guard let text = value.string else { throw Self.fault(name, value.kind, "a text") }
        return text
    }

    private static func fault(_ name: String, _ found: String, _ expected: String) -> ClientFault {
        ClientFault(
            .badInput, "invalid_request", "`context.\(name)` is not what the hub can decide on",
            field: "context.\(name)", found: found, expected: expected)
    }
}

extension Gateway {
    /// AuthZEN 1.0, out of the hub's own agreements.
    func authorization(_ call: Call) async throws -> Answer {
        let route: AuthorizationRoute =
            switch call.endpoint {
            case .accessEvaluation: .evaluation
            case .accessEvaluations: .evaluations
            case .searchSubjects: .searchSubject
            case .searchResources: .searchResource
            default: .searchAction
            }
        let source = HubAuthorization(exchange: exchange, caller: try call.requiredCaller)
        try await call.letBodyCome()
        return try route.answer(
            await AuthorizationRoute.body(call.request), by: AuthorizationService(source), at: exchange.now)
    }
}
