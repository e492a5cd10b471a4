/// A policy in the place from which it speaks. All layers must permit.
public enum PolicyLayer: Sendable {
    /// A Set of the hub's own: what holds for everyone.
    case guardrail(CompiledPolicy)
    /// The Offer of the dataset.
    case offer(CompiledPolicy)
    /// The Agreement under which the data are read.
    case agreement(CompiledPolicy)

    public enum Name: String, CaseIterable, Sendable { case guardrail, offer, agreement }

    public var name: Name {
        switch self {
        case .guardrail: .guardrail
        case .offer: .offer
        case .agreement: .agreement
        }
    }

    public var policy: CompiledPolicy {
        switch self {
        case .guardrail(let policy), .offer(let policy), .agreement(let policy): policy
        }
    }

    /// The one type of policy that may stand here.
    var expectedKind: PolicyKind {
        switch self {
        case .guardrail: .set
        case .offer: .offer
        case .agreement: .agreement
        }
    }
}
