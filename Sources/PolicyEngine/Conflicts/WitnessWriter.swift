import Model

/// Writes an assignment as a request and a state of the world that `policy evaluate` reads.
struct WitnessWriter {
    var assignment: Assignment
    var rules: [CompiledRule]
    var scope: CommonScope?

    static let anyTarget = "urn:sluis:example:target"
    static let anyParty = "urn:sluis:example:party"

    var witness: ConflictReport.Witness { ConflictReport.Witness(request: request, state: state) }

    private static let context: JSON = [
        "http://www.w3.org/ns/odrl.jsonld",
        [
            "sotw": "https://w3id.org/force/sotw#", "report": "https://w3id.org/force/compliance-report#",
            "temp": "http://example.com/request/", "ex": "http://example.org/",
        ],
    ]

    private var request: JSON {
        let members: [String: JSON] = [
            "@id": "urn:sluis:example:ask", "@type": "Permission",
            "assignee": ["@id": .string(scope?.assignee ?? first(\.assignee) ?? Self.anyParty)],
            "target": ["@id": .string(scope?.target ?? first(\.target) ?? Self.anyTarget)],
            "action": ["@id": .string(scope?.action ?? action)],
            "sotw:context": .array(stated),
        ]
        return [
            "@context": Self.context, "@type": "Request", "@id": "urn:sluis:example:request",
            "permission": .object(members),
        ]
    }

    private func first(_ part: KeyPath<CompiledRule, Premise>) -> String? {
        rules.lazy.flatMap { $0[keyPath: part].iris }.first
    }

    private var action: String { rules.lazy.flatMap { $0.action.members.map(\.iri) }.first ?? ODRL.use }

    private var stated: [JSON] {
        assignment.values.filter { !$0.value.isEmpty }.sorted { $0.key.iri < $1.key.iri }.map {
            operand, values in
            var members: [String: JSON] = [
                "@type": "Constraint", "leftOperand": ["@id": .string(operand.iri)], "operator": "eq",
                "rightOperand": .array(values.map { Self.json($0.value) }),
            ]
            if let unit = values.first?.unit { members["unit"] = ["@id": .string(unit)] }
            return .object(members)
        }
    }

    private static func json(_ value: OperandValue) -> JSON {
        switch value {
        case .iri(let iri): ["@id": .string(iri)]
        case .text(let text), .unclear(let text): .string(text)
        case .number(let number):
            ["@value": .string(number.description), "@type": .string(XSD.decimal)]
        case .boolean(let value): .bool(value)
        case .time(let time):
            [
                "@value": .string(time.description),
                "@type": .string(time.isDay ? XSD.date : XSD.dateTime),
            ]
        case .duration(let duration):
            ["@value": .string(duration.description), "@type": .string(XSD.duration)]
        }
    }

    /// The time, and every duty fulfilled.
    private var state: JSON {
        var nodes: [JSON] = []
        if let now = assignment.now {
            nodes.append([
                "@id": "temp:currentTime",
                "dct:issued": [
                    "@value": .string(Instant(milliseconds: now).description), "@type": "xsd:dateTime",
                ],
            ])
        }
        let duties = rules.flatMap(\.duties).compactMap(\.place.uid).map { uid -> JSON in
            [
                "@type": "report:DutyReport", "report:rule": ["@id": .string(uid)],
                "report:deonticState": ["@id": "report:Fulfilled"],
                "report:performanceState": ["@id": "report:Performed"],
            ]
        }
        let members = (scope?.memberships ?? [:]).sorted { $0.key < $1.key }.map { thing, collections in
            JSON.object([
                "@id": .string(thing),
                "partOf": .array(collections.map { ["@id": .string($0)] }),
            ])
        }
        return [
            "@context": Self.context, "@id": "urn:sluis:example:state", "@type": "ex:Sotw",
            "ex:includes": .array(nodes + members + duties),
        ]
    }
}
