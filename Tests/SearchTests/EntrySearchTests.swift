import Model
import TestSupport
import Testing

@testable import Registry

@Suite("Searching entries") struct EntrySearchTests {
    @Test("Every query finds what going through the list finds") func againstTheList() throws {
        var random = SeededGenerator.announced("entry search")
        // More than one chunk, and more than one page of each.
        let hub = HubEntries(count: 9000, seed: random.next())
        let folder = try IndexFolder()
        let index = try folder.open()
        try hub.fill(index, seed: random.next())
        let naive = NaiveSearch(hub: hub)
        var questions = Questions(hub: hub, random: random)
        var found = 0
        for _ in 0..<600 {
            let query = questions.query()
            let expected = naive.entries(query)
            let limit = questions.random.pick([1, 7, 100, 1000])
            // Small pages of long lists take their time and show nothing more.
            let answer = try index.all(query, limit: expected.count > 300 ? 1000 : limit)
            #expect(answer == expected, "\(query); \(replay)")
            found += expected.count
        }
        #expect(found > 1000)
    }

    @Test("Pages of the newest entries stay as they are while the log grows") func stablePages() throws {
        let hub = HubEntries(count: 3000, seed: 11)
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.add(hub.batch(0..<1500))
        let query = EntryQuery(decision: .permit)
        let expected = try index.all(query, limit: 1000)
        let first = try index.entries(query, limit: 40, after: nil)
        try index.add(hub.batch(1500..<3000))
        var (shown, cursor) = (first.indexes, first.next)
        while let next = cursor {
            let page = try index.entries(query, limit: 40, after: next)
            #expect(page.indexedTo == 3000)
            shown += page.indexes
            cursor = page.next
        }
        #expect(shown == expected)
        #expect(shown.count > 40)
    }

    @Test("The oldest first list goes on with what came meanwhile") func growingList() throws {
        let hub = HubEntries(count: 400, seed: 12)
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.add(hub.batch(0..<200))
        let query = EntryQuery(order: .oldestFirst)
        let first = try index.entries(query, limit: 150, after: nil)
        try index.add(hub.batch(200..<400))
        let second = try index.entries(query, limit: 1000, after: first.next)
        #expect(first.indexes + second.indexes == Array(0..<400))
    }

    @Test("A limit or cursor that is none is the caller's fault") func badPages() throws {
        let hub = HubEntries(count: 100, seed: 13)
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.add(hub.batch(0..<100))
        let page = try index.entries(EntryQuery(), limit: 10, after: nil)
        let newest = try #require(page.next)
        for (limit, cursor) in [(0, nil), (1001, nil), (-1, nil), (10, "x"), (10, ""), (10, newest + "A")] {
            #expect(throws: ClientFault.self) {
                try index.entries(EntryQuery(), limit: limit, after: cursor)
            }
        }
        // A cursor goes with its list.
        #expect(throws: ClientFault.self) {
            try index.entries(EntryQuery(order: .oldestFirst), limit: 10, after: newest)
        }
        #expect(throws: ClientFault.self) { try index.accesses(of: [], limit: 10, after: newest) }
        for text in ["-1", "01", "9223372036854775808", "1e3", ""] {
            let forged = Cursor.text(list: "entries-newestFirst", key: text)
            #expect(throws: ClientFault.self) {
                try index.entries(EntryQuery(), limit: 10, after: forged)
            }
        }
        let far = Cursor.text(list: "entries-oldestFirst", key: "9223372036854775807")
        #expect(try index.entries(EntryQuery(order: .oldestFirst), limit: 10, after: far).indexes == [])
    }

    @Test("An empty index finds nothing and says how far it is") func empty() throws {
        let folder = try IndexFolder()
        let page = try folder.open().entries(EntryQuery(), limit: 10, after: nil)
        #expect(page == EntryPage(indexes: [], next: nil, indexedTo: 0))
    }

    @Test("A batch may come twice, or half again, and changes nothing") func repeated() throws {
        let hub = HubEntries(count: 500, seed: 14)
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.add(hub.batch(0..<300))
        try index.add(hub.batch(0..<300))
        try index.add(hub.batch(100..<500))
        try index.add(hub.batch(400..<450))
        #expect(try index.state().size == 500)
        let naive = NaiveSearch(hub: hub)
        #expect(try index.all(EntryQuery(), limit: 1000) == naive.entries(EntryQuery()))
        let spans = hub.datasets.map { OwnerSpan(LinkedKey(dataset: $0, key: "NL-2")) }
        #expect(try index.all(spans, limit: 1000) == naive.accesses(of: spans))
    }

    @Test("A gap and a batch of another log are refused, and nothing is added") func outOfStep() throws {
        let hub = HubEntries(count: 300, seed: 15)
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.add(hub.batch(0..<100))
        for batch in [hub.batch(101..<200), hub.batch(100..<200, log: "another log")] {
            let fault = #expect(throws: RetryableFault.self) { try index.add(batch) }
            #expect(fault?.code == "index_out_of_step")
        }
        #expect(try index.state().size == 100)
    }
}
