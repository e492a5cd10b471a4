import Model

/// Reads the state of the world: the time, who and what belongs to which collection, what became of duties,
/// and values that the caller keeps, such as counts.
struct StateReader {
    private let input: InputReader

    /// - Throws: `ClientFault` `state_malformed`.
    static func read(_ json: JSON) throws(ClientFault) -> WorldState {
        if case .object(let members) = json, members.isEmpty { return WorldState() }
        return StateReader(input: try InputReader(json, "state")).state()
    }

    private func state() -> WorldState {
        var state = WorldState()
        for node in input.document.nodes {
            readTime(node, &state)
            readMembership(node, &state)
            readDuty(node, &state)
            readThing(node, &state)
        }
        let stated = input.document.nodes.filter { !input.values($0, ["leftOperand"]).isEmpty }
        state.values = input.statedValues(stated)
        // Values on the state's own node; those of things are the things' own.
        for root in input.document.roots
        where root.id == nil || !input.types(root).isDisjoint(with: ["Sotw", "SotW"]) {
            state.values.merge(input.plainValues(root)) { old, _ in old }
        }
        return state
    }

    private func readTime(_ node: LinkedNode, _ state: inout WorldState) {
        if let id = node.id, InputReader.localName(id) == "currentTime",
            let issued = input.values(node, ["issued", "value"]).first
        {
            let time = input.time(issued)
            // Two times at once are no time.
            let isOther = state.now.map { $0.value != time.value } ?? false
            state.now = isOther ? FactValue(.unclear("several times")) : time
        }
        if state.now == nil,
            let plain = input.values(node, ["inXSDDateTime", "inXSDDateTimeStamp", "currentTime"]).first,
            case .literal = plain.content
        {
            state.now = input.time(plain)
        }
    }

    private func readMembership(_ node: LinkedNode, _ state: inout WorldState) {
        guard let id = node.id else { return }
        for container in input.values(node, ["partOf"]).compactMap(input.iri) {
            state.world.memberships[id, default: []].insert(container)
        }
        let values = input.plainValues(node)
        if !values.isEmpty { state.world.attributes[id, default: [:]].merge(values) { $0 + $1 } }
    }

    private func readDuty(_ node: LinkedNode, _ state: inout WorldState) {
        // A report on a policy dates those on its rules.
        for report in input.values(node, ["ruleReport"]).compactMap({ input.document.node($0) }) {
            readReport(report, date: date(node), &state)
        }
        if !isInsideReport(node) { readReport(node, date: nil, &state) }
        // An event by which a condition was fulfilled, such as a payment.
        if let duty = input.iri(node, ["conditionId", "conditionID"]) {
            var done = DutyState(outcome: .fulfilled, values: input.plainValues(node), report: node.id)
            if let amount = input.values(node, ["netAmount"]).first {
                let currency = input.iri(node, ["currency"])
                done.values[.known(.payAmount)] = [
                    input.fact(amount, of: .known(.payAmount), unit: currency)
                ]
            }
            done.payees = input.values(node, ["payee"]).map { input.iri($0) ?? "" }
            if let date = input.values(node, ["paymentDate", "atTime", "date"]).first {
                done.values[.known(.dateTime)] = [input.time(date)]
            }
            add(done, of: duty, &state)
        }
    }

    private func isInsideReport(_ node: LinkedNode) -> Bool {
        guard
            case .member(let name)? = node.path.steps.last(where: { step in
                if case .member(let name) = step { !name.hasPrefix("@") } else { false }
            })
        else { return false }
        return InputReader.localName(name) == "ruleReport"
    }

    private func date(_ node: LinkedNode) -> Int64? {
        guard let created = input.values(node, ["created", "issued"]).first,
            case .time(let time) = input.time(created).value
        else { return nil }
        return time.start
    }

    private func readReport(_ node: LinkedNode, date outer: Int64?, _ state: inout WorldState) {
        guard let duty = input.iri(node, ["rule"]),
            !input.values(node, ["deonticState", "performanceState"]).isEmpty
        else { return }
        let deontic = input.iri(node, ["deonticState"]).map(InputReader.localName)
        let performance = input.iri(node, ["performanceState"]).map(InputReader.localName)
        let outcome: DutyState.Outcome =
            switch (deontic, performance) {
            case ("Fulfilled", _), (nil, "Performed"): .fulfilled
            case ("Violated", _): .violated
            default: .open
            }
        add(
            DutyState(
                outcome: outcome, wasViolated: outcome == .violated, date: date(node) ?? outer,
                report: node.id), of: duty, &state)
    }

    private func add(_ found: DutyState, of duty: String, _ state: inout WorldState) {
        state.world.duties[duty] = state.world.duties[duty]?.joined(with: found) ?? found
    }

    private func readThing(_ node: LinkedNode, _ state: inout WorldState) {
        guard let id = node.id else { return }
        if !node.types.isEmpty { state.world.types[id, default: []].formUnion(node.types) }
        for member in node.members {
            state.world.things.add(member.values.map(input.written), of: id, under: member.iri)
        }
    }
}
