import Foundation
import MerkleLog
import Model
import RemoteHub
import Testing

@testable import sluis

/// What works on the log of a hub as a whole: holding its parts against each other, exporting it, building
/// its index anew.
@Suite("Inspecting, exporting and indexing the log", .serialized)
struct InspectionTests {
    private static let databases = ["", "-wal", "-shm"]

    private func fsck(_ hub: TestHub) throws -> (status: Int32, parts: Set<String>, text: String) {
        let run = try Program.run("sluis", ["log", "fsck", "--data", hub.data, "--json"])
        let json = try JSON.parse(run.output)
        let findings = try #require(json["findings"]?.array)
        let broken = findings.filter { $0["severity"] == "broken" }.compactMap { $0["part"]?.string }
        #expect(json["agree"]?.bool == broken.isEmpty)
        #expect((run.status == 0) == broken.isEmpty, "\(run.errors)")
        return (run.status, Set(broken), run.output)
    }

    private func flip(_ path: String, at offset: Int) throws {
        let url = URL(fileURLWithPath: path)
        var bytes = try Data(contentsOf: url)
        bytes[offset] ^= 1
        try bytes.write(to: url)
    }

    private func copy(_ hub: TestHub, to folder: String, _ names: [String]) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in names where manager.fileExists(atPath: "\(hub.data)/\(name)") {
            try manager.copyItem(atPath: "\(hub.data)/\(name)", toPath: "\(folder)/\(name)")
        }
    }

    private func put(_ folder: String, back hub: TestHub, _ names: [String]) throws {
        let manager = FileManager.default
        for name in names {
            try? manager.removeItem(atPath: "\(hub.data)/\(name)")
            guard manager.fileExists(atPath: "\(folder)/\(name)") else { continue }
            try manager.copyItem(atPath: "\(folder)/\(name)", toPath: "\(hub.data)/\(name)")
        }
    }

    @Test("fsck: a hub that was stopped or killed agrees; what was damaged or is of another time does not")
    func inspection() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let hub = exchange.hub
        let running = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(running.status == 1 && running.errors.contains("stop it first"))
        let grant = try await exchange.grant(0)
        _ = try await exchange.read(exchange.token())
        hub.kill()
        #expect(try fsck(hub).status == 0)
        try hub.start()
        #expect(hub.stop() == 0)
        let clean = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(clean.status == 0 && clean.output.hasSuffix("all agree\n"), "\(clean.output)")
        let databases = Self.databases.map { "hub.db" + $0 }
        let old = hub.scratch.path("old")
        try copy(hub, to: old, databases + ["journal", "log"])

        try hub.start()
        try await exchange.withdraw(grant, by: 0)
        #expect(hub.stop() == 0)
        let new = hub.scratch.path("new")
        try copy(hub, to: new, databases + ["journal", "log"])

        // An older registry: the next start ends what the log knows as ended.
        try put(old, back: hub, databases)
        let older = try fsck(hub)
        #expect(older.status == 0 && older.text.contains("older copy") && older.text.contains("Withdrawn"))
        // An older log beside a newer registry: what was recorded is lost.
        try put(new, back: hub, databases)
        try put(old, back: hub, ["journal", "log"])
        #expect(try fsck(hub).parts == ["outbox", "registry", "remembered"])
        // An older journal under a newer checkpoint.
        try put(new, back: hub, ["log"])
        #expect(try fsck(hub).parts.isSuperset(of: ["checkpoint", "outbox"]))
        try put(new, back: hub, ["journal"])
        #expect(try fsck(hub).parts.isEmpty)

        let segment = try #require(
            try FileManager.default.contentsOfDirectory(atPath: hub.data + "/journal")
                .filter { $0.hasSuffix(".journal") }.min())
        try flip("\(hub.data)/journal/\(segment)", at: 200)
        #expect(try fsck(hub).parts.contains("journal"))
        try put(new, back: hub, ["journal"])
        try flip(hub.data + "/log/checkpoint", at: 40)
        #expect(try fsck(hub).parts.isSuperset(of: ["checkpoint", "tiles"]))
        try put(new, back: hub, ["log"])
        let bundles = hub.data + "/log/tile/entries/000.p"
        let bundle = try #require(try FileManager.default.contentsOfDirectory(atPath: bundles).max())
        try flip("\(bundles)/\(bundle)", at: 30)
        #expect(try fsck(hub).parts == ["tiles"])
    }

    @Test(
        "fsck: links, agreements and side files are held against the log; reindex removes what nobody names")
    func stateAndSideFiles() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let hub = exchange.hub
        _ = try await exchange.grant(0)
        _ = try await exchange.read(exchange.token())
        #expect(hub.stop() == 0)
        #expect(try fsck(hub).status == 0)
        let kept = hub.scratch.path("kept")
        let databases = Self.databases.map { "hub.db" + $0 }
        try copy(hub, to: kept, databases + ["side"])

        let stranger = hub.data + "/side/AAAAAAAAAAAAAAAAAAAAAA"
        try Data("{}\n".utf8).write(to: URL(fileURLWithPath: stranger))
        #expect(try fsck(hub).parts == ["side_files"])
        let run = try Program.run("sluis", ["log", "reindex", "--data", hub.data])
        #expect(run.output.hasSuffix("removed side files that no entry names: 1\n"), "\(run.errors)")
        let agrees = try fsck(hub)
        #expect(agrees.status == 0)

        for name in try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side") {
            try flip("\(hub.data)/side/\(name)", at: 100)
            #expect(try fsck(hub).parts == ["side_files"], "\(name)")
            try put(kept, back: hub, ["side"])
        }
        try FileManager.default.removeItem(atPath: hub.data + "/side")
        let gone = try fsck(hub)
        #expect(gone.status == 0 && gone.text.contains("histories show unknown"))
        try put(kept, back: hub, ["side"])

        for change in [
            "UPDATE owner_links SET ended_at = 1 WHERE owner_key = 'K1'",
            "PRAGMA foreign_keys = OFF; DELETE FROM agreements",
        ] {
            let changed = try Program.run(
                at: URL(filePath: "/usr/bin/python3"),
                [
                    "-c",
                    "import sqlite3,sys\ndb=sqlite3.connect(sys.argv[1])\ndb.executescript(sys.argv[2])",
                    hub.data + "/hub.db", change,
                ])
            #expect(changed.status == 0, "\(changed.errors)")
            #expect(try fsck(hub).parts == ["registry"], "\(change)")
            try put(kept, back: hub, databases)
        }
    }

    @Test("An export holds what its reader may see, each entry byte for byte, proven if asked")
    func export() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let hub = exchange.hub
        let supervisor = try await hub.person("supervisor", role: "supervisor").client
        let last = try #require(try await exchange.grant(0)["entry"]?.integer)
        for _ in 0..<250 {
            let reach = try await supervisor.call(.get, "/api/v1/log/entries?limit=1").json["indexed_to"]
            if try #require(reach?.integer) > last { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        func export(_ client: HubClient, _ arguments: String...) throws -> [String] {
            let run = try Program.run(
                "sluis", ["log", "export", "--profile", client.profile.folder] + arguments)
            #expect(run.status == 0, "\(run.errors)")
            return run.output.split(whereSeparator: \.isNewline).map(String.init)
        }
        let key = try NoteVerifier(vkey: hub.vkey())
        let lines = try export(supervisor, "--proofs").map { try JSON.parse(Array($0.utf8)) }
        #expect(lines.count == Int(last) + 1)
        for (index, line) in lines.enumerated() {
            #expect(line["index"]?.integer == Int64(index))
            let entry = try #require(line["entry"]).canonical
            let proof = try TlogProof(Array(try #require(line["proof"]?.string).utf8))
            _ = try proof.verify(entry: entry, log: key)
        }
        let given = try export(exchange.provider, "--type", "grant.given", "--format", "csv")
        #expect(given.count == 2 && given[0].hasPrefix("index,v,type,at,"))
        #expect(given[1].hasPrefix("\(last),1,grant.given,"))
        let events = try export(exchange.owners[0].client, "--format", "ocsf")
        #expect(events.count < lines.count && !events.isEmpty)
        #expect(events.allSatisfy { $0.contains("record_integrity") })
        let wrong = try await supervisor.problem(.get, "/api/v1/log/export?format=xml")
        #expect(wrong.status == 400 && wrong.field == "format")
        let proofs = try await supervisor.problem(.get, "/api/v1/log/export?format=csv&proofs=true")
        #expect(proofs.code == "proofs_need_jsonl")
    }

    @Test("An index that is lost is built anew by one command") func reindexing() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let hub = exchange.hub
        _ = try await exchange.grant(0)
        #expect(hub.stop() == 0)
        let entries = try hub.entries().count
        for suffix in Self.databases {
            try? FileManager.default.removeItem(atPath: hub.data + "/index.db" + suffix)
        }
        let run = try Program.run("sluis", ["log", "reindex", "--data", hub.data])
        #expect(run.status == 0 && run.output == "indexed \(entries) entries\n", "\(run.errors)")
        try hub.start()
        let page = try await exchange.provider.call(.get, "/api/v1/log/entries?type=grant.given").json
        #expect(page["items"]?.array?.count == 1)
    }
}
