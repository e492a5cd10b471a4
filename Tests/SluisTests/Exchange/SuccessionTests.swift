import Foundation
import MerkleLog
import Model
import TestSupport
import Testing

@testable import sluis

/// A hub whose log went back in time: it signs nothing, until the journal is put back or a successor goes on.
@Suite("A hub whose log has lost its end", .serialized, .timeLimit(.minutes(10)))
struct SuccessionTests {
    private static let log = ["journal", "log"]
    /// The calls by which a succession puts things in their places.
    private static let moves = "rename,renameat,renameat2"

    private func succeed(_ hub: TestHub, _ options: String...) throws -> Program.Result {
        try Program.run("sluis", ["log", "succeed", "--data", hub.data, "--json"] + options)
    }

    private func copy(_ source: String, to target: String, _ names: [String]) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
        for name in names {
            try? manager.removeItem(atPath: "\(target)/\(name)")
            try manager.copyItem(atPath: "\(source)/\(name)", toPath: "\(target)/\(name)")
        }
    }

    private func serve(_ hub: TestHub) throws -> Program.Result {
        try Program.run("sluis", ["serve", "--data", hub.data, "--people", "127.0.0.1:0"])
    }

    @Test("Everything goes on under another name; what is left of the old log is in the new one")
    func succession() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        let hub = exchange.hub
        let kept = try await exchange.grant(0)
        _ = try await exchange.read(exchange.token())
        #expect(hub.stop() == 0)
        let manager = FileManager.default
        let early = hub.scratch.path("early")
        try copy(hub.data, to: early, Self.log)
        let sideBefore = try Set(manager.contentsOfDirectory(atPath: hub.data + "/side"))
        #expect(!sideBefore.isEmpty)

        try hub.start()
        let lost = try await exchange.grant(1)
        _ = try await exchange.read(exchange.token())
        #expect(hub.stop() == 0)
        let oldKey = try NoteVerifier(vkey: hub.vkey())
        let oldCheckpoint = try String(contentsOfFile: hub.data + "/log/checkpoint", encoding: .utf8)
        let known = try Checkpoint(body: Note(Array(oldCheckpoint.utf8)).text).size
        let databases = ["hub.db", "hub.db-wal", "hub.db-shm"].filter {
            FileManager.default.fileExists(atPath: "\(hub.data)/\($0)")
        }
        let whole = try succeed(hub)
        #expect(whole.status != 0 && whole.errors.contains("holds all"))

        // Journal and log of an earlier time: only hub.db knows better.
        let late = hub.scratch.path("late")
        try copy(hub.data, to: late, Self.log + databases)
        try copy(early, to: hub.data, Self.log)
        let refused = try serve(hub)
        #expect(refused.status != 0 && refused.errors.contains("put the journal of this log back"))
        #expect(refused.errors.contains("sluis log succeed"))
        let size = try Checkpoint(
            body: Note(Array(String(contentsOfFile: hub.data + "/log/checkpoint", encoding: .utf8).utf8)).text
        ).size
        #expect(size < known, "the refused start published something")

        let result = try succeed(hub)
        #expect(result.status == 0, "\(result.errors)")
        let answer = try JSON.parse(result.output)
        let newKey = try NoteVerifier(vkey: try #require(answer["vkey"]?.string))
        #expect(newKey.name == oldKey.name + "-2" && answer["known"]?.integer == Int64(known))
        #expect(answer["carried"]?.integer == Int64(size))
        #expect(answer["side_files_removed"]?.integer == 1)
        #expect(try Set(manager.contentsOfDirectory(atPath: hub.data + "/side")) == sideBefore)
        // The old log lies there as it was, and verifies under its key.
        let former = try Program.run(
            "sluis", ["log", "verify", "--dir", hub.data + "/former/1/log", "--vkey", oldKey.vkey])
        #expect(former.status == 0 && former.output.contains("verified \(size) entries"))

        try hub.start()
        let entries = try hub.entries()
        #expect(
            entries[0]["type"] == "log.opened" && entries[0]["predecessor"]?["vkey"]?.string == oldKey.vkey)
        #expect(entries[0]["predecessor"]?["checkpoint"]?.string == oldCheckpoint)
        let end = try #require(entries.first { $0["type"] == "log.closed" })
        #expect(end["lost"]?.integer == Int64(known - size) && end["carried"]?.integer == Int64(size))
        try await expectGoesOn(exchange, kept, lost)
        #expect(hub.stop() == 0)
        let verified = try Program.run("sluis", ["log", "verify", "--data", hub.data])
        #expect(verified.status == 0, "\(verified.errors)")
        let fsck = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(fsck.status == 0, "\(fsck.output)")
        for entry in entries { #expect(try EntrySchema().faults(of: entry).isEmpty) }
        // A copy of hub.db that still remembers the old log is only an older copy.
        for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
            try? manager.removeItem(atPath: "\(hub.data)/\(name)")
        }
        try copy(late, to: hub.data, databases)
        try hub.start()
        #expect(try hub.entries().first?["type"] == "log.opened")
        #expect(hub.stop() == 0)
        let again = try succeed(hub)
        #expect(again.status != 0 && again.errors.contains("holds all"))
    }

    /// Grants stand as hub.db has them, also the one whose entry is lost, and histories show what is left.
    private func expectGoesOn(_ exchange: TestExchange, _ kept: JSON, _ lost: JSON) async throws {
        let read = try await exchange.read(exchange.token())
        #expect(read.rows == TestExchange.rows(of: [0, 1], owners: 3))
        try await exchange.withdraw(lost, by: 1)
        try await exchange.withdraw(kept, by: 0)
        let after = try await exchange.read(exchange.token())
        #expect(after.rows.isEmpty)
        var items: [JSON] = []
        for _ in 0..<250 where items.count < 3 {
            let history = try await exchange.owners[0].client.call(.get, "/api/v1/accesses").json
            items = try #require(history["items"]?.array)
            try await Task.sleep(for: .milliseconds(20))
        }
        // The read whose entry is lost may have been anything: that shows, as what nobody can tell.
        #expect(items.map { $0["rows"]?.integer != nil } == [true, false, true])
        #expect(items[1]["rows"] == "unknown" && items[1]["reason"] == "lost")
    }

    @Test(
        "A succession that was cut short goes on where it stood, and no hub starts before",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func cutShort() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let hub = exchange.hub
        #expect(hub.stop() == 0)
        let early = hub.scratch.path("early")
        try copy(hub.data, to: early, Self.log)
        try hub.start()
        try await exchange.grant(0)
        #expect(hub.stop() == 0)
        try copy(early, to: hub.data, Self.log)
        let start = hub.scratch.path("start")
        try FileManager.default.copyItem(atPath: hub.data, toPath: start)
        // Every step is a move or a removal: the process is ended at each of them in turn.
        var (step, ended) = (1, 0)
        while true {
            try FileManager.default.removeItem(atPath: hub.data)
            try FileManager.default.copyItem(atPath: start, toPath: hub.data)
            let run = try Tracer.run(
                ["-f", "-qq", "-o", "/dev/null", "-e", "inject=\(Self.moves):signal=KILL:when=\(step)"],
                Program.folder.appendingPathComponent("sluis").path,
                ["log", "succeed", "--data", hub.data])
            let isPending = FileManager.default.fileExists(atPath: hub.data + "/succession")
            if isPending {
                let refused = try serve(hub)
                #expect(refused.status != 0 && refused.errors.contains("sluis log succeed"), "step \(step)")
            }
            if run.status == 0 { break }
            ended += 1
            let finished = try succeed(hub)
            #expect(finished.status == 0, "step \(step): \(finished.errors)")
            let fsck = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
            #expect(fsck.status == 0, "step \(step): \(fsck.output)")
            step += 1
        }
        #expect(ended >= 8, "only \(ended) steps")
        try hub.start()
        #expect(try hub.entries().first?["type"] == "log.opened")
        #expect(hub.stop() == 0)
    }
}
