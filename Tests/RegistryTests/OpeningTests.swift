import Foundation
import GRDB
import Model
import Testing

@testable import Registry

@Suite("Opening a database") struct OpeningTests {
    let folder: TemporaryFolder
    var path: String { folder.file("hub.db") }

    init() throws { folder = try TemporaryFolder() }

    @Test("A new database is private, durable and refuses dangling references") func newDatabase() throws {
        let registry = try Registry(path: path, sealer: sealer)
        try registry.write(at: noon) { try $0.record(event()) }
        for file in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
        }
        try registry.pool.writeWithoutTransaction { database throws in
            #expect(try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal")
            #expect(try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2)
            #expect(try Int.fetchOne(database, sql: "PRAGMA foreign_keys") == 1)
            #expect(try Int.fetchOne(database, sql: "PRAGMA secure_delete") == 1)
            #expect(try Int.fetchOne(database, sql: "PRAGMA trusted_schema") == 0)
        }
    }

    @Test("Readers cannot write") func readersAreReadOnly() throws {
        let registry = try Registry(path: path, sealer: sealer)
        #expect(throws: RetryableFault.self) {
            try registry.read { try $0.database.execute(sql: "DELETE FROM outbox_counter") }
        }
        #expect(try registry.read { try $0.newestNumber() } == 0)
    }

    @Test("What was written is there after closing and opening") func reopening() throws {
        let acme = Organisation(id: slug("acme"), name: "Acme", roles: [.owner])
        let first = try Registry(path: path, sealer: sealer)
        try first.write(at: noon) { try $0.insert(acme) }
        try first.close()
        let second = try Registry(path: path, sealer: sealer, mustExist: true)
        #expect(try second.read { try $0.organisation(acme.id) } == acme)
    }

    @Test("After closing every call says that the registry is unavailable") func closed() throws {
        let registry = try Registry(path: path, sealer: sealer)
        try registry.close()
        let unavailable = { (call: () throws -> Void) in
            let fault = #expect(throws: RetryableFault.self) { try call() }
            #expect(fault?.code == "registry_unavailable")
            #expect(fault?.cause.isEmpty == false)
        }
        unavailable { _ = try registry.read { try $0.newestNumber() } }
        unavailable { try registry.write(at: noon) { _ = try $0.record(event()) } }
        unavailable { _ = try registry.pendingRows() }
        unavailable { try registry.dropRows(through: 1) }
    }

    @Test("A missing database is not made when it must exist") func missing() {
        let error = #expect(throws: RegistryError.self) {
            try Registry(path: path, sealer: sealer, mustExist: true)
        }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message == "there is no database `\(path)`")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("An empty file is no database that must exist, but may become one") func empty() throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let error = #expect(throws: RegistryError.self) {
            try Registry(path: path, sealer: sealer, mustExist: true)
        }
        #expect(error?.code == .notOurs)
        #expect(error?.message == "the database `\(path)` is empty")
        #expect(throws: Never.self) { try Registry(path: path, sealer: sealer) }
    }

    @Test("A missing or read-only folder and a folder for a file are named") func badPlaces() throws {
        for place in [folder.file("none/hub.db"), "/proc/hub.db", folder.path] {
            let error = #expect(throws: RegistryError.self) { try Registry(path: place, sealer: sealer) }
            #expect(error?.code == .cannotOpen)
            #expect(error?.message.contains("cannot") == true)
            #expect(error?.message.contains("`\(place)`") == true)
        }
    }

    @Test("A file that is no database stays as it is") func notADatabase() throws {
        let text = Data(String(repeating: "owner_key,owner\n", count: 500).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: RegistryError.self) { try Registry(path: path, sealer: sealer) }
        #expect(error?.code == .notADatabase)
        #expect(error?.message.contains("`\(path)` is not a database") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test("A database of another program stays as it is") func foreignDatabase() throws {
        let foreign = try DatabaseQueue(path: path)
        try foreign.write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        try foreign.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: RegistryError.self) { try Registry(path: path, sealer: sealer) }
        #expect(error?.code == .notOurs)
        #expect(error?.message == "`\(path)` is a database of another program")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("A database with migrations that we do not know is refused by their names") func newerSchema()
        throws
    {
        let registry = try Registry(path: path, sealer: sealer)
        try registry.pool.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('0999-quantum'), ('0998-later')")
        }
        try registry.close()
        let error = #expect(throws: RegistryError.self) { try Registry(path: path, sealer: sealer) }
        #expect(error?.code == .newerSchema)
        #expect(error?.message.contains("later version of sluis (`0998-later`, `0999-quantum`)") == true)
    }

    @Test("A crash between the list of migrations and the first one is made good") func unfinishedMigration()
        throws
    {
        let started = try DatabaseQueue(path: path)
        try started.write { database in
            try database.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try started.close()
        let registry = try Registry(path: path, sealer: sealer)
        #expect(try registry.write(at: noon) { try $0.record(event()) } == 1)
    }

    @Test("A damaged page is an error, not a guess") func damage() throws {
        let registry = try Registry(path: path, sealer: sealer)
        try registry.write(at: noon) { registry in
            for number in 0..<200 {
                try registry.insert(Organisation(id: slug("org-\(number)"), name: "N", roles: [.owner]))
            }
        }
        try registry.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for offset in 4096..<bytes.count { bytes[offset] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: RegistryError.self) {
            let opened = try Registry(path: path, sealer: sealer)
            _ = try opened.read { try $0.organisations(limit: 1000) }
        }
        #expect(error?.code == .corrupt)
    }

    @Test("A state that no version ever wrote is damage") func foreignWord() throws {
        let registry = try Registry(path: path, sealer: sealer)
        let acme = Organisation(id: slug("acme"), name: "Acme", roles: [.owner])
        try registry.write(at: noon) { registry in
            try registry.insert(acme)
            try registry.database.execute(sql: "UPDATE organisations SET state = 'emperor'")
        }
        let error = #expect(throws: RegistryError.self) {
            try registry.read { try $0.organisation(acme.id) }
        }
        #expect(error?.code == .corrupt)
        #expect(error?.message == "the database is damaged: column `state` holds a foreign value")
    }
}
