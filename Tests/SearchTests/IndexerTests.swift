import Foundation
import GRDB
import MerkleLog
import Model
import Synchronization
import TestSupport
import Testing

@testable import AuditLog
@testable import Registry

@Suite("The indexer") struct IndexerTests {
    private let home: LivingLog
    private let folder: IndexFolder
    private let notices = Notices()

    init() throws {
        home = try LivingLog()
        folder = try IndexFolder()
    }

    private func follow(_ log: AuditLog, _ index: any SearchIndex) -> Indexer {
        Indexer(log: log, index: index, firstPauseMilliseconds: 5, notify: notices.note)
    }

    private func expectAnswers(_ index: any SearchIndex, _ hub: HubEntries, seed: UInt64) throws {
        let naive = NaiveSearch(hub: hub)
        var questions = Questions(hub: hub, random: SeededGenerator(seed: seed))
        for _ in 0..<100 {
            let query = questions.query()
            #expect(try index.all(query, limit: 1000) == naive.entries(query), "\(query)")
            let spans = questions.spans()
            #expect(try index.all(spans, limit: 1000) == naive.accesses(of: spans), "\(spans)")
        }
    }

    @Test("What is published is found, with histories from the side files") func following() async throws {
        let seed = SeededGenerator.announcedSeed("indexer")
        let hub = HubEntries(count: 2500, seed: seed)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        let index = try folder.open()
        let indexer = follow(log, index)
        let entries = hub.facts.map(\.bytes)
        for part in [0..<1, 1..<700, 700..<701, 701..<2500] { try await log.publish(Array(entries[part])) }
        try await indexer.indexed(to: 2500)
        try expectAnswers(index, hub, seed: seed)
        #expect(notices.all.isEmpty)
        indexer.close()
        log.close()
    }

    @Test("An index that was left between batches goes on where it was") func killed() async throws {
        let hub = HubEntries(count: 2000, seed: 42)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        try await log.publish(hub.facts.prefix(1200).map(\.bytes))
        let first = FailingIndex(try folder.open())
        let before = follow(log, first)
        try await before.indexed(to: 1200)
        before.close()
        try await log.publish(hub.facts.dropFirst(1200).map(\.bytes))
        // The first index is not closed: its process is gone.
        let second = FailingIndex(try folder.open())
        let after = follow(log, second)
        try await after.indexed(to: 2000)
        #expect(second.added.first?.lowerBound == 1200)
        try expectAnswers(second, hub, seed: 1)
        #expect(notices.all.isEmpty)
        after.close()
        log.close()
    }

    @Test("A rebuilt index gives the same answers") func rebuilding() async throws {
        let hub = HubEntries(count: 2000, seed: 43)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        let index = FailingIndex(try folder.open())
        let indexer = follow(log, index)
        try await log.publish(hub.facts.map(\.bytes))
        try await indexer.indexed(to: 2000)
        let state = try index.state()
        let steps = Mutex<[UInt64]>([])
        try await indexer.rebuild { indexed in steps.withLock { $0.append(indexed) } }
        #expect(steps.withLock { $0 }.contains(2000))
        #expect(index.added.filter { $0.lowerBound == 0 }.count == 2)
        #expect(try index.state() == state)
        try expectAnswers(index, hub, seed: 2)
        indexer.close()
        log.close()
    }

    @Test("A failing index is tried again and told of, and the log goes on") func failing() async throws {
        let hub = HubEntries(count: 600, seed: 44)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        let index = FailingIndex(try folder.open())
        index.fail(3)
        let indexer = follow(log, index)
        try await log.publish(hub.facts.map(\.bytes))
        try await indexer.indexed(to: 600)
        #expect(notices.all.count == 3)
        #expect(notices.all.allSatisfy { $0 == .failing(cause: "no: told to") })
        try expectAnswers(index, hub, seed: 3)
        indexer.close()
        log.close()
    }

