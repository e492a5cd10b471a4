import Consent
import DataPlane
import Model
import Registry
import Testing
import TestSupport

@Suite("Fields change with a version, and grants follow their ids", .timeLimit(.minutes(5)))
struct FieldChangeTests {
    private typealias Draft = Exchange.FieldDraft

    private static func draft(_ name: String, _ type: FieldType = .string, id: String? = nil) -> Draft {
        Draft(id: id, name: name, type: type, isRequired: false)
    }

    @discardableResult
    private func change(
        _ world: World, _ drafts: [Draft], breaking breaks: [AgreementID] = []
    ) throws -> Exchange.FieldPlan {
        try world.exchange.changeFields(
            of: slug("meters"), to: drafts, breaking: breaks, by: world.cast.grid)
    }

    private func broken(_ call: () async throws -> Void) async throws -> BrokenAgreementsFault {
        try #require(await #expect(throws: BrokenAgreementsFault.self) { try await call() })
    }

    private static let kept = [draft("meter"), draft("day"), draft("kwh")]

    @Test("What a change drops that is agreed is told, and must be allowed before anything changes")
    func told() async throws {
        let world = try await World.story()
        let whole = try await world.agreement()
        let other = try await world.agreement(fields: ["meter", "kwh"], consumer: world.cast.rival)
        let rest = try await world.agreement(fields: ["meter"], consumer: world.cast.rival)
        let drafts = [Self.draft("meter"), Self.draft("kwh")]
        let fault = try await broken { try change(world, drafts) }
        #expect(
            fault.agreements == [BrokenAgreement(agreement: whole, consumer: slug("bureau"), fields: ["day"])]
        )
        #expect(fault.fault.code == "agreements_broken" && fault.fault.field == "breaks")
        #expect(try world.exchange.fieldPlan(of: slug("meters"), by: world.cast.grid).next == nil)
        let plan = try change(world, drafts, breaking: [whole, rest])
        #expect(plan.breaks.map(\.agreement) == [whole] && plan.dropped.map(\.name) == ["day"])
        #expect(plan.added.isEmpty && plan.renamed.isEmpty)
        // Nothing has changed yet.
        try await world.grant(whole, by: world.cast.ann)
        try await world.grant(other, by: world.cast.ann)
        #expect(try world.rows(whole).count == 4)
        #expect(try world.exchange.agreement(whole)?.fields == World.fields)
        // An addition has the fields of what it comes to.
        try await world.append([["m1", "added", "7"]])
        #expect(try world.rows(whole).contains("m1,added,7"))
        try await world.publish(World.csv([["m1", "5"], ["m9", "6"]], fields: ["meter", "kwh"]))
        #expect(try world.rows(whole) == ["m1,5"])
        #expect(try world.rows(other) == ["m1,5"])
        #expect(try world.exchange.agreement(whole)?.fields == ["meter", "kwh"])
        #expect(try world.exchange.fieldPlan(of: slug("meters"), by: world.cast.grid).next == nil)
        let versions = try world.finalEntries().filter { $0["type"] == "dataset.versioned" }
        let day: JSON = ["id": "day", "name": "day"]
        #expect(
            versions.map { $0["fields"] } == [
                .null, .null, ["added": [], "dropped": [day], "renamed": []],
            ])
        #expect(
            versions.last?["breaks"]
                == ["count": 1, "agreements": [.string(whole.description)]])
    }

    @Test("A field that is new, has another type or took a name is in nobody's grant, restarts included")
    func nobodys() async throws {
        var world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        // `kwh` is a number now, `day` is called `date`, and another field is called `day`.
        let plan = try change(
            world,
            [
                Self.draft("meter"), Self.draft("kwh", .integer), Self.draft("date", id: "day"),
                Self.draft("day"),
            ],
            breaking: [agreement])
        #expect(plan.next?.map(\.id) == ["meter", "kwh-2", "day", "day-2"])
        #expect(plan.breaks.map(\.fields) == [["kwh"]])
        #expect(plan.renamed.map(\.to.name) == ["date"] && plan.added.map(\.name) == ["kwh", "day"])
        try await world.publish(
            World.csv([["m1", "5", "2026-01-01", "secret"]], fields: ["meter", "kwh", "date", "day"]))
        for _ in 0..<2 {
            #expect(try world.exchange.agreement(agreement)?.fields == ["meter", "date"])
            #expect(try world.rows(agreement) == ["m1,2026-01-01"])
            for foreign in ["kwh", "day"] {
                let claim = try world.claim(agreement, fields: [])
                guard case .denied(let decision, _) = try world.exchange.read(claim, fields: [foreign]) else {
                    Issue.record("\(foreign) flows")
                    return
                }
                #expect(decision.reasons.map(\.code) == ["field_not_agreed"])
                // A token of before names it: its field is another one.
                let old = try world.claim(agreement, fields: ["meter", foreign])
                guard case .denied(let stale, _) = try world.exchange.read(old, fields: nil) else {
                    Issue.record("\(foreign) flows by an old token")
                    return
                }
                #expect(stale.reasons.map(\.code) == ["field_not_agreed"])
            }
            try world.stop()
            world = try await world.restarted(isStopped: true)
        }
        // Whoever grants anew grants what is agreed, under the names of now.
        let unknown = try await fault {
            try await world.grant(agreement, fields: ["kwh"], by: world.cast.bob)
        }
        #expect(unknown.code == "field_unknown")
        try await world.grant(agreement, fields: ["date"], by: world.cast.ann)
        #expect(try world.rows(agreement) == [",2026-01-01"])
        let fresh = try await world.agreement(fields: ["day", "kwh"])
        try await world.grant(fresh, by: world.cast.ann)
        #expect(try world.rows(fresh) == ["secret,5"])
    }

    @Test("Agreements of the time between, changes of the change, and requests for what is gone")
    func between() async throws {
        let world = try await World.story()
        let open = try await world.exchange.request(world.ask(fields: ["day"]), by: world.cast.bureau).value
        let drafts = [Self.draft("meter"), Self.draft("kwh")]
        try change(world, drafts)
        let late = try await world.agreement(fields: ["day"], consumer: world.cast.rival)
        let rows = World.csv([["m1", "5"]], fields: ["meter", "kwh"])
        let fault = try await broken { try await world.publish(rows) }
        #expect(fault.agreements.map(\.agreement) == [late])
        #expect(try world.exchange.agreement(late)?.fields == ["day"], "nothing was changed")
        try change(world, drafts, breaking: [late])
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: world.cast.grid)
        try upload.consume(rows)
        try change(world, Self.kept)
        let changed = try await ConsentTests.fault {
            try await world.exchange.publish(upload, by: world.cast.grid)
        }
        #expect(changed.code == "fields_changed")
        await upload.abort()
        #expect(try world.registry.read { try $0.currentVersions()[slug("meters")] } == 1)
        try change(world, drafts, breaking: [late])
        try world.exchange.keepFields(of: slug("meters"), by: world.cast.grid)
        try await world.publish(World.csv(World.meters(version: 2)))
        try change(world, drafts, breaking: [late])
        try await world.publish(rows)
        let gone = try await ConsentTests.fault {
            try await world.exchange.agree(open.id, by: world.cast.grid)
        }
        #expect(gone.code == "field_gone")
        // All that was agreed is gone: nothing flows, whatever is asked for.
        let claim = try world.claim(late, fields: [])
        guard case .denied(let decision, _) = try world.exchange.read(claim, fields: nil) else {
            Issue.record("an agreement without fields reads")
            return
        }
        #expect(decision.reasons.map(\.code) == ["field_not_agreed"])
        #expect(world.exchange.decide(claim, fields: nil)?.isPermit == false)
    }

    @Test("An id is never given to another field; owner and time column stay")
    func refused() async throws {
        let world = try await World.story()
        func code(_ drafts: [Draft]) async throws -> String {
            try await fault { try change(world, drafts) }.code
        }
        #expect(
            try await code([Self.draft("meter"), Self.draft("kwh", .decimal, id: "kwh")]) == "field_retyped")
        #expect(try await code([Self.draft("day"), Self.draft("kwh")]) == "field_fixed")
        #expect(try await code([Self.draft("m", id: "meter"), Self.draft("kwh")]) == "field_fixed")
        #expect(
            try await code([Self.draft("meter", id: "other"), Self.draft("kwh")]) == "field_fixed")
        #expect(
            try await code([Self.draft("meter"), Self.draft("x", id: "day"), Self.draft("y", id: "day")])
                == "field_twice")
        #expect(try await code([Self.draft("meter"), Self.draft("meter")]) == "field_twice")
        #expect(try await code([]) == "field_fixed")
        let many = Self.kept + (0..<1024).map { Self.draft("f\($0)") }
        #expect(try await code(many) == "bad_field_count")
        try change(world, [Self.draft("meter"), Self.draft("kwh")])
        try await world.publish(World.csv([["m1", "5"]], fields: ["meter", "kwh"]))
        #expect(try await code(Self.kept + [Self.draft("x", id: "day")]) == "field_id_retired")
        #expect(
            try await code([Self.draft("meter"), Self.draft("day", id: "kwh")]) == "field_name_taken")
        let long = String(repeating: "x", count: 257)
        #expect(try await code([Self.draft("meter"), Self.draft(long)]) == "bad_field_name")
        let wide = (0..<600).map { Self.draft("\($0)" + long.prefix(80)) }
        #expect(try await code([Self.draft("meter")] + wide) == "field_change_too_large")
        // Without an id the name is free, the id is another one.
        #expect(try change(world, Self.kept).next?.map(\.id) == ["meter", "day-2", "kwh"])
        let foreign = try await fault {
            try world.exchange.changeFields(
                of: slug("meters"), to: Self.kept, breaking: [], by: world.cast.water)
        }
        #expect(foreign.code == "dataset_unknown")
    }

    @Test("Offers name fields by their ids, and a dataset with such an offer gets no fields that it lacks")
    func offers() async throws {
        let world = try await World.empty()
        let iris = IRIs(host: Home.host)
        func offer(_ field: String) -> JSON {
            [
                "@context": ["http://www.w3.org/ns/odrl.jsonld", ["sluis": "https://w3id.org/sluis/odrl#"]],
                "@type": "Offer", "uid": .string(iris.offer(slug("meters"))),
                "target": .string(iris.dataset(slug("meters"))),
                "assigner": .string(iris.organisation(slug("grid"))), "permission": [["action": "use"]],
                "prohibition": [
                    [
                        "action": "use",
                        "constraint": [
                            ["leftOperand": "sluis:field", "operator": "eq", "rightOperand": .string(field)]
                        ],
                    ]
                ],
            ]
        }
        let fields = [Field(name: "meter", type: .string), Field(id: "f2", name: "ssn", type: .string)]
        func describe(_ field: String) -> Exchange.DatasetDescription {
            Exchange.DatasetDescription(
                id: slug("meters"), title: "m", ownerRule: .column("meter"), nullValues: [""], fields: fields,
                offer: offer(field))
        }
        let byName = try await fault {
            try await world.exchange.addDataset(describe("ssn"), by: world.cast.grid)
        }
        #expect(byName.code == "offer_field_unknown" && byName.remedy?.contains("`f2`") == true)
        _ = try await world.exchange.addDataset(describe("f2"), by: world.cast.grid)
        let prohibited = try await fault {
            try await world.exchange.request(world.ask(fields: ["ssn"]), by: world.cast.bureau)
        }
        #expect(prohibited.kind == .forbidden)
        let added = try await fault {
            try change(world, [Self.draft("meter"), Self.draft("ssn", .integer)])
        }
        #expect(added.code == "offer_names_fields")
        try change(world, [Self.draft("meter"), Self.draft("number", id: "f2")])
        try await world.publish(World.csv([["m1", "7"]], fields: ["meter", "number"]))
        let renamed = try await fault {
            try await world.exchange.request(world.ask(fields: ["number"]), by: world.cast.bureau)
        }
        #expect(renamed.kind == .forbidden)
        #expect(try await world.agreement(fields: ["meter"]).description.isEmpty == false)
    }

    @Test("A stream of the version before goes on in its fields, and stops where a grant ends")
    func streams() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let grant = try await world.grant(agreement, by: world.cast.ann).value.grant
        let running = try world.download(agreement)
        let stopped = try world.download(agreement)
        try change(world, [Self.draft("kwh"), Self.draft("meter")], breaking: [agreement])
        try await world.publish(World.csv([["5", "m1"]], fields: ["kwh", "meter"]))
        #expect(try running.rest().sorted().first == "m1,m1-1-v1,11")
        #expect(try world.rows(agreement) == ["m1,5"])
        try await world.grant(agreement, fields: ["kwh"], by: world.cast.ann)
        #expect(try world.rows(agreement) == [",5"])
        try await world.withdraw(grant.id, by: world.cast.ann)
        #expect(try stopped.rest().isEmpty)
        #expect(try world.rows(agreement).isEmpty)
    }
}
