import Cryptography
import Foundation
import MerkleLog
import Model
import NIOHTTP1
import Testing

@testable import RemoteHub
@testable import sluis

/// What an auditor sees of a hub that he can only reach over the network.
@Suite("A hub's log is verified from afar", .serialized, .timeLimit(.minutes(5)))
struct RemoteVerificationTests {
    private static let notRead = "entries were not read: only a supervisor may\n"

    private func authority(_ hub: TestHub) -> String { DataDirectory(hub.data).authority }

    /// What both programs are given of a hub.
    private func options(_ hub: TestHub, _ more: [String] = []) throws -> [String] {
        ["--url", hub.people, "--vkey", try hub.vkey(), "--ca", authority(hub)] + more
    }

    /// Both programs with the same options.
    private func runs(_ options: [String]) throws -> [(String, Program.Result)] {
        [
            ("sluis-verify", try Program.run("sluis-verify", options)),
            ("sluis log verify", try Program.run("sluis", ["log", "verify"] + options)),
        ]
    }

    /// How many entries the last line says were verified.
    private func entries(_ output: String) -> Int? {
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        return words.count == 5 && words[0] == "verified" ? Int(words[1]) : nil
    }

    @Test("Anybody verifies checkpoint and tiles; a supervisor the entries too; nobody else may read those")
    func whoeverAsks() async throws {
        let hub = try TestHub()
        let supervisor = try await hub.person("supervisor", role: "supervisor").client.profile.folder
        let keeper = try hub.operatorClient.profile.folder
        for (program, run) in try runs(options(hub)) {
            #expect(run.status == 0 && run.errors.isEmpty, "\(program): \(run.errors)")
            #expect(run.output.hasPrefix(Self.notRead + "verified "), "\(program): \(run.output)")
        }
        for (program, run) in try runs(options(hub, ["--json"])) {
            let json = try JSON.parse(run.output)
            #expect(json["verified"] == true && json["entries_read"] == false, "\(program)")
        }
        let read = ["--url", hub.people, "--vkey", try hub.vkey(), "--profile", supervisor]
        for (program, run) in try runs(read) {
            #expect(run.status == 0 && run.errors.isEmpty, "\(program): \(run.errors)")
            #expect(entries(run.output) != nil && !run.output.contains(Self.notRead), "\(program)")
        }
        for (program, run) in try runs(read + ["--json"]) {
            #expect(try JSON.parse(run.output)["entries_read"] == true, "\(program)")
        }
        let refused = ["--url", hub.people, "--vkey", try hub.vkey(), "--profile", keeper]
        for (program, run) in try runs(refused) {
            #expect(run.status == 2 && run.output.isEmpty, "\(program): \(run.output)")
            #expect(run.errors.contains("supervisor") && run.errors.contains("--profile"), "\(run.errors)")
        }
        // A profile of the environment that may not read entries does without.
        for (folder, isRead) in [(keeper, false), (supervisor, true)] {
            let run = try Program.run(
                "sluis", ["log", "verify", "--url", hub.people, "--vkey", hub.vkey(), "--json"],
                environment: ["SLUIS_PROFILE": folder])
            #expect(run.status == 0, "\(run.errors)")
            #expect(try JSON.parse(run.output)["entries_read"] == .bool(isRead))
        }
        // One of another hub has nothing to do with it.
        let other = try TestHub()
        let run = try Program.run(
            "sluis", ["log", "verify"] + options(hub),
            environment: ["SLUIS_PROFILE": other.operatorClient.profile.folder])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(other.isRunning)
    }

    @Test("The address may be the log's; another than the profile's is told")
    func addresses() async throws {
        let hub = try TestHub()
        let supervisor = try await hub.person("supervisor", role: "supervisor").client.profile.folder
        let port = try #require(hub.people.split(separator: ":").last)
        for url in [hub.people + "/log", hub.people + "/", "https://localhost:\(port)/log/"] {
            let run = try Program.run(
                "sluis-verify", ["--url", url, "--vkey", hub.vkey(), "--ca", authority(hub)])
            #expect(run.status == 0, "\(url): \(run.errors)")
        }
        for url in ["https://127.0.0.1:99999/log", "https://127.0.0.1:0", "https://127.0.0.1:-1"] {
            let run = try Program.run("sluis-verify", ["--url", url, "--vkey", hub.vkey()])
            #expect(run.status == 2 && run.errors.contains("--url"), "\(url): \(run.errors)")
        }
        for url in [hub.machines, "https://elsewhere.example/log"] {
            let run = try Program.run(
                "sluis-verify", ["--url", url, "--vkey", hub.vkey(), "--profile", supervisor])
            #expect(run.status == 0, "\(url): \(run.errors)")
            let told = "The log is read from \(hub.machines), as the profile says.\n"
            #expect(run.errors == (url == hub.machines ? "" : told))
        }
    }

