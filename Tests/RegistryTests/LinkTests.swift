import Model
import Testing

@testable import Registry
import TestSupport

@Suite("Owner links") struct LinkTests {
    let story: Story
    init() throws { story = try Story() }

    @discardableResult
    private func link(_ pairs: [(String, Owner?)], at now: Instant = noon) throws -> LinkChanges {
        try story.registry.write(at: now) { registry in
            let assertions = pairs.map { LinkAssertion(ownerKey: $0.0, owner: $0.1) }
            return try registry.assertLinks(assertions, in: story.flights)
        }
    }

    private func live(_ key: String) throws -> OwnerLink? {
        try story.registry.read { try $0.links(of: story.flights, ownerKey: key).first }
    }

    @Test("A key's first link covers every version, published or not") func firstLink() throws {
        let changes = try link([("N1", person(1)), ("N2", person(1))])
        #expect(changes.made.map(\.sinceVersion) == [1, 1])
        #expect(changes.ended.isEmpty)
        try story.publish()
        try link([("N3", person(2))])
        #expect(try live("N3") == OwnerLink(ownerKey: "N3", owner: person(2), sinceVersion: 1))
        try story.registry.read { reader throws in
            #expect(try reader.links(of: story.flights, owner: person(1)).map(\.ownerKey) == ["N1", "N2"])
            #expect(try reader.links(of: story.flights, owner: person(3)).isEmpty)
            #expect(try reader.datasetsLinked(to: person(1)) == [story.flights])
            #expect(try reader.datasetsLinked(to: person(3)).isEmpty)
        }
    }

