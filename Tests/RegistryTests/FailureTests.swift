import Foundation
import GRDB
import Model
import Testing

@testable import Registry

@Suite("When the disk says no") struct FailureTests {
    let story: Story
    let deliveries: Deliveries

    init() throws {
        story = try Story()
        deliveries = Deliveries(from: story.registry)
    }

    private func expectUnavailable(_ call: () throws -> Void) {
        let fault = #expect(throws: RetryableFault.self) { try call() }
        #expect(fault?.code == "registry_unavailable")
        #expect(fault?.message.contains("SQLite") == false)
    }

    private func expectNothingHappened() throws {
        #expect(deliveries.commits.isEmpty)
        #expect(try story.registry.pendingRows().isEmpty)
        #expect(try story.registry.write(at: noon) { try $0.record(event()) } == 1)
        #expect(deliveries.numbers == [1])
    }

    @Test("Full disk: nothing is stored, nothing delivered, and it goes on when there is room") func full()
        throws
    {
        let pages = try story.registry.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
            return pages
        }
        expectUnavailable {
            try story.registry.write(at: noon) { registry in
                for number in 0..<1000 {
                    try registry.record(event(String(repeating: "x", count: 4000) + "\(number)"))
                }
            }
        }
        try story.registry.pool.writeWithoutTransaction { database in
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages + 1000)")
        }
        try expectNothingHappened()
    }

    @Test("A disk that fills up unnoticed by the body is noticed at the commit") func fullAndHidden() throws {
        try story.registry.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
        }
        expectUnavailable {
            try story.registry.write(at: noon) { registry in
                for _ in 0..<100 { _ = try? registry.record(event(String(repeating: "x", count: 60_000))) }
            }
        }
        try story.registry.pool.writeWithoutTransaction { database in
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = 100000")
        }
        try expectNothingHappened()
    }

    @Test("A file that another process holds: unavailable after the timeout") func busy() throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: story.path, configuration: configuration)
        try other.writeWithoutTransaction { try $0.beginTransaction(.immediate) }
        expectUnavailable { _ = try story.registry.write(at: noon) { try $0.record(event()) } }
        try other.writeWithoutTransaction { try $0.rollback() }
        try other.close()
        try expectNothingHappened()
    }

    @Test("When only the commit fails, nothing is delivered and the caller hears of it") func commitFails()
        throws
    {
        #expect(throws: ClientFault(.conflict, "conflict", "")) {
            try story.registry.write(at: noon) { registry in
                try registry.record(event())
                // A reference that is checked at the commit: the way to make SQLite refuse just that.
                try registry.database.execute(sql: "PRAGMA defer_foreign_keys = ON")
                try registry.insert(Person(id: identifier(99), name: "P", organisation: slug("nobody")))
            }
        }
        try expectNothingHappened()
    }

    @Test("Text with a NUL is refused wherever it would be cut: it could name somebody else") func nul()
        throws
    {
        try story.registry.write(at: noon) { registry in
            _ = try registry.assertLinks([LinkAssertion(ownerKey: "N1", owner: person(1))], in: story.flights)
        }
        #expect(throws: ClientFault(.badInput, "bad_text", "")) {
            try story.registry.read { try $0.links(of: story.flights, ownerKey: "N1\0evil") }
        }
        #expect(throws: ClientFault(.badInput, "bad_text", "")) {
            try story.registry.write(at: noon) { registry in
                try registry.insert(Organisation(id: slug("nul"), name: "a\0b", roles: []))
            }
        }
        #expect(try story.registry.read { try $0.exists(.organisation(slug("nul"))) } == false)
        try expectNothingHappened()
    }

    @Test("A statement that SQLite does not know is our fault and says so") func wrongStatement() throws {
        let error = #expect(throws: RegistryError.self) {
            try story.registry.write(at: noon) { try $0.execute("DELETE FROM nowhere", []) }
        }
        #expect(error?.code == .failed)
        try expectNothingHappened()
    }
}
