import Foundation
import GRDB
import Model
import TestSupport
import Testing

@testable import Registry

@Suite("The file of the search index") struct IndexFileTests {
    private let hub = HubEntries(count: 600, seed: 31)

    private func filled(_ folder: IndexFolder) throws -> SQLiteSearchIndex {
        let index = try folder.open()
        try index.add(hub.batch(0..<600))
        return index
    }

    @Test("Its files are readable by their user only") func mode() throws {
        let folder = try IndexFolder()
        let index = try filled(folder)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
        }
        try index.close()
    }

    @Test("It overwrites what it deletes and keeps temporary tables in memory") func settings() throws {
        let folder = try IndexFolder()
        let index = try folder.open()
        try index.settings { database throws in
            #expect(try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal")
            #expect(try Int.fetchOne(database, sql: "PRAGMA secure_delete") == 1)
            #expect(try Int.fetchOne(database, sql: "PRAGMA temp_store") == 2)
            #expect(try Int.fetchOne(database, sql: "PRAGMA page_size") == 8192)
            #expect(try Int.fetchOne(database, sql: "PRAGMA synchronous") == 1)
            #expect(try Int.fetchOne(database, sql: "PRAGMA trusted_schema") == 0)
        }
    }

    @Test("What was added is there after closing and opening") func reopening() throws {
        let folder = try IndexFolder()
        let first = try filled(folder)
        let (state, all) = (try first.state(), try first.all(EntryQuery(), limit: 1000))
        try first.close()
        let second = try folder.open()
        #expect(try second.state() == state)
        #expect(state.size == 600)
        #expect(try second.all(EntryQuery(), limit: 1000) == all)
    }

    @Test("A file of another version, of another program or damaged is replaced by an empty one")
    func thrownAway() throws {
        let changes: [(String) throws -> Void] = [
            { path in
                try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
            },
            { path in
                try FileManager.default.removeItem(atPath: path)
                try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE bookmarks (url)") }
            },
            { path in
                try Data(repeating: 0x41, count: 50_000).write(to: URL(fileURLWithPath: path))
            },
            { path in
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try file.truncate(atOffset: 8192 + 100)
                try file.close()
            },
        ]
        for (number, change) in changes.enumerated() {
            let folder = try IndexFolder()
            try filled(folder).close()
            try change(folder.file)
            let index = try folder.open()
            // Damage may show only when the damaged part is read.
            _ = try? index.all(EntryQuery(), limit: 1000)
            #expect(try index.state() == IndexState(), "change \(number)")
            try index.add(hub.batch(0..<600))
            #expect(try index.all(EntryQuery(), limit: 1000) == NaiveSearch(hub: hub).entries(EntryQuery()))
        }
    }

    @Test("Damage that shows while it runs empties it, and it can be filled again") func damageInUse() throws
    {
        let folder = try IndexFolder()
        let index = try filled(folder)
        try index.settings { try $0.execute(sql: "UPDATE lists SET entries = x'01'") }
        let fault = #expect(throws: RetryableFault.self) {
            try index.entries(EntryQuery(), limit: 10, after: nil)
        }
        #expect(fault?.code == "index_unavailable")
        #expect(try index.state() == IndexState())
        try index.add(hub.batch(0..<600))
        #expect(try index.all(EntryQuery(), limit: 1000) == NaiveSearch(hub: hub).entries(EntryQuery()))
    }

    @Test("A reset forgets everything and remembers the log") func reset() throws {
        let folder = try IndexFolder()
        let index = try filled(folder)
        try index.reset(for: "log two")
        #expect(try index.state() == IndexState(log: "log two"))
        #expect(try index.all(EntryQuery(), limit: 1000) == [])
        let spans = hub.datasets.map { OwnerSpan(LinkedKey(dataset: $0, key: "NL-1")) }
        #expect(try index.all(spans, limit: 1000) == [])
    }

    @Test("A place where no file can be is an error") func badPlace() throws {
        let folder = try IndexFolder()
        for place in [folder.path, folder.path + "/none/index.db"] {
            let error = #expect(throws: RegistryError.self) { try SQLiteSearchIndex(path: place) }
            #expect(error?.code == .cannotOpen)
        }
    }

    @Test("A closed index says so") func closed() throws {
        let folder = try IndexFolder()
        let index = try filled(folder)
        try index.close()
        let fault = #expect(throws: RetryableFault.self) { try index.state() }
        #expect(fault?.code == "registry_unavailable")
    }
}

extension SQLiteSearchIndex {
    /// Runs statements on the writer.
    fileprivate func settings(_ body: (Database) throws -> Void) throws {
        try opened().writeWithoutTransaction(body)
    }
}
