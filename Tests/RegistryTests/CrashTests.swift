import Foundation
import GRDB
import Model
import Testing

@testable import Registry

/// A process dies by SIGKILL in the middle of its transactions; another opens what it left.
@Suite("kill -9") struct CrashTests {
    @Test(
        "At any moment: every acknowledged change is there, and only whole transactions are", arguments: 1...8
    )
    func killed(round: Int) async throws {
        let (path, log) = try newDatabase()
        let delayMilliseconds = Int.random(in: 60...460)
        print("kill -9: round \(round), after \(delayMilliseconds) ms")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, delayMilliseconds = delayMilliseconds as Int] in
            Thread.detachNewThread {
                usleep(UInt32(delayMilliseconds) * 1000)
                kill(getpid(), SIGKILL)
            }
            try work(path: path, log: log)
        }
        let (acknowledged, committed) = try verify(path: path, log: log)
        // At most one transaction was committed without its answer getting out.
        #expect(committed == acknowledged || committed == acknowledged + 1)
    }

    @Test("Before the commit: nothing of the transaction is there", arguments: [1, 2, 11, 40])
    func killedInside(transaction: Int) async throws {
        let (path, log) = try newDatabase()
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, transaction = transaction as Int] in
            try work(path: path, log: log, killedInside: transaction)
        }
        let (acknowledged, committed) = try verify(path: path, log: log)
        #expect(acknowledged == transaction - 1)
        #expect(committed == acknowledged)
    }

    private func newDatabase() throws -> (path: String, log: String) {
        let folder = try TemporaryFolder()
        try Registry(path: folder.file("hub.db"), sealer: sealer).close()
        try Data().write(to: URL(fileURLWithPath: folder.file("acknowledged")))
        return (folder.file("hub.db"), folder.file("acknowledged"))
    }

    private func verify(path: String, log: String) throws -> (acknowledged: Int, committed: Int) {
        let acknowledged = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            .map { try #require(Int($0)) }
        #expect(acknowledged == Array(1..<1 + acknowledged.count))
        let registry = try Registry(path: path, sealer: sealer, mustExist: true)
        let newest = try registry.read { try $0.newestNumber() }
        print("kill -9: \(acknowledged.count) transactions acknowledged, \(newest) committed")
        try expectWholeTransactions(registry, newest: newest)
        #expect(try registry.write(at: noon) { try $0.record(event()) } == newest + 1)
        return (acknowledged.count, Int(newest))
    }

    /// Transaction n made organisation `org-n` with a person, recorded n with a salt, and every tenth dropped
    /// the rows before its own.
    private func expectWholeTransactions(_ registry: Registry, newest: Int64) throws {
        let pending = try registry.pendingRows().map(\.number)
        #expect(pending == Array((pending.first ?? newest + 1)..<newest + 1))
        try registry.pool.read { database throws in
            for table in ["organisations", "persons", "salts"] {
                #expect(try Int64.fetchOne(database, sql: "SELECT count(*) FROM \(table)") == newest)
            }
            #expect(try Int64.fetchOne(database, sql: "SELECT count(*) FROM principals") == 2 * newest)
            #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
            #expect(try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") == nil)
        }
    }
}

/// What the process does that is to die.
private func work(path: String, log: String, killedInside last: Int = 0) throws {
    let registry = try Registry(path: path, sealer: sealer, mustExist: true)
    let acknowledged = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    for number in 1... {
        try registry.write(at: noon) { registry in
            try registry.insert(Organisation(id: slug("org-\(number)"), name: "N", roles: [.owner]))
            try registry.insert(
                Person(id: identifier(number), name: "P", organisation: slug("org-\(number)")))
            try registry.record(event(by: .person(identifier(number))))
            if number == last { kill(getpid(), SIGKILL) }
        }
        try acknowledged.write(contentsOf: Data("\(number)\n".utf8))
        if number % 10 == 0 { try registry.dropRows(through: Int64(number)) }
    }
}