    @Test("A damaged index is emptied and filled again") func healing() async throws {
        let hub = HubEntries(count: 600, seed: 45)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        let index = try folder.open()
        let indexer = follow(log, index)
        try await log.publish(hub.facts.prefix(300).map(\.bytes))
        try await indexer.indexed(to: 300)
        try await index.opened().writeWithoutTransaction {
            try $0.execute(sql: "UPDATE lists SET entries = x'01'")
        }
        try await log.publish(hub.facts.dropFirst(300).map(\.bytes))
        try await indexer.indexed(to: 600)
        try expectAnswers(index, hub, seed: 4)
        #expect(!notices.all.isEmpty)
        indexer.close()
        log.close()
    }

    @Test("The index of another log is thrown away") func otherLog() async throws {
        let other = try LivingLog()
        let hub = HubEntries(count: 400, seed: 46)
        let log = try other.open()
        let index = try folder.open()
        let first = follow(log, index)
        try await log.publish(hub.facts.map(\.bytes))
        try await first.indexed(to: 400)
        first.close()
        log.close()

        let mine = HubEntries(count: 500, seed: 47)
        try home.keep(mine.sideFiles)
        let own = try home.open()
        try await own.publish(mine.facts.map(\.bytes))
        let second = follow(own, index)
        try await second.indexed(to: 500)
        #expect(notices.all == [.beganAnew(reason: "the search index is of another log")])
        try expectAnswers(index, mine, seed: 5)
        second.close()
        own.close()
    }

    @Test("An index that is ahead of the log, or beside it, is thrown away", arguments: [300, 500])
    func otherHistory(_ count: Int) async throws {
        // A log of the same key that was put back from before, and went another way.
        let hub = HubEntries(count: 400, seed: 48)
        let index = try folder.open()
        try index.add(hub.batch(0..<400, log: home.signer.vkey))
        let mine = HubEntries(count: count, seed: 49)
        try home.keep(mine.sideFiles)
        let log = try home.open()
        try await log.publish(mine.facts.map(\.bytes))
        let indexer = follow(log, index)
        try await indexer.indexed(to: UInt64(count))
        #expect(notices.all.count == 1)
        try expectAnswers(index, mine, seed: 6)
        indexer.close()
        log.close()
    }

    @Test("What is not JSON is counted and passed over") func notJSON() async throws {
        let log = try home.open()
        let index = try folder.open()
        let indexer = follow(log, index)
        try await log.publish([
            Array("{}".utf8), [0xFF], Array("[1]".utf8), [], Array("{\"type\":\"x\"}".utf8),
        ])
        try await indexer.indexed(to: 5)
        #expect(try index.state().skipped == 3)
        #expect(try index.all(EntryQuery(order: .oldestFirst), limit: 10) == [0, 4])
        #expect(try index.all(EntryQuery(type: "x"), limit: 10) == [4])
        indexer.close()
        log.close()
    }

    @Test("The name of a stream never becomes a path") func hostileStreams() async throws {
        let log = try home.open()
        let index = try folder.open()
        try Data("secret".utf8).write(to: URL(fileURLWithPath: home.path + "/secret"))
        let streams: [JSON] = [
            "../secret", "", ".", "a/b", "\u{0}", 7, "AAAA", .string(String(repeating: "A", count: 200)),
        ]
        let entries = streams.map { stream -> [UInt8] in
            let entry: JSON = [
                "type": "access", "at": "2026-11-22T06:48:23.123Z", "dataset": "meters", "decision": "permit",
                "agreement": "x", "stream": stream, "delivered": "AAAA",
            ]
            return entry.canonical
        }
        let indexer = follow(log, index)
        try await log.publish(entries)
        try await indexer.indexed(to: UInt64(entries.count))
        let items = try index.all([OwnerSpan(LinkedKey(dataset: slug("meters"), key: "k"))], limit: 100)
        #expect(items.map(\.rows) == entries.map { _ in .unknown(.missing) })
        indexer.close()
        log.close()
    }

