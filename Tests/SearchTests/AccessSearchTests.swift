import Foundation
import Model
import TestSupport
import Testing

@testable import Registry

@Suite("Reading histories") struct AccessSearchTests {
    private static let crowds = [1, 4, .max]

    @Test(
        "Every history is that of the plain record, unknown ones included, however large a crowd is",
        arguments: crowds)
    func againstTheRecord(crowd: Int) throws {
        var random = SeededGenerator.announced("access search")
        let hub = HubEntries(count: 9000, seed: random.next())
        let folder = try IndexFolder()
        let index = try folder.open(crowd: crowd)
        try hub.fill(index, seed: random.next())
        let naive = NaiveSearch(hub: hub)
        var questions = Questions(hub: hub, random: random)
        var reasons: Set<UnknownDelivery> = []
        for _ in 0..<300 {
            let spans = questions.spans()
            let expected = naive.accesses(of: spans)
            let limit = questions.random.pick([1, 10, 1000])
            #expect(
                try index.all(spans, limit: expected.count > 300 ? 1000 : limit) == expected,
                "\(spans); \(replay)")
            for item in expected { if case .unknown(let reason) = item.rows { reasons.insert(reason) } }
        }
        #expect(reasons.isSuperset(of: [.unfinished, .missing, .wrong, .notRecorded]))
    }

    @Test("Keys that Unicode holds equivalent have histories of their own") func keysAreBytes() throws {
        let hub = HubEntries(count: 3000, seed: 21)
        let folder = try IndexFolder()
        let index = try folder.open()
        try hub.fill(index, seed: 1)
        let histories = try ["é", "e\u{301}"].map { key in
            try index.all(hub.datasets.map { OwnerSpan(LinkedKey(dataset: $0, key: key)) }, limit: 1000)
        }
        #expect(histories[0] != histories[1])
    }

    @Test("A stream is unknown while it runs, and known once it is over") func running() throws {
        let hub = HubEntries(count: 2000, seed: 22, allowsFaults: false)
        let folder = try IndexFolder()
        let index = try folder.open()
        let end = try #require(
            hub.facts.lastIndex { $0.json["type"] == "access.completed" && $0.json["corrects"] == nil })
        let stream = try #require(hub.facts[end].json["stream"])
        let begin = try #require(hub.facts.firstIndex { $0.json["stream"] == stream })
        let dataset = try #require(hub.facts[end].json["dataset"]?.string.flatMap { Slug($0) })
        let spans = [OwnerSpan(LinkedKey(dataset: dataset, key: "nobody's"))]
        try index.add(hub.batch(0..<end))
        #expect(
            try index.all(spans, limit: 100).contains {
                $0.entry == begin && $0.rows == .unknown(.unfinished)
            })
        try index.add(hub.batch(end..<end + 1))
        #expect(try !index.all(spans, limit: 100).contains { $0.entry == begin })
    }

    @Test(
        "An answer that was taken back is in nobody's history, though its deliveries were indexed",
        arguments: crowds)
    func takenBack(crowd: Int) throws {
        let folder = try IndexFolder()
        let index = try folder.open(crowd: crowd)
        let keys = try manyOwners(in: index)
        let spans = [OwnerSpan(LinkedKey(dataset: slug("meters"), key: keys[7]))]
        #expect(try index.all(spans, limit: 1).map(\.entry) == [1, 0])
        let json: JSON = [
            "type": "access.completed", "at": "2026-11-22T06:48:23.125Z", "decision": "permit",
            "dataset": "meters", "agreement": "a", "stream": "AAAA", "rows": 0, "delivered": nil,
            "corrects": 1,
        ]
        let entry = try #require(IndexedEntry(index: 3, entry: json.canonical))
        #expect(entry.corrects == 1)
        try index.add(IndexBatch(log: "log", range: 3..<4, entries: [entry], root: [1]))
        #expect(try index.all(spans, limit: 1).map(\.entry) == [0])
        // What comes later, or is of another type, takes nothing back.
        #expect(try #require(IndexedEntry(index: 1, entry: json.canonical)).corrects == nil)
        let other = JSON.object((json.object ?? [:]).merging(["type": "access"]) { $1 })
        #expect(try #require(IndexedEntry(index: 3, entry: other.canonical)).corrects == nil)
    }

    @Test(
        "Of an erased owner nothing is found, and no byte of his key is left in the files", arguments: crowds)
    func erasing(crowd: Int) throws {
        let folder = try IndexFolder()
        let index = try folder.open(crowd: crowd)
        let keys = try manyOwners(in: index)
        let meters = slug("meters")
        var random = SeededGenerator(seed: 23)
        let erased = Set(keys.shuffled(using: &random).prefix(500))
        #expect(try folder.bytes().range(of: Data(keys[0].utf8)) != nil)
        try index.erase(erased.map { OwnerSpan(LinkedKey(dataset: meters, key: $0)) })
        let bytes = try folder.bytes()
        for key in erased {
            #expect(bytes.range(of: Data(key.utf8)) == nil, "\(key) is still there")
            #expect(try index.all([OwnerSpan(LinkedKey(dataset: meters, key: key))], limit: 10) == [])
        }
        for key in keys.filter({ !erased.contains($0) }).prefix(200) {
            #expect(try index.all([OwnerSpan(LinkedKey(dataset: meters, key: key))], limit: 10).count == 2)
        }
        // The same key of another dataset is another owner's.
        let other = [OwnerSpan(LinkedKey(dataset: slug("parcels"), key: "parcel-of-a-neighbour"))]
        #expect(try index.all(other, limit: 10).count == 1)
        try index.erase(erased.map { OwnerSpan(LinkedKey(dataset: meters, key: $0)) })
        #expect(try index.state().size == 3)
    }

    @Test(
        "Of a key that was another's before and after, only what went in the erased owner's time is erased",
        arguments: crowds)
    func erasingInTime(crowd: Int) throws {
        let folder = try IndexFolder()
        let index = try folder.open(crowd: crowd)
        let keys = try manyOwners(in: index)
        let key = LinkedKey(dataset: slug("meters"), key: keys[0])
        let all = try index.all([OwnerSpan(key)], limit: 10)
        #expect(all.count == 2)
        let never = Instant(milliseconds: -1)
        try index.erase([OwnerSpan(key, from: nil, to: never)])
        #expect(try index.all([OwnerSpan(key)], limit: 10) == all)
        try index.erase([OwnerSpan(key, from: never, to: nil)])
        #expect(try index.all([OwnerSpan(key)], limit: 10) == [])
    }

    @Test(
        "Of a key that was another's in other versions, what went of those is his, known or not, and stays",
        arguments: crowds)
    func versions(crowd: Int) throws {
        let folder = try IndexFolder()
        let index = try folder.open(crowd: crowd)
        let key = LinkedKey(dataset: slug("meters"), key: "k")
        // The accesses of version 1 end behind the moment at which the key passed on.
        let known: DeliveryAccount = .known([
            Delivery(ownerKey: "k", rows: 1, fields: ["kwh"]),
            Delivery(ownerKey: "neighbour", rows: 1, fields: ["kwh"]),
        ])
        let accounts: [(version: Int, account: DeliveryAccount)] = [
            (1, known), (2, known), (1, .unknown(.wrong)), (2, .unknown(.wrong)),
        ]
        for (place, access) in accounts.enumerated() {
            let json: JSON = [
                "type": "access.completed", "at": "2026-11-22T06:48:23.123Z", "decision": "permit",
                "dataset": "meters", "agreement": "a", "stream": "AAAA", "delivered": "AAAA",
                "version": .integer(Int64(access.version)),
            ]
            var entry = try #require(IndexedEntry(index: UInt64(place), entry: json.canonical))
            entry.account = access.account
            let range = UInt64(place)..<UInt64(place) + 1
            try index.add(IndexBatch(log: "log", range: range, entries: [entry], root: [1]))
        }
        let passed = Instant(milliseconds: 0)
        let former = OwnerSpan(key, to: passed, versions: 1..<2)
        let later = OwnerSpan(key, from: passed, versions: 2..<3)
        #expect(try index.all([former], limit: 10).map(\.entry) == [2, 0])
        #expect(try index.all([later], limit: 10).map(\.entry) == [3, 1])
        #expect(try index.all([former, later], limit: 1).map(\.entry) == [3, 2, 1, 0])
        try index.erase([former])
        #expect(try index.all([former], limit: 10).map(\.entry) == [2])
        #expect(try index.all([later], limit: 10).map(\.entry) == [3, 1])
        try index.erase([later])
        #expect(try index.all([later], limit: 10).map(\.entry) == [3])
        let neighbour = OwnerSpan(LinkedKey(dataset: slug("meters"), key: "neighbour"), versions: 1..<3)
        #expect(try index.all([neighbour], limit: 10).map(\.entry) == [3, 2, 1, 0])
    }

    @Test("New owners of a crowd get numbers that say nothing of their keys; a key that is there twice, one")
    func numbers() throws {
        let keys = (0..<1_000).map { 1_000 + $0 }
        let deliveries = (keys + [1_000]).map { Delivery(ownerKey: "NL\($0)", rows: 1, fields: []) }
        var owners = CrowdOwners(deliveries, in: slug("meters"))
        var inserted: [(key: String, number: Int64)] = []
        let next = owners.add(from: 7) { inserted.append((String(decoding: $0, as: UTF8.self), $1)) }
        #expect(next == 1_007 && inserted.map(\.key) == keys.map { "NL\($0)" })
        let numbers = inserted.map(\.number)
        #expect(Set(numbers) == Set(7..<1_007) && numbers != numbers.sorted())
        #expect(owners.numbers == numbers + [numbers[0]])
    }

    @Test("Of an owner of many keys, in accesses to crowds, all is erased, and nothing of his neighbours")
    func erasingManyKeys() throws {
        let folder = try IndexFolder()
        let index = try folder.open(crowd: 1)
        let keys = try manyOwners(in: index)
        let meters = slug("meters")
        func span(_ key: String) -> OwnerSpan { OwnerSpan(LinkedKey(dataset: meters, key: key)) }
        // All of a person's keys in one question: each access once, with the rows of all.
        let own = keys.prefix(2_000).map(span)
        let history = try index.all(own, limit: 10)
        #expect(history.map(\.entry) == [1, 0])
        try index.erase(own)
        #expect(try index.all(own, limit: 10) == [])
        for key in keys.dropFirst(2_000).prefix(100) {
            #expect(try index.all([span(key)], limit: 10).count == 2)
        }
    }

    @Test("Erasing waits for those who read, so that nothing stays in the write-ahead log")
    func erasingBesideReaders() async throws {
        let folder = try IndexFolder()
        let index = try folder.open()
        let keys = try manyOwners(in: index)
        let meters = slug("meters")
        async let reading: Void = withThrowingTaskGroup(of: Void.self) { group in
            for key in keys.prefix(300) {
                group.addTask {
                    _ = try index.all([OwnerSpan(LinkedKey(dataset: meters, key: key))], limit: 10)
                }
            }
            try await group.waitForAll()
        }
        try index.erase([OwnerSpan(LinkedKey(dataset: meters, key: keys[5]))])
        #expect(try folder.bytes().range(of: Data(keys[5].utf8)) == nil)
        try await reading
    }

    /// Two accesses to the rows of 4,000 owners, whose keys come in no order, so that pages split.
    private func manyOwners(in index: SQLiteSearchIndex) throws -> [String] {
        var random = SeededGenerator(seed: 24)
        let keys = (0..<4000).map { _ in "owner-" + Hex.encode(random.bytes(12)) }
        func entry(_ place: UInt64, _ dataset: String, _ keys: [String]) throws -> IndexedEntry {
            let json: JSON = [
                "type": "access", "at": "2026-11-22T06:48:23.123Z", "decision": "permit",
                "dataset": .string(dataset), "agreement": "a", "stream": "AAAA", "delivered": "AAAA",
            ]
            var entry = try #require(IndexedEntry(index: place, entry: json.canonical))
            entry.account = .known(keys.map { Delivery(ownerKey: $0, rows: 1, fields: ["kwh"]) })
            return entry
        }
        let entries = [
            try entry(0, "meters", keys), try entry(1, "meters", keys.reversed()),
            try entry(2, "parcels", ["parcel-of-a-neighbour"]),
        ]
        for (place, entry) in entries.enumerated() {
            let range = UInt64(place)..<UInt64(place) + 1
            try index.add(IndexBatch(log: "log", range: range, entries: [entry], root: [1]))
        }
        return keys
    }
}
