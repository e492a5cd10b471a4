import Foundation
import MerkleLog
import Model
import Testing

/// `--since` and `--save`, as an auditor uses them every day.
@Suite struct SavedCheckpointTests {
    private func state(_ log: AuditedLog) -> String { log.folder.appending(path: "state").path }

    private func contents(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func eachDayGoesOnFromTheDayBefore() throws {
        let log = try AuditedLog(entries: 600)
        let (dir, key, state) = (log.log, log.signer.vkey, state(log))
        let first = try Run("--dir", dir, "--vkey", key, "--save", state)
        #expect(first.status == 0 && first.output == "verified 600 entries, root \(log.root)\n")
        #expect(contents(state) == contents(dir + "/checkpoint"))
        try log.append(400)
        let second = try Run("--dir", dir, "--vkey", key, "--since", state, "--save", state)
        #expect(second.status == 0 && second.lastLine == "verified 1000 entries, root \(log.root)")
        #expect(second.output.hasPrefix("entries below 512 were not read: they are believed"))
        #expect(contents(state) == contents(dir + "/checkpoint"))
        let json = try Run("--dir", dir, "--vkey", key, "--since", state, "--json")
        #expect(
            json.json == [
                "verified": true, "entries": 1000, "root": .string(log.root), "read_from": 768,
            ])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: log.folder.path).sorted() == ["log", "state"])
    }

    @Test func allReadsWhatTheCheckpointCovers() throws {
        let log = try AuditedLog(entries: 600)
        let saved = try log.write("saved", try log.checkpoint(log.signer))
        try log.append(400)
        try log.flip("log/tile/entries/000", at: 30)
        let (dir, key) = (log.log, log.signer.vkey)
        #expect(try Run("--dir", dir, "--vkey", key, "--since", saved).status == 0)
        let all = try Run("--dir", dir, "--vkey", key, "--since", saved, "--all", "--workers", "1")
        #expect(all.status == 1 && all.lastLine.hasPrefix("failed: entry in tile/entries/000 ("))
    }

    @Test func nothingIsSavedWithoutSuccess() throws {
        let log = try AuditedLog(entries: 600)
        let (dir, key, state) = (log.log, log.signer.vkey, state(log))
        #expect(try Run("--dir", dir, "--vkey", key, "--save", state).status == 0)
        let before = contents(state)
        try log.append(100)
        try log.flip("log/tile/0/002.p/188", at: 1)
        let run = try Run("--dir", dir, "--vkey", key, "--since", state, "--save", state)
        #expect(run.status == 1 && contents(state) == before)
        let other = log.folder.appending(path: "other").path
        #expect(try Run("--dir", dir, "--vkey", key, "--save", other).status == 1 && contents(other) == nil)
    }

    @Test func whatWasSeenIsNotForgotten() throws {
        let log = try AuditedLog(entries: 300)
        let (dir, key, state) = (log.log, log.signer.vkey, state(log))
        let early = contents(dir + "/checkpoint")
        try log.append(10)
        #expect(try Run("--dir", dir, "--vkey", key, "--save", state).status == 0)
        let before = contents(state)
        // The log is rolled back, and the auditor forgets --since.
        try log.write("log/checkpoint", try #require(early))
        let forgetful = try Run("--dir", dir, "--vkey", key, "--save", state)
        #expect(forgetful.status == 2 && forgetful.output.isEmpty && forgetful.errors.contains("--since"))
        let careful = try Run("--dir", dir, "--vkey", key, "--since", state, "--save", state)
        #expect(careful.status == 1 && careful.lastLine.contains("was cut"))
        #expect(contents(state) == before)
    }

    @Test func aFileThatCannotBeWrittenIsBadInput() throws {
        let log = try AuditedLog(entries: 3)
        let (dir, key) = (log.log, log.signer.vkey)
        for file in [log.folder.path + "/none/state", log.folder.path] {
            let run = try Run("--dir", dir, "--vkey", key, "--save", file)
            #expect(run.status == 2 && run.output.isEmpty && run.errors.contains("--save"), "\(run.errors)")
        }
    }

    @Test func optionsThatDoNotBelongTogetherAreRefused() throws {
        for (arguments, named) in [
            (["--all"], "--all goes with --since"), (["--body", "x"], "--body goes with --receipt"),
            (["--workers", "0"], "--workers"), (["--workers", "65"], "--workers"),
        ] {
            let run = try Run(arguments: ["--dir", "x", "--vkey", "y"] + arguments)
            #expect(run.status == 2 && run.errors.contains(named), "\(run.errors)")
        }
        let run = try Run("--receipt", "x", "--save", "y", "--vkey", "z")
        #expect(run.status == 2 && run.errors.contains("--save goes with --dir"))
    }
}
