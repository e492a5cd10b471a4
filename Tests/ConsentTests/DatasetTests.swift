import Consent
import DataPlane
import Model
import Registry
import Testing

@Suite("Providers publish", .timeLimit(.minutes(5))) struct DatasetTests {
    @Test("Of one owner: his yes releases every row, nobody else's any") func single() async throws {
        let world = try await World.empty()
        try await world.add("machines", .single(world.cast.corp.owner))
        try await world.publish(World.csv(World.meters(version: 1)), as: "machines")
        let agreement = try await world.agreement(on: "machines")
        for caller in [world.cast.ann, world.cast.grid] {
            let fault = try await fault { try await world.grant(agreement, by: caller) }
            #expect(fault.kind == .notFound && fault.code == "agreement_unknown")
        }
        #expect(try world.rows(agreement) == [])
        #expect(try await world.listed(agreement, for: world.cast.corp)?.grant.state == .requested)
        let given = try await world.grant(agreement, by: world.cast.corp).value.grant.id
        #expect(try world.rows(agreement).count == 12, "the rows without a meter are his too")
        try await world.withdraw(given, by: world.cast.corp)
        #expect(try world.rows(agreement) == [])
        try await world.grant(agreement, fields: ["kwh"], by: world.cast.corp)
        let next = try await world.restarted()
        #expect(try next.rows(agreement).allSatisfy { $0.hasPrefix(",,") })
        #expect(try next.rows(agreement).count == 12)
    }

    @Test("Open: anyone reads all of it without a request, and there is nothing to ask or link") func open()
        async throws
    {
        let world = try await World.empty()
        try await world.add("weather", .open)
        #expect(try world.exchange.readOpen(slug("weather"), fields: nil) == nil, "no data yet")
        let report = try await world.publish(World.csv(World.meters(version: 1)), as: "weather").value
        #expect(report.owners == 0 && report.ownerlessRows == 0 && report.rows == 12)
        let plan = try #require(try world.exchange.readOpen(slug("weather"), fields: ["day"]))
        #expect(plan.gate == nil && plan.decision.isPermit && plan.withheld == nil)
        #expect(try Download(plan, of: world.exchange).rest().count == 12)
        let asked = try await fault {
            try await world.exchange.request(world.ask("weather"), by: world.cast.bureau)
        }
        #expect(asked.code == "dataset_open")
        let linked = try await fault { try await world.link([("m1", world.cast.ann)], in: "weather") }
        #expect(linked.code == "links_need_owner_column")
        let unknown = try await fault { try world.exchange.readOpen(slug("weather"), fields: ["secret"]) }
        #expect(unknown.code == "field_unknown")
    }

    @Test("What has owners cannot be read as if it were open") func notOpen() async throws {
        let world = try await World.story()
        #expect(try world.exchange.readOpen(slug("meters"), fields: nil) == nil)
        #expect(try world.exchange.readOpen(slug("nothing"), fields: nil) == nil)
    }

    @Test("Rows that are null or empty in the owner column are nobody's, whoever is linked to the marker")
    func nullMarkers() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.link([("NA", world.cast.ann)])
        try await world.grant(agreement, by: world.cast.ann)
        #expect(try world.meters(agreement) == ["m1", "m2"])
        let report = try await world.publish(World.csv(World.meters(version: 2))).value
        #expect(report.ownerlessRows == 2 && report.rows == 12 && report.owners == 5)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("A bad description is refused by the name of what is wrong") func badDescriptions() async throws {
        let world = try await World.empty()
        let good = Exchange.DatasetDescription(
            id: slug("d"), title: "D", ownerRule: .column("a"), nullValues: [""],
            fields: [Field(name: "a", type: .string), Field(name: "b", type: .integer)], offer: nil)
        let wrongs: [(String, (inout Exchange.DatasetDescription) -> Void)] = [
            ("title", { $0.title = "" }),
            ("title", { $0.title = String(repeating: "t", count: 501) }),
            ("fields", { $0.fields = [] }),
            ("fields", { $0.fields = (0...1024).map { Field(name: "f\($0)", type: .string) } }),
            ("fields[1].name", { $0.fields[1].name = "a" }),
            ("fields[1].name", { $0.fields[1].name = "b\u{7}" }),
            ("fields[0].name", { $0.fields[0].name = "" }),
            ("fields[1].id", { $0.fields[1].id = "a" }),
            ("null_values", { $0.nullValues = Array(repeating: "x", count: 101) }),
            ("null_values", { $0.nullValues = [String(repeating: "x", count: 101)] }),
            ("owner_rule.column", { $0.ownerRule = .column("c") }),
            ("owner_rule.single", { $0.ownerRule = .single(.organisation(slug("nobody"))) }),
            ("owner_rule.single", { $0.ownerRule = .single(.person(PersonID(at: noon, random: (8, 8)))) }),
        ]
        for (field, change) in wrongs {
            var description = good
            change(&description)
            let fault = try await fault {
                try await world.exchange.addDataset(description, by: world.cast.grid)
            }
            #expect(fault.field == field)
            #expect(!fault.code.isEmpty && !fault.message.isEmpty)
        }
        #expect(try world.registry.read { try $0.dataset(slug("d")) } == nil)
        #expect(try await world.exchange.addDataset(good, by: world.cast.grid).entry != nil)
        let twice = try await fault { try await world.exchange.addDataset(good, by: world.cast.water) }
        #expect(twice.kind == .conflict)
    }

    @Test("Offers for another dataset, of another provider, or that are none") func badOffers() async throws {
        let world = try await World.empty()
        let iris = IRIs(host: Home.host)
        func offer(_ change: (inout [String: JSON]) -> Void) -> JSON {
            var members: [String: JSON] = [
                "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer",
                "uid": .string(iris.offer(slug("d"))), "target": .string(iris.dataset(slug("d"))),
                "assigner": .string(iris.organisation(slug("grid"))), "permission": [["action": "use"]],
            ]
            change(&members)
            return .object(members)
        }
        let wrongs = [
            offer { $0["target"] = .string(iris.dataset(slug("other"))) },
            offer { $0["assigner"] = .string(iris.organisation(slug("water"))) },
            offer { $0["@type"] = "Set" }, offer { $0["permission"] = 7 }, "free for all",
        ]
        for wrong in wrongs {
            let fault = try await fault { try await world.add("d", .column("meter"), offer: wrong) }
            #expect(fault.kind == .badInput)
        }
        #expect(try await world.add("d", .column("meter"), offer: offer { _ in }).entry != nil)
    }

    @Test("Only its provider uploads; only a provider adds") func notTheirs() async throws {
        let world = try await World.story()
        for caller in [world.cast.water, world.cast.ann, world.cast.bureau, world.cast.boss] {
            let fault = try await fault {
                try await world.exchange.beginUpload(slug("meters"), .replaces, badLines: .refuse, by: caller)
            }
            #expect(fault.kind == .notFound && fault.code == "dataset_unknown")
        }
        for caller in [world.cast.ann, world.cast.bureau, world.cast.boss, world.cast.corp] {
            let fault = try await fault { try await world.add("theirs", .open, by: caller) }
            #expect(fault.kind == .forbidden && fault.code == "not_a_provider")
        }
        #expect(world.home.files(of: "meters") == ["1"])
    }

    @Test("One upload at a time; given up, it leaves nothing and the next may begin") func uploads()
        async throws
    {
        let world = try await World.story()
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: world.cast.grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        let second = try await fault {
            try await world.exchange.beginUpload(
                slug("meters"), .replaces, badLines: .refuse, by: world.cast.grid)
        }
        #expect(second.kind == .conflict)
        await upload.abort()
        #expect(world.home.files(of: "meters") == ["1"])
        await #expect(throws: DataPlaneError.self) {
            try await world.exchange.publish(upload, by: world.cast.grid)
        }
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(Set(world.home.files(of: "meters")).isSuperset(of: ["2"]))
        #expect(try world.finalEntries().filter { $0["type"] == "dataset.versioned" }.count == 2)
    }

    @Test("Bad lines: refused, nothing changes; in quarantine, they flow to nobody") func badLines()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let rows = try world.rows(agreement)
        let csv = World.csv([["m1", "good", "1"], ["m2", "too", "many", "cells"], ["m2", "fine", "2"]])
        await #expect(throws: BadLinesFault.self) { try await world.publish(csv) }
        #expect(try world.rows(agreement) == rows)
        #expect(world.home.files(of: "meters") == ["1"])
        let report = try await world.publish(csv, badLines: .quarantine).value
        #expect(report.version == 2 && report.badLineCount == 1 && report.badLines.first?.line == 3)
        #expect(try world.rows(agreement) == ["m1,good,1", "m2,fine,2"])
        let entry = try #require(try world.finalEntries().last { $0["type"] == "dataset.versioned" })
        #expect(entry["bad_lines"] == 1 && entry["rows"] == 2 && entry["version"] == 2)
    }

    @Test("A header of other fields, and no file at all") func badFiles() async throws {
        let world = try await World.story()
        for csv in [Array("meter,day,salary\nm1,x,1\n".utf8), [], Array("meter,day\nm1,x\n".utf8)] {
            let fault = try await fault { try await world.publish(csv) }
            #expect(fault.kind == .unprocessable)
            #expect(world.home.files(of: "meters") == ["1"])
        }
    }
}
