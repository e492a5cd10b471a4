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
        return try reader.request(root)
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

    private func request(_ root: LinkedNode) throws(ClientFault) -> EvaluationRequest {
        let uid = root.id ?? "_:request"
        let rules = input.values(root, ["permission", "prohibition", "obligation"])
            .compactMap { input.document.node($0) }
        let shared = ask(root, uid: uid)
        var asks: [Ask] = []
        for rule in rules {
            var own = ask(rule, uid: rule.id ?? uid)
            own.now = own.now ?? shared.now
            own.values.merge(shared.values) { own, _ in own }
            own.measures.merge(shared.measures) { own, _ in own }
            asks += try each(own, of: rule, root)
        }
        if rules.isEmpty { asks = try each(shared, of: root, root) }
        return EvaluationRequest(uid: uid, asks: asks)
    }

    /// How many combinations one request may ask for.
    private static let maximumAsks = 1000

    /// Every combination of party, target and action that a rule of a request names.
    private func each(_ ask: Ask, of rule: LinkedNode, _ root: LinkedNode) throws(ClientFault) -> [Ask] {
        func named(_ names: [String]) -> [String?] {
            let own = input.values(rule, names).map(input.iri)
            let found = own.isEmpty ? input.values(root, names).map(input.iri) : own
            return found.isEmpty ? [nil] : found
        }
        let parties = named(["assignee", "requestingParty", "evaluatedParty"])
        let targets = named(["target", "requestedTarget", "evaluatedTarget"])
        let actions = named(["action", "requestedAction", "evaluatedAction"])
        guard parties.count * targets.count * actions.count <= Self.maximumAsks else {
            throw ClientFault(
                .badInput, "request_malformed", "the request asks too much at once", field: "$",
                found: "\(parties.count * targets.count * actions.count) combinations",
                expected: "at most \(Self.maximumAsks)")
        }
        return parties.flatMap { party in
            targets.flatMap { target in
                actions.map { action in
                    var one = ask
                    (one.assignee, one.target, one.action) = (party, target, action)
                    return one
                }
            }
        }
    }

    private func ask(_ node: LinkedNode, uid: String) -> Ask {
        var ask = Ask(uid: uid)
        let stated = input.values(node, ["context", "constraint", "refinement"])
            .compactMap { input.document.node($0) }
        ask.values = input.plainValues(node).merging(input.statedValues(stated)) { _, new in new }
        // An action with refinements states how it is done.
        for case .node(let action) in input.values(node, ["action"]).map(\.content) {
            let refinements = input.values(action, ["refinement"]).compactMap { input.document.node($0) }
            ask.values.merge(input.statedValues(refinements)) { old, _ in old }
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
            let unit = input.iri(parameter, ["unit"])
            ask.values[operand, default: []].append(input.fact(value, of: operand, unit: unit))
        } else {
            let written = input.written(value)
            let number = (try? OperandValue(written, as: .number(.all))) ?? .unclear(written.text)
            ask.measures[feature, default: []].append(
                FactValue(number, text: written.text, unit: feature))
        }
    }
}
