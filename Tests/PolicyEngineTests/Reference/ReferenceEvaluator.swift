import Model
import PolicyEngine

/// What documents decide, read off their JSON step by step: no compilation, no code of the engine.
///
/// It knows the spellings that `ReferenceGenerator` writes. `docs/policy-language.md` is what it follows; a
/// comment says where that leaves a choice.
struct ReferenceEvaluator {
    let policies: ReferenceDocument
    let request: ReferenceDocument
    let state: ReferenceDocument
    /// The time of evaluation in milliseconds since 1970; nil if nobody gives it.
    let now: Int64?
    let isOpen: Bool
    let isLenient: Bool
    /// DPV's purposes -> broader ones.
    let broader: [String: [String]]

    /// What one asks: an action on a target, and one field of it or none.
    struct Ask {
        let node: JSON
        var field: JSON?
        let action: String?
        let assignee: String?
        let target: String?
    }

    init(_ sample: ReferenceCase, broader: [String: [String]]) {
        policies = ReferenceDocument(sample.policies)
        request = ReferenceDocument(sample.request)
        state = ReferenceDocument(sample.state)
        let now = sample.options.now
        let told = state.nodes[ReferenceWorld.currentTime]?.all(ReferenceWorld.dct + "issued").first
        if case .time(let start, _)? = told.flatMap({ ReferenceValue($0, as: .time) }) {
            self.now = now?.milliseconds ?? start
        } else {
            self.now = now?.milliseconds
        }
        isOpen = sample.options.behaviour == .open
        isLenient = sample.options.duty == .lenient
        self.broader = broader
    }

    /// Whether everything that is asked, field by field, is permitted.
    var permits: Bool {
        let asks = asks()
        return !asks.isEmpty && asks.allSatisfy { permits($0) }
    }

    private func asks() -> [Ask] {
        request.top.flatMap { $0.odrl("permission") }.flatMap { reference -> [Ask] in
            let node = request.resolve(reference) ?? reference
            let ask = Ask(
                node: node, field: nil, action: node.iris("action").first,
                assignee: node.iris("assignee").first, target: node.iris("target").first)
            let fields = given(ReferenceWorld.sluis + "field", .ask(ask)).map(\.value)
            return fields.isEmpty
                ? [ask]
                : fields.map { field in
                    var single = ask
                    single.field = field
                    return single
                }
        }
    }

    private func permits(_ ask: Ask) -> Bool {
        var (isPermitted, isUnknown) = (false, false)
        for policy in speaking {
            let lineage = lineage(of: policy)
            let isUnderstood = lineage.allSatisfy(isUnderstood) && !isParentMissing(lineage)
            let isHeld =
                isUnderstood
                && rules("permission", lineage).contains { isHolding($0.rule, of: $0.policy, policy, ask) }
            let yields = isHeld && permissionsWin(policy, lineage)
            if !yields,
                rules("prohibition", lineage).contains(where: { isInForce($0.rule, of: $0.policy, ask) })
            {
                return false
            }
            isPermitted = isPermitted || (isHeld && kind(of: policy) != "Offer")
            isUnknown = isUnknown || !isUnderstood
        }
        // A policy that is not understood as a whole might forbid.
        return !isUnknown && (isPermitted || isOpen)
    }
}

extension ReferenceEvaluator {
    static let kinds = ["Set", "Policy", "Offer", "Agreement"]

    func kind(of policy: JSON) -> String? {
        policy.types.compactMap(ReferenceWorld.local).first(where: Self.kinds.contains)
    }

    private var all: [JSON] { policies.top.filter { kind(of: $0) != nil } }

    /// A policy that another one inherits from speaks through that one only.
    var speaking: [JSON] {
        let parents = Set(all.flatMap { $0.iris("inheritFrom") })
        return all.filter { !parents.contains($0["@id"]?.string ?? "") }
    }

    /// Its own word, and no other one of those that it inherits from.
    private func permissionsWin(_ policy: JSON, _ lineage: [JSON]) -> Bool {
        let permission = ReferenceWorld.odrl + "perm"
        return policy.iris("conflict") == [permission]
            && lineage.allSatisfy { $0.iris("conflict").allSatisfy { $0 == permission } }
    }

    /// The policy and those that it inherits from.
    func lineage(of policy: JSON) -> [JSON] {
        [policy] + policy.iris("inheritFrom").compactMap { policies.nodes[$0] }.flatMap(lineage)
    }

    func isParentMissing(_ lineage: [JSON]) -> Bool {
        lineage.contains { $0.iris("inheritFrom").contains { policies.nodes[$0] == nil } }
    }

    func rules(_ name: String, _ lineage: [JSON]) -> [(rule: JSON, policy: JSON)] {
        lineage.flatMap { policy in policy.odrl(name).map { ($0, policy) } }
    }

    private static let policyNames = [
        "permission", "prohibition", "obligation", "target", "assignee", "assigner", "action", "profile",
        "conflict", "inheritFrom",
    ]

    /// What a policy says of itself as a whole.
    func isUnderstood(_ policy: JSON) -> Bool {
        !policies.isContextUnknown && hasOnly(Self.policyNames, policy)
            && policy.types.allSatisfy { Self.kinds.contains(ReferenceWorld.local($0) ?? "") }
            && policy.iris("profile").allSatisfy(ReferenceWorld.profiles.contains)
            && policy.iris("conflict").allSatisfy {
                ["perm", "prohibit", "invalid"].contains(ReferenceWorld.local($0))
            }
    }

    /// Whether all properties are among those of ODRL that are named, or mere descriptions.
    func hasOnly(_ names: [String], _ node: JSON) -> Bool {
        (node.object ?? [:]).keys.allSatisfy { key in
            key.hasPrefix("@") || names.contains(ReferenceWorld.local(key) ?? "")
                || ["title", "description"].contains { key == ReferenceWorld.dct + $0 }
        }
    }

    /// Whether some part of a permission, a prohibition or a policy is not understood.
    var hasUnknownPart: Bool {
        guard let ask = asks().first else { return false }
        return speaking.contains { policy in
            let lineage = lineage(of: policy)
            return !lineage.allSatisfy(isUnderstood) || isParentMissing(lineage)
                || rules("permission", lineage).contains {
                    !verdict(on: $0.rule, of: $0.policy, isPermission: true, speaker: policy, ask)
                        .isUnderstood
                        || !duties(of: $0.rule, ask).isUnderstood
                }
                || rules("prohibition", lineage).contains {
                    !verdict(on: $0.rule, of: $0.policy, isPermission: false, speaker: policy, ask)
                        .isUnderstood
                }
        }
    }
}