    @Test("A log that grows is verified while it does, and from the checkpoint that was saved on")
    func growing() async throws {
        let hub = try TestHub()
        let supervisor = try await hub.person("supervisor", role: "supervisor").client
        let keeper = try hub.operatorClient
        let id = try await hub.person("owner").id
        let saved = hub.scratch.path("saved")
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Each lookup of an owner is an entry.
            group.addTask {
                while !Task.isCancelled {
                    _ = try await supervisor.call(.get, "/api/v1/log/entries?limit=1&owner=\(id)")
                }
            }
            var sizes: [Int] = []
            for _ in 0..<6 {
                for options in [[], ["--profile", supervisor.profile.folder]] {
                    let run = try Program.run("sluis-verify", self.options(hub) + options)
                    #expect(run.status == 0, "\(run.output)\(run.errors)")
                    sizes.append(try #require(entries(run.output)))
                }
            }
            #expect(sizes == sizes.sorted() && sizes[0] < sizes[11], "\(sizes)")
            let first = try Program.run("sluis-verify", options(hub, ["--save", saved]))
            #expect(first.status == 0, "\(first.output)")
            // The last call ends in whatever way a cancelled call does.
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
        _ = try await keeper.call(
            .post, "/api/v1/organisations",
            body: .json([
                "id": "late", "name": "Late", "roles": ["consumer"],
                "certificate": .string(try hub.certificate("late").0.pem),
            ]))
        for more in [[], ["--all"], ["--workers", "1"], ["--profile", supervisor.profile.folder]] {
            let run = try Program.run("sluis-verify", options(hub, ["--since", saved] + more))
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        let other = try TestHub()
        let foreign = try Program.run("sluis-verify", options(other, ["--since", saved]))
        #expect(foreign.status == 1 && foreign.output.contains("failed: signature"), "\(foreign.output)")
    }

    @Test("What cannot be reached or believed is told apart: no hub, no authority, no TLS, no key, no log")
    func wrong() async throws {
        let (hub, other) = (try TestHub(), try TestHub())
        let key = try hub.vkey()
        let attempts: [(options: [String], status: Int32, said: String)] = [
            (["--url", hub.people, "--ca", authority(other)], 3, "not one of an authority"),
            (["--url", hub.people], 3, "--ca"),
            (["--url", hub.machines, "--ca", authority(hub)], 2, "certificate"),
            (["--url", "https://127.0.0.1:1", "--ca", authority(hub)], 3, "nothing listens there"),
            (["--url", "http" + hub.people.dropFirst(5), "--ca", authority(hub)], 2, "HTTPS"),
            (["--url", hub.people + "?x", "--ca", authority(hub)], 2, "--url"),
            (["--url", hub.people, "--ca", hub.data], 2, "--ca"),
            (["--url", hub.people, "--ca", hub.data + "/log.vkey"], 2, "--ca"),
            (["--url", hub.people, "--profile", hub.data], 2, "--profile"),
            (["--url", hub.people, "--dir", hub.data + "/log"], 2, "either"),
            (["--dir", hub.data + "/log", "--ca", authority(hub)], 2, "--ca goes with --url"),
            (["--dir", hub.data + "/log", "--profile", hub.data], 2, "--profile goes with --url"),
            (["--url", hub.people + "/api", "--ca", authority(hub)], 1, "checkpoint"),
        ]
        for attempt in attempts {
            for (program, run) in try runs(attempt.options + ["--vkey", key]) {
                let said = "\(program) \(attempt.options): \(run)"
                #expect(run.status == attempt.status && run.errors.contains(attempt.said), "\(said)")
                #expect(run.output.isEmpty == (attempt.status != 1), "\(said)")
            }
        }
        for (program, run) in try runs(["--url", hub.people, "--ca", authority(hub), "--vkey", other.vkey()])
        {
            #expect(run.status == 1 && run.output.hasPrefix("failed: "), "\(program): \(run.output)")
        }
        let unsaid = try Program.run("sluis", ["log", "verify", "--url", hub.people])
        #expect(unsaid.status == 2 && unsaid.errors.contains("--url needs --vkey"))
    }

    @Test("A profile that others can read is not used")
    func openProfile() async throws {
        let hub = try TestHub()
        let folder = try await hub.person("supervisor", role: "supervisor").client.profile.folder
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/key.pem")
        for (_, run) in try runs(["--url", hub.people, "--vkey", hub.vkey(), "--profile", folder]) {
            #expect(run.status == 2 && run.errors.contains("others can read the private key"), "\(run)")
        }
    }

    @Test("A reader's receipt is held against the log of the hub itself")
    func receipt() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        let hub = exchange.hub
        try await exchange.grant(0)
        let read = try await exchange.read(exchange.token())
        let supervisor = try await hub.person("supervisor", role: "supervisor").client.profile.folder
        let receipt = try hub.scratch.file(
            "receipt", try #require(read.trailers.first(name: "Sluis-Receipt")))
        let files = ["--receipt", receipt, "--body", try hub.scratch.file("body", read.text)]
        let without = try Program.run("sluis-verify", options(hub, files))
        #expect(without.status == 2 && without.errors.contains("supervisor"), "\(without)")
        let run = try Program.run("sluis-verify", options(hub, files + ["--profile", supervisor]))
        #expect(run.status == 0 && run.output.hasPrefix("verified receipt: decision "), "\(run)")
        let other = ["--receipt", receipt, "--body", try hub.scratch.file("other", read.text + "x")]
        let wrong = try Program.run("sluis-verify", options(hub, other + ["--profile", supervisor]))
        #expect(wrong.status == 1 && wrong.output.hasPrefix("failed: "), "\(wrong)")
    }
}
