import GRDB
import Model
import Testing

@testable import Registry

@Suite("Datasets and versions") struct DatasetTests {
    let story: Story
    init() throws { story = try Story() }

    @Test(
        "A dataset of every owner rule comes back as it was stored",
        arguments: [
            OwnerRule.column("tailnum"), .open, .single(.organisation(slug("authority"))),
            .single(.person(identifier(1))),
        ])
    func roundTrip(rule: OwnerRule) throws {
        var dataset = story.flightsDataset("copy", rule: rule)
        dataset.title = "Fl\u{FC}ge \u{1F6E9}"
        dataset.fields = FieldType.allCases.map { Field(id: "id-\($0)", name: "\($0)", type: $0) }.reversed()
        try story.registry.write(at: noon) { try $0.insert(dataset) }
        #expect(try story.registry.read { try $0.dataset(dataset.id) } == dataset)
        #expect(try story.registry.read { try $0.datasets(limit: 1).items } == [dataset])
        #expect(try story.registry.read { try $0.dataset(slug("none")) } == nil)
    }

    @Test("No rule in a damaged table reads as open") func damagedRule() throws {
        let set = { (sql: String) in
            try story.registry.pool.write { database in
                try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
                defer { try? database.execute(sql: "PRAGMA ignore_check_constraints = OFF") }
                try database.execute(sql: "UPDATE datasets SET " + sql)
            }
        }
        for damage in ["owner_rule = ''", "owner_rule = 'Open'", "owner_rule = 'single'"] {
            try set(damage)
            #expect(throws: RegistryError(.corrupt, "")) {
                try story.registry.read { try $0.dataset(story.flights) }
            }
        }
    }

    @Test("The table itself refuses a rule without its owner or column") func checkedRule() throws {
        for change in ["owner_rule = 'open'", "owner_column = NULL", "owner_rule = 'x'", "owner = 'airport'"]
        {
            #expect(throws: DatabaseError.self) {
                try story.registry.pool.write { try $0.execute(sql: "UPDATE datasets SET " + change) }
            }
        }
    }

    @Test("Whom the whole dataset belongs to finds it") func singleOwner() throws {
        try story.registry.write(at: noon) { registry in
            for name in ["b", "a"] {
                try registry.insert(story.flightsDataset(name, rule: .single(person(1))))
            }
        }
        try story.registry.read { reader throws in
            #expect(try reader.datasetsOwned(by: person(1)).map(\.text) == ["a", "b"])
            #expect(try reader.datasetsOwned(by: person(2)).isEmpty)
            #expect(try reader.datasetsLinked(to: person(1)).isEmpty)
        }
    }

    @Test("A dataset that cannot be stored leaves nothing behind") func badDatasets() throws {
        var strangers = story.flightsDataset("new")
        strangers.provider = slug("nobody")
        var twoNames = story.flightsDataset("new")
        twoNames.fields.append(Field(id: "f9", name: "origin", type: .string))
        var twoIDs = story.flightsDataset("new")
        twoIDs.fields.append(Field(id: "f1", name: "dest", type: .string))
        var sameToAReader = story.flightsDataset("new")
        sameToAReader.fields += [
            Field(id: "f7", name: "d\u{E9}lai", type: .string),
            Field(id: "f8", name: "de\u{301}lai", type: .string),
        ]
        let bad: [(Dataset, String, String)] = [
            (story.flightsDataset(), "dataset_exists", "dataset"),
            (strangers, "unknown_organisation", "organisation"),
            (story.flightsDataset("new", rule: .single(person(77))), "unknown_owner", "owner"),
            (twoNames, "duplicate_field", "fields"), (twoIDs, "duplicate_field", "fields"),
            (sameToAReader, "duplicate_field", "fields"),
        ]
        for (dataset, code, field) in bad {
            #expect(throws: ClientFault(.conflict, code, "", field: field)) {
                try story.registry.write(at: noon) { try $0.insert(dataset) }
            }
        }
        #expect(try story.registry.read { try $0.datasets(limit: 9).items } == [story.flightsDataset()])
    }

    @Test("Versions count from 1, and readers get the newest") func versions() throws {
        #expect(try story.registry.read { try $0.nextVersion(of: story.flights) } == 1)
        #expect(try story.registry.read { try $0.dataset(story.flights) }?.version == nil)
        #expect(try story.registry.read { try $0.currentVersions() } == [:])
        try story.publish(rows: 10)
        try story.publish(rows: 0)
        try story.registry.read { reader throws in
            #expect(try reader.dataset(story.flights)?.version == 2)
            #expect(try reader.nextVersion(of: story.flights) == 3)
            #expect(try reader.currentVersions() == [story.flights: 2])
            let versions = try reader.versions(of: story.flights)
            #expect(versions.map(\.version) == [1, 2])
            #expect(
                versions[0]
                    == DatasetVersion(
                        dataset: story.flights, version: 1, rows: 10, owners: 3, ownerlessRows: 1,
                        sizeBytes: 999, publishedAt: noon))
            #expect(try reader.versions(of: slug("none")).isEmpty)
        }
    }

    @Test("Of two publications that began together the second is refused", arguments: [0, 1, 3])
    func lateVersion(version: Int) throws {
        try story.publish()
        let late = DatasetVersion(
            dataset: story.flights, version: version, rows: 1, owners: 1, ownerlessRows: 0, sizeBytes: 1,
            publishedAt: noon)
        let fault = #expect(throws: ClientFault.self) {
            try story.registry.write(at: noon) { try $0.publish(late) }
        }
        #expect(fault?.code == "version_exists")
        #expect(try story.registry.read { try $0.versions(of: story.flights) }.count == 1)
    }

    @Test("Nothing is published of a dataset that is not there") func versionOfNothing() {
        let version = DatasetVersion(
            dataset: slug("none"), version: 1, rows: 1, owners: 1, ownerlessRows: 0, sizeBytes: 1,
            publishedAt: noon)
        #expect(throws: ClientFault(.notFound, "unknown_dataset", "", field: "dataset")) {
            try story.registry.write(at: noon) { try $0.publish(version) }
        }
    }
}
