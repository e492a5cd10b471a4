import Model

/// One decision on the way: every layer is asked, then the answers are put together.
struct Deliberation {
    let request: PolicyRequest
    let layers: [PolicyLayer]
    let now: Instant

    /// More reasons than anyone reads, and less than an entry of the log holds.
    static let maximumReasons = 32

    func decide(needing names: [PolicyLayer.Name]) -> Decision {
        let obstacles = obstacles(names)
        guard obstacles.isEmpty else { return deny(obstacles) }
        // Several permissions may each give some of the fields, and what is said of one must not hide what
        // is said of another: what is asked is permitted if each field by itself is.
        let depends = layers.contains { $0.policy.operands.contains(.known(.field)) }
        let parts = depends ? request.fields.map { [$0] } : [request.fields]
        var (matched, failed): ([LayerVerdict], [LayerVerdict]) = ([], [])
        for fields in parts {
            var part = request
            part.fields = fields
            let verdicts = layers.map { verdict($0, part) }
            if verdicts.allSatisfy(\.permits) { matched += verdicts } else { failed += verdicts }
        }
        return failed.isEmpty
            ? permit(matched) : deny(failed.flatMap(\.prohibited) + failed.flatMap(\.missing))
    }

    private func verdict(_ layer: PolicyLayer, _ request: PolicyRequest) -> LayerVerdict {
        LayerVerdict(
            layer.policy, name: layer.name.rawValue,
            Facts(request, at: now, purposes: layer.policy.purposes), .strict)
    }

    private func permit(_ verdicts: [LayerVerdict]) -> Decision {
        Decision(
            outcome: .permit, reasons: bounded(verdicts.flatMap(\.matched) + verdicts.flatMap(\.problems)),
            fields: request.fields, obligations: layers.flatMap { $0.policy.obligations.map(\.name) })
    }

    private func deny(_ reasons: [Reason]) -> Decision { Decision(outcome: .deny, reasons: bounded(reasons)) }

    /// No reason twice, most decisive first.
    private func bounded(_ reasons: [Reason]) -> [Reason] {
        var seen: Set<Reason> = []
        return Array(reasons.filter { seen.insert($0).inserted }.prefix(Self.maximumReasons))
    }

    /// Why there is nothing to weigh: a layer is missing or of another type, or the request is empty.
    private func obstacles(_ names: [PolicyLayer.Name]) -> [Reason] {
        var reasons: [Reason] = []
        for name in names where !layers.contains(where: { $0.name == name }) {
            reasons.append(
                Reason(code: "no_\(name)", layer: name.rawValue, message: "there is no \(name) that permits"))
        }
        for layer in layers where layer.policy.kind != layer.expectedKind {
            reasons.append(
                Reason(
                    code: "policy_type_not_permitted", layer: layer.name.rawValue, source: layer.policy.uid,
                    message: "type \(layer.policy.kind.rawValue) is not \(layer.expectedKind.rawValue)"))
        }
        return reasons + requestObstacles()
    }

    private func requestObstacles() -> [Reason] {
        var reasons: [Reason] = []
        if layers.contains(where: { !$0.policy.purposes.isKnown(request.purpose) }) {
            reasons.append(
                Reason(
                    code: "purpose_unknown", layer: PolicyLayer.Name.guardrail.rawValue,
                    message: "purpose \(brief(request.purpose.iri)) is not a purpose that the hub knows"))
        }
        if request.fields.isEmpty {
            reasons.append(
                Reason(
                    code: "no_fields_asked", layer: PolicyLayer.Name.guardrail.rawValue,
                    message: "the request asks no field"))
        }
        return reasons
    }
}
