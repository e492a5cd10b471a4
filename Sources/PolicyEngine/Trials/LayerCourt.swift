import Model

/// Cases for the layers of the hub: a request under guardrails and an offer, and a read under an agreement of
/// them.
///
/// `when` says `now`, `purpose`, `legal_basis`, `fields`, perhaps `assignee` and `target`, and `read`: true
/// for a read, which needs an agreement. `then` may say `outcome`, `reasons` (codes) and `obligations`.
struct LayerCourt: Court {
    private let layers: [PolicyLayer]
    let members: Set<String> = [
        "now", "purpose", "legal_basis", "fields", "assignee", "target", "read",
    ]

    private static let host = "https://hub.example/id/"
    static let provider = host + "organisations/airport"
    static let consumer = host + "organisations/authority"
    static let dataset = host + "datasets/flights"

    init(_ json: JSON, purposes: PurposeTree, read: (String) throws -> JSON) throws {
        guard let guardrails = json["guardrails"]?.array, let template = json["offer"]?.string else {
            throw PolicyTrial.malformed("$", expected: "`policy`, or `guardrails` and `offer`")
        }
        var layers: [PolicyLayer] = []
        for file in guardrails.compactMap(\.string) {
            layers.append(.guardrail(try CompiledPolicy(read(file), purposes: purposes)))
        }
        let offer = try OfferCheck.admit(
            OfferTemplate(read(template), purposes: purposes).offer(
                uid: Self.dataset + "/offer", target: Self.dataset, assigner: Self.provider),
            target: Self.dataset, assigner: Self.provider, purposes: purposes)
        layers.append(.offer(offer))
        if let terms = json["agreement"]?.object {
            let agreement = try AgreementPolicy.make(
                uid: Self.host + "agreements/1", offer: offer, request: Self.request(terms, "agreement"),
                validUntil: terms["valid_until"]?.string.flatMap { Instant($0) },
                retention: terms["retention"]?.string)
            layers.append(.agreement(try CompiledPolicy(agreement, purposes: purposes)))
        }
        self.layers = layers
    }

    func decide(_ when: [String: JSON]) throws -> [String: JSON] {
        guard let now = when["now"]?.string.flatMap({ Instant($0) }) else {
            throw PolicyTrial.malformed("$.when.now", expected: "a time")
        }
        let request = try Self.request(when, "when")
        let decide = when["read"]?.bool == true ? PolicyEngine.decide : OfferCheck.decide
        let decision = decide(request, layers, now)
        let codes = decision.reasons.map(\.code).reduce(into: [String]()) { codes, code in
            if !codes.contains(code) { codes.append(code) }
        }
        return [
            "outcome": .string(decision.outcome.rawValue), "reasons": JSON(codes),
            "obligations": JSON(decision.obligations),
        ]
    }

    private static func request(_ members: [String: JSON], _ name: String) throws -> PolicyRequest {
        guard let purpose = members["purpose"]?.string,
            let basis = members["legal_basis"]?.string.flatMap(LegalBasis.init),
            let fields = members["fields"]?.array?.compactMap(\.string)
        else {
            throw PolicyTrial.malformed("$.\(name)", expected: "`purpose`, `legal_basis` and `fields`")
        }
        return PolicyRequest(
            assignee: members["assignee"]?.string ?? consumer,
            target: members["target"]?.string ?? dataset, purpose: Purpose(purpose), legalBasis: basis,
            fields: fields)
    }
}
