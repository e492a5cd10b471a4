import Model
import PolicyEngine
import Testing

/// What a reader of the solver found: that a policy could name its stand-ins, that it tried one example of
/// several, and that it took its time.
@Suite("The search for conflicts")
struct ConflictSearchTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private func conflicts(_ relation: PolicySet.ConflictRelation, _ policies: [[String: JSON]]) throws
        -> ConflictReport
    {
        let nodes = policies.enumerated().map { place, rules in
            JSON.object(rules.merging(["@type": "Set", "uid": .string("urn:x:p\(place)")]) { own, _ in own })
        }
        return try PolicySet(
            [
                "@context": [
                    "http://www.w3.org/ns/odrl.jsonld",
                    ["sluis": "https://w3id.org/sluis/odrl#", "ex": "http://example.org/"],
                ], "@graph": .array(nodes),
            ], purposes: library.purposes
        ).conflicts(relation)
    }

    private func permission(_ action: JSON = "read", _ constraints: JSON...) -> [String: JSON] {
        ["permission": ["action": action, "constraint": .array(constraints)]]
    }

    private func prohibition(_ constraints: JSON...) -> [String: JSON] {
        ["prohibition": ["action": "read", "constraint": .array(constraints)]]
    }

    private func value(_ left: String, _ comparison: String, _ right: JSON) -> JSON {
        PolicyWorld.constraint(left, comparison, right)
    }

    private func span(_ left: String, _ comparison: String, _ times: String...) -> JSON {
        let right = times.map { JSON.object(["@value": .string($0), "@type": "xsd:duration"]) }
        return value(left, comparison, right.count == 1 ? right[0] : .array(right))
    }

    @Test func `a policy may name what stands for something else`() throws {
        for (operand, other) in [
            ("sluis:field", JSON.string("other")), ("language", "other"),
            ("spatial", ["@id": "urn:sluis:example:other"]),
            ("recipient", ["@id": "urn:sluis:example:other"]),
        ] {
            let rules = permission("read", value(operand, "isNoneOf", other))
            let report = try conflicts(.joint, [rules])
            #expect(report.verdict == .compatible && report.findings.isEmpty, "\(operand)")
            #expect(try conflicts(.decision, [rules, prohibition()]).verdict == .conflict, "\(operand)")
        }
        let several = permission(
            "read", value("language", "isNoneOf", ["other"]), value("language", "isAnyOf", ["nl"]),
            value("language", "neq", "nl"))
        #expect(try conflicts(.joint, [several]).verdict == .compatible)
    }

    @Test func `of several actions each has its own refinements`() throws {
        func refined(_ action: String, _ comparison: String, _ resolution: JSON) -> JSON {
            [
                "rdf:value": ["@id": .string("odrl:" + action)],
                "refinement": value("resolution", comparison, resolution),
            ]
        }
        let either = permission([refined("print", "lteq", 100), "read"])
        let sharp = prohibition(value("resolution", "gteq", 200))
        #expect(try conflicts(.decision, [either, sharp]).verdict == .conflict)
        let ways = permission([refined("print", "lteq", 100), refined("display", "gteq", 200)])
        #expect(try conflicts(.joint, [ways]).verdict == .compatible)
    }

    @Test func `a prohibition is in force where nobody gives what it asks about, whatever comes first`()
        throws
    {
        let choices = [value("language", "eq", "nl"), value("count", "gteq", 10)]
        let never = prohibition(value("language", "eq", "de"), value("language", "eq", "fr"))
        for order in [choices, choices.reversed()] {
            let rules = permission("read", ["or": .array(order)])
            #expect(try conflicts(.decision, [rules, never]).verdict == .conflict)
        }
        let count = value("count", "gteq", 10)
        let nested = prohibition(
            value("language", "eq", "fr"),
            ["or": [value("count", "lt", 5), value("language", "eq", "de")]])
        let rules = permission(
            "read", ["or": [value("language", "eq", "nl"), value("version", "eq", "2")]], count)
        #expect(try conflicts(.decision, [rules, nested]).verdict == .conflict)
    }

    @Test func `times before the epoch, the shortest of several spans, one of several delays`() throws {
        let early = permission(
            "read", value("dateTime", "lt", ["@value": "1965-01-01", "@type": "xsd:date"]),
            value("sluis:dayOfWeek", "eq", "Monday"))
        #expect(try conflicts(.joint, [early]).verdict == .compatible)
        let metered = permission(
            "read", span("meteredTime", "isAnyOf", "P10D", "P1D"), span("elapsedTime", "lt", "P5D"))
        #expect(try conflicts(.joint, [metered]).verdict == .compatible)
        let delays = permission(
            "read",
            [
                "andSequence": [
                    ["or": [span("delayPeriod", "gteq", "P10D"), span("delayPeriod", "gteq", "P1D")]],
                    value("count", "gteq", 2),
                ]
            ], span("elapsedTime", "lt", "P5D"))
        #expect(try conflicts(.joint, [delays]).verdict != .conflict)
    }

    @Test func `rules of one policy that cannot be compared are shown one by one`() throws {
        var (euros, dollars) = (value("payAmount", "gt", 4), value("payAmount", "lt", 3))
        euros = .object((euros.object ?? [:]).merging(["unit": "ex:euro"]) { $1 })
        dollars = .object((dollars.object ?? [:]).merging(["unit": "ex:dollar"]) { $1 })
        let rules: [String: JSON] = [
            "permission": [
                ["action": "read", "constraint": euros], ["action": "read", "constraint": dollars],
            ]
        ]
        #expect(try conflicts(.joint, [rules]).verdict == .compatible)
    }

    /// Each of these took more than a minute; what is beyond its effort is now Unknown or left out.
    @Test(.timeLimit(.minutes(3))) func `what would take too long is not decided`() throws {
        func choice(_ number: Int) -> JSON {
            [
                "or": [
                    value("language", "eq", .string("a\(number)")),
                    value("language", "eq", .string("b\(number)")),
                ]
            ]
        }
        let alternatives = JSON.array((0..<18).map(choice))
        let many: [String: JSON] = [
            "permission": .array(
                Array(repeating: ["action": "read", "constraint": alternatives], count: 100))
        ]
        let report = try conflicts(.joint, [many])
        #expect(report.verdict == .unknown && !report.reasons.isEmpty && !report.isComplete)
        let long = permission("read", value("count", "isNoneOf", .array((0..<20_000).map { .integer($0) })))
        #expect(try conflicts(.joint, [long]).verdict == .unknown)
        func rules(_ kind: String) -> [String: JSON] {
            [
                kind: .array(
                    (0..<1000).map { number -> JSON in
                        [
                            "action": "read", "target": .string("urn:x:\(number)"),
                            "constraint": value("count", "lt", .integer(Int64(number))),
                        ]
                    })
            ]
        }
        #expect(try conflicts(.decision, [rules("permission"), rules("prohibition")]).verdict != .compatible)
    }
}