    @Test("Only an entry of an answer assembled whole, and of the same stream, is taken back")
    func corrections() async throws {
        let log = try home.open()
        let index = try folder.open()
        let file = SideFile([["owner": "k", "rows": 2, "fields": ["a"]]]) { [UInt8](repeating: 7, count: $0) }
        let (mine, other) = (Base64.encodeURL([1, 2, 3]), Base64.encodeURL([4, 5, 6]))
        for stream in [mine, other] { try log.write(file, stream: stream) }
        func entry(_ type: String, _ stream: String, _ more: [String: JSON] = [:]) -> [UInt8] {
            let all: [String: JSON] = [
                "type": .string(type), "at": "2026-11-22T06:48:23.123Z", "dataset": "meters",
                "decision": "permit", "agreement": "x", "stream": .string(stream), "rows": 2,
                "delivered": .string(Base64.encodeURL(file.commitment)),
            ]
            return JSON.object(all.merging(more) { $1 }).canonical
        }
        func correction(_ stream: String, of index: Int64) -> [UInt8] {
            entry("access.completed", stream, ["corrects": .integer(index), "delivered": nil, "rows": 0])
        }
        let indexer = follow(log, index)
        try await log.publish([
            entry("access", mine), entry("access.completed", other), entry("access", other),
            correction(mine, of: 1), correction(mine, of: 2), correction(mine, of: 100),
        ])
        try await indexer.indexed(to: 6)
        let spans = [OwnerSpan(LinkedKey(dataset: slug("meters"), key: "k"))]
        #expect(try index.all(spans, limit: 100).map(\.entry) == [2, 1, 0])
        try await log.publish([correction(mine, of: 0)])
        try await indexer.indexed(to: 7)
        #expect(try index.all(spans, limit: 100).map(\.entry) == [2, 1])
        indexer.close()
        log.close()
    }

    @Test("An owner who is erased while the indexer works stays erased") func erasing() async throws {
        let hub = HubEntries(count: 1500, seed: 50, allowsFaults: false)
        try home.keep(hub.sideFiles)
        let log = try home.open()
        let index = try folder.open()
        let indexer = follow(log, index)
        try await log.publish(hub.facts.map(\.bytes))
        // First the side files, then the index.
        for (stream, bytes) in hub.sideFiles {
            let commitment = hub.facts.first {
                $0.json["stream"]?.string == stream && $0.json["delivered"] != nil
            }
            .flatMap { $0.json["delivered"]?.string }.flatMap { Base64.decodeURL($0) }
            let file = try SideFile(file: bytes, commitment: try #require(commitment))
            if let rest = file.erasing({ $0["owner"]?.string == "NL-2" }) {
                try log.write(rest, stream: stream)
            }
        }
        let keys = hub.datasets.map { LinkedKey(dataset: $0, key: "NL-2") }
        try await indexer.erase(keys.map { OwnerSpan($0) })
        try await indexer.indexed(to: 1500)
        let erased = try index.all(keys.map { OwnerSpan($0) }, limit: 1000)
        #expect(erased.allSatisfy { $0.rows == .unknown(.unfinished) })
        try await indexer.rebuild { _ in }
        #expect(try index.all(keys.map { OwnerSpan($0) }, limit: 1000) == erased)
        let others = hub.datasets.map { OwnerSpan(LinkedKey(dataset: $0, key: "🐄")) }
        #expect(try index.all(others, limit: 1000) == NaiveSearch(hub: hub).accesses(of: others))
        indexer.close()
        log.close()
    }

    @Test("Whoever waits is told when the log or the indexer is closed") func closing() async throws {
        let log = try home.open()
        let indexer = follow(log, try folder.open())
        try await log.publish([Array("{}".utf8)])
        try await indexer.indexed(to: 1)
        let waiting = Task { try await indexer.indexed(to: 2) }
        log.close()
        let fault = await #expect(throws: RetryableFault.self) { try await waiting.value }
        #expect(fault?.code == "index_stopped")
        // What was published is still there to be built from.
        try await indexer.rebuild { _ in }
        indexer.close()
        await #expect(throws: RetryableFault.self) { try await indexer.indexed(to: 2) }
        try await indexer.indexed(to: 1)
    }
}