    @Test("A key that passes to another covers only what is published afterwards") func passing() throws {
        try link([("N1", person(1))])
        try story.publish()
        try story.publish()
        let changes = try link([("N1", person(2))], at: noon.adding(seconds: 5))
        let (old, new) = (
            OwnerLink(ownerKey: "N1", owner: person(1), sinceVersion: 1),
            OwnerLink(ownerKey: "N1", owner: person(2), sinceVersion: 3)
        )
        #expect(changes == LinkChanges(made: [new], ended: [old]))
        #expect(try live("N1") == new)
        let history = try story.registry.read { try $0.linkHistory(of: story.flights, ownerKey: "N1") }
        #expect(
            history == [
                LinkRecord(link: old, madeAt: noon, endedAt: noon.adding(seconds: 5)),
                LinkRecord(link: new, madeAt: noon.adding(seconds: 5), endedAt: nil),
            ])
        #expect(try story.registry.read { try $0.datasetsLinked(to: person(1)) }.isEmpty)
    }

    @Test("Before any data a key may pass on and still cover version 1") func passingBeforeData() throws {
        try link([("N1", person(1))])
        try link([("N1", person(2))])
        #expect(try live("N1")?.sinceVersion == 1)
    }

    @Test("Saying the same again changes nothing, be it after new versions") func idempotent() throws {
        try link([("N1", person(1))])
        try story.publish()
        #expect(try link([("N1", person(1))]).isEmpty)
        #expect(try live("N1")?.sinceVersion == 1)
        #expect(try story.registry.read { try $0.linkHistory(of: story.flights, ownerKey: "N1") }.count == 1)
    }

    @Test("A removed link ends, and no later one of the key covers older versions") func removal() throws {
        try link([("N1", person(1))])
        try story.publish()
        let removal = try link([("N1", nil), ("N2", nil)])
        #expect(removal.ended.map(\.ownerKey) == ["N1"])
        #expect(removal.made.isEmpty)
        #expect(try live("N1") == nil)
        #expect(try link([("N1", nil)]).isEmpty)
        // Even his own: in between the key may have been somebody's whom nobody named.
        try link([("N1", person(1))])
        #expect(try live("N1")?.sinceVersion == 2)
    }

    @Test("Keys that are not named stay") func partial() throws {
        try link([("N1", person(1)), ("N2", person(2))])
        try link([("N1", person(3))])
        #expect(try live("N2")?.owner == person(2))
    }

    @Test("Keys are compared byte by byte") func exactKeys() throws {
        let keys = ["\u{E9}", "e\u{301}", "E", "e", " e", "", "e ", "0", "00", "'; DROP TABLE grants; --"]
        try link(keys.enumerated().map { ($1, person($0 % 5)) })
        for (number, key) in keys.enumerated() { #expect(try live(key)?.owner == person(number % 5)) }
        var found: [[UInt8]] = []
        try story.registry.read { reader in
            try reader.forEachLink(of: story.flights) { found.append(Array($0.ownerKey.utf8)) }
        }
        #expect(found == keys.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("A list with a fault changes nothing") func badLists() throws {
        try link([("N1", person(1))])
        let unknown = #expect(throws: ClientFault.self) { try link([("N1", person(2)), ("N2", person(99))]) }
        #expect(unknown?.code == "unknown_owner")
        #expect(unknown?.found == person(99).description)
        #expect(throws: ClientFault(.badInput, "duplicate_owner_key", "", field: "owner_key")) {
            try link([("N1", person(2)), ("N2", person(2)), ("N1", person(2))])
        }
        #expect(throws: ClientFault(.notFound, "unknown_dataset", "", field: "dataset")) {
            try story.registry.write(at: noon) { try $0.assertLinks([], in: slug("none")) }
        }
        #expect(try live("N1")?.owner == person(1))
        #expect(try live("N2") == nil)
    }

    @Test("A lookup may be made while links are listed") func nested() throws {
        try link([("N1", person(1)), ("N2", person(2)), ("N3", person(1))])
        var pairs: [String] = []
        try story.registry.read { reader in
            try reader.forEachLink(of: story.flights) { outer in
                try reader.forEachLink(of: story.flights) { pairs.append(outer.ownerKey + $0.ownerKey) }
            }
        }
        #expect(pairs == ["N1N1", "N1N2", "N1N3", "N2N1", "N2N2", "N2N3", "N3N1", "N3N2", "N3N3"])
    }

    @Test("A key has links for several times, all of them replaced by what is said next") func periods()
        throws
    {
        func period(_ from: Int64?, _ to: Int64?) -> DataSpan? {
            DataSpan(
                from: from.map { Instant(milliseconds: $0) }, to: to.map { Instant(milliseconds: $0) })
        }
        func assert(_ links: [(Int, DataSpan?)]) throws -> LinkChanges {
            try story.registry.write(at: noon) { registry in
                let assertions = links.map {
                    LinkAssertion(ownerKey: "N1", owner: person($0.0), period: $0.1)
                }
                return try registry.assertLinks(assertions, in: story.flights)
            }
        }
        try link([("N1", person(1))])
        try story.publish()
        let divided = try assert([(2, period(10, nil)), (1, period(nil, 5)), (1, period(5, 10))])
        #expect(divided.ended.map(\.period) == [nil])
        // What was another's before was published as his; what goes on as his own stays.
        #expect(divided.made.map(\.sinceVersion) == [2, 1, 1])
        let live = try story.registry.read { try $0.links(of: story.flights, ownerKey: "N1") }
        #expect(live.map(\.period) == [period(nil, 5), period(5, 10), period(10, nil)])
        #expect(live.map(\.owner) == [person(1), person(1), person(2)])
        let spans = try story.registry.read { try $0.spans(of: person(1)) }
        #expect(spans.map(\.ownerKey.period) == [nil, period(nil, 5), period(5, 10)])
        let moved = try assert([(1, period(nil, 5)), (3, period(7, nil))])
        #expect(moved.ended.map(\.period) == [period(10, nil), period(5, 10)])
        #expect(moved.made.map(\.period) == [period(7, nil)])
        #expect(moved.made.map(\.sinceVersion) == [2])
        // Without a time it covers what comes, as part of it was another's before.
        #expect(try assert([(1, nil)]).made.map(\.sinceVersion) == [2])
        for twice in [
            [(1, period(1, 3)), (2, period(2, nil))], [(1, nil), (2, period(2, nil))], [(1, nil), (1, nil)],
        ] {
            #expect(throws: ClientFault(.badInput, "duplicate_owner_key", "", field: "owner_key")) {
                try assert(twice)
            }
        }
    }

    @Test("What an owner has stays his when a part of its time passes on, whoever was there before him")
    func divided() throws {
        try link([("N1", person(1))])
        try story.publish()
        try link([("N1", person(2))])
        try story.publish()
        try story.publish()
        let moment = Instant(milliseconds: 5)
        let made = try story.registry.write(at: noon) { registry in
            try registry.assertLinks(
                [
                    LinkAssertion(
                        ownerKey: "N1", owner: person(2), period: DataSpan(from: nil, to: moment)),
                    LinkAssertion(
                        ownerKey: "N1", owner: person(3), period: DataSpan(from: moment, to: nil)),
                ], in: story.flights
            ).made
        }
        #expect(made.map(\.sinceVersion) == [2, 4])
    }

    @Test("A key of which nothing is known may have been an erased person's: no older version is covered")
    func erased() throws {
        try link([("N1", person(1))])
        try story.publish()
        try story.registry.write(at: noon) { try $0.erase(identifier(1), heir: identifier(77)) }
        #expect(try story.registry.read { try $0.linkHistory(of: story.flights, ownerKey: "N1") } == [])
        #expect(try link([("N1", person(2)), ("N2", person(2))]).made.map(\.sinceVersion) == [2, 2])
        try story.publish()
        #expect(try link([("N3", person(2))]).made.map(\.sinceVersion) == [2])
    }

    @Test("Of which versions the rows of a key were whose, whenever they were read") func versions() throws {
        func ranges(_ owner: Int) throws -> [Range<Int>?] {
            try story.registry.read { try $0.spans(of: person(owner)) }.map(\.versions)
        }
        try link([("N1", person(1))])
        try link([("N1", person(2))])
        try link([("N1", person(1))])
        #expect(try ranges(2) == [1..<1], "nothing was published while it was his")
        #expect(try ranges(1) == [1..<1, 1..<Int.max])
        try story.publish()
        try story.publish()
        try link([("N1", person(2))])
        #expect(try ranges(1) == [1..<1, 1..<3] && ranges(2) == [1..<1, 3..<Int.max])
        let moment = Instant(milliseconds: 5)
        try story.registry.write(at: noon) { registry in
            _ = try registry.assertLinks(
                [
                    LinkAssertion(
                        ownerKey: "N1", owner: person(2), period: DataSpan(from: nil, to: moment)),
                    LinkAssertion(
                        ownerKey: "N1", owner: person(3), period: DataSpan(from: moment, to: nil)),
                ], in: story.flights, covering: 4)
        }
        #expect(try ranges(2) == [1..<1, 3..<4, 3..<Int.max] && ranges(3) == [4..<Int.max])
    }

    @Test("A link made while a version comes in does not cover it") func whileUploading() throws {
        try link([("N1", person(1))])
        let made = try story.registry.write(at: noon) { registry in
            try registry.assertLinks(
                [
                    LinkAssertion(ownerKey: "N1", owner: person(2)),
                    LinkAssertion(ownerKey: "N2", owner: person(2)),
                ], in: story.flights, covering: 2
            ).made
        }
        #expect(made.map(\.sinceVersion) == [2, 1])
    }

    @Test("Random assertions and publications agree with a naive reference") func random() throws {
        var generator = SeededGenerator.announced("random links")
        var reference: [String: (owner: Owner?, since: Int)] = [:]
        var version = 0
        for _ in 0..<150 {
            if Int.random(in: 0..<5, using: &generator) == 0 {
                try story.publish()
                version += 1
            }
            let keys = ["a", "b", "c", "d"].filter { _ in Bool.random(using: &generator) }
            let pairs = keys.map { key -> (String, Owner?) in
                let number = Int.random(in: 0...5, using: &generator)
                return (key, number == 5 ? nil : person(number))
            }
            try link(pairs)
            for (key, owner) in pairs
            where reference[key] == nil ? owner != nil : reference[key]?.owner != owner {
                reference[key] = (owner, reference[key] == nil ? 1 : version + 1)
            }
            for key in ["a", "b", "c", "d"] {
                let found = try live(key)
                #expect(found?.owner == reference[key]?.owner)
                if let found { #expect(found.sinceVersion == reference[key]?.since) }
            }
        }
        try expectOneOwnerAtATime()
    }

    /// In every history each link ends when the next begins, or earlier.
    private func expectOneOwnerAtATime() throws {
        for key in ["a", "b", "c", "d"] {
            let history = try story.registry.read { try $0.linkHistory(of: story.flights, ownerKey: key) }
            #expect(history.dropLast().allSatisfy { $0.endedAt != nil })
            #expect(
                zip(history, history.dropFirst()).allSatisfy { $0.link.sinceVersion <= $1.link.sinceVersion })
        }
    }
}
