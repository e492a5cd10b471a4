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
        for root in input.document.roots {
            state.values.merge(input.plainValues(root)) { old, _ in old }
        }
        return state
    }

    private func readTime(_ node: LinkedNode, _ state: inout WorldState) {
        if let id = node.id, InputReader.localName(id) == "currentTime",
            let issued = input.values(node, ["issued", "value"]).first
        {
            state.now = input.time(issued)
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
        if let duty = input.iri(node, ["rule"]),
            !input.values(node, ["deonticState", "performanceState"]).isEmpty
        {
            let deontic = input.iri(node, ["deonticState"]).map(InputReader.localName)
            let performance = input.iri(node, ["performanceState"]).map(InputReader.localName)
            let outcome: DutyState.Outcome =
                switch (deontic, performance) {
                case ("Fulfilled", _), (nil, "Performed"): .fulfilled
                case ("Violated", _): .violated
                default: .open
                }
            state.world.duties[duty] = DutyState(outcome: outcome, report: node.id)
        }
        // An event by which a condition was fulfilled, such as a payment.
        if let duty = input.iri(node, ["conditionId", "conditionID"]) {
            var done = DutyState(outcome: .fulfilled, values: input.plainValues(node), report: node.id)
            if let amount = input.values(node, ["netAmount"]).first {
                let currency = input.iri(node, ["currency"])
                done.values[.known(.payAmount)] = [
                    input.fact(amount, of: .known(.payAmount), unit: currency)
                ]
            }
            if let date = input.values(node, ["paymentDate", "atTime", "date"]).first {
                done.values[.known(.dateTime)] = [input.time(date)]
            }
            state.world.duties[duty] = done
        }
    }

    private func readThing(_ node: LinkedNode, _ state: inout WorldState) {
        guard let id = node.id else { return }
        for member in node.members {
            state.world.things.add(member.values.map(input.written), of: id, under: member.iri)
        }
    }
}
