import Model

/// Reads requests: `odrl:Request` with rules, as imec's test suite writes them, and `EvaluationRequest`, as
/// W3C's draft of ODRL's formal semantics and the newer suite do.
struct RequestReader {
    private let input: InputReader

    /// - Throws: `ClientFault` `request_malformed`.
    static func read(_ json: JSON) throws(ClientFault) -> EvaluationRequest {
        let reader = RequestReader(input: try InputReader(json, "request"))
        guard let root = reader.root else {
            throw ClientFault(
                .badInput, "request_malformed", "the request is malformed at `$`", field: "$",
                found: "nothing that asks",
                expected: "an `odrl:Request` with a permission, or an `EvaluationRequest`")
        }
        return reader.request(root)
    }

    private static let askMembers = [
        "permission", "prohibition", "requestedAction", "evaluatedAction", "action", "requestedTarget",
        "evaluatedTarget", "target", "requestingParty", "evaluatedParty", "assignee",
    ]

    private var root: LinkedNode? {
        let roots = input.document.roots
        return roots.first { !input.types($0).isDisjoint(with: ["Request", "EvaluationRequest"]) }
            ?? roots.first { node in Self.askMembers.contains { !input.values(node, [$0]).isEmpty } }
    }

    private func request(_ root: LinkedNode) -> EvaluationRequest {
        let uid = root.id ?? "_:request"
        let rules = input.values(root, ["permission", "prohibition", "obligation"])
            .compactMap { input.document.node($0) }
        let shared = ask(root, uid: uid)
        guard !rules.isEmpty else { return EvaluationRequest(uid: uid, asks: [shared]) }
        let asks = rules.map { rule in
            var ask = ask(rule, uid: rule.id ?? uid)
            ask.assignee = ask.assignee ?? shared.assignee
            ask.target = ask.target ?? shared.target
            ask.action = ask.action ?? shared.action
            ask.now = ask.now ?? shared.now
            ask.values.merge(shared.values) { own, _ in own }
            ask.measures.merge(shared.measures) { own, _ in own }
            return ask
        }
        return EvaluationRequest(uid: uid, asks: asks)
    }

    private func ask(_ node: LinkedNode, uid: String) -> Ask {
        var ask = Ask(uid: uid)
        ask.assignee = input.iri(node, ["assignee", "requestingParty", "evaluatedParty"])
        ask.target = input.iri(node, ["target", "requestedTarget", "evaluatedTarget"])
        ask.action = input.iri(node, ["action", "requestedAction", "evaluatedAction"])
        let stated = input.values(node, ["context", "constraint", "refinement"])
            .compactMap { input.document.node($0) }
        ask.values = input.plainValues(node).merging(input.statedValues(stated)) { _, new in new }
        // An action with refinements states how it is done.
        for case .node(let action) in input.values(node, ["action"]).map(\.content) {
            let refinements = input.values(action, ["refinement"]).compactMap { input.document.node($0) }
            ask.values.merge(input.statedValues(refinements)) { old, _ in old }
            ask.action = input.iri(action, ["value"]) ?? ask.action
        }
        for parameter in input.values(node, ["requestParameter", "requestParameters"]) {
            if let parameter = input.document.node(parameter) { add(parameter, to: &ask) }
        }
        if ask.now == nil, let issued = input.values(node, ["issued"]).first { ask.now = input.time(issued) }
        return ask
    }

    private static let timeFeatures: Set<String> = [
        "currentxsddatetime", "temporaldata", "currenttime", "datetime",
    ]

    private func add(_ parameter: LinkedNode, to ask: inout Ask) {
        guard let feature = input.iri(parameter, ["describesFeature"]),
            let value = input.values(parameter, ["value"]).first
        else { return }
        let name = InputReader.localName(feature).lowercased()
        if Self.timeFeatures.contains(name) {
            ask.now = input.time(value)
        } else if let operand = LeftOperand(iri: feature)
            ?? KnownOperand.allCases.first(where: { $0.rawValue.lowercased() == name }).map({ .known($0) })
        {
            ask.values[operand, default: []].append(input.fact(value, of: operand))
        } else {
            let written = input.written(value)
            let number = (try? OperandValue(written, as: .number(.all))) ?? .text(written.text)
            ask.measures[feature, default: []].append(
                FactValue(number, text: written.text, unit: feature))
        }
    }
}
