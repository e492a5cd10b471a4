import Foundation
import MerkleLog
import Model
import Testing

@testable import sluis_verify

/// The program as an auditor runs it.
@Suite struct SluisVerifyTests {
    @Test func anUntouchedLogIsVerified() throws {
        let log = try AuditedLog(entries: 300)
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey)
        #expect(run.status == 0 && run.errors.isEmpty)
        #expect(run.output == "verified 300 entries, root \(log.root)\n")
        let json = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--json")
        #expect(json.status == 0 && json.errors.isEmpty)
        #expect(json.output == #"{"entries":300,"root":"\#(log.root)","verified":true}"# + "\n")
    }

    @Test func theKeyMayBeInAFile() throws {
        let log = try AuditedLog(entries: 2)
        for text in [log.signer.vkey, log.signer.vkey + "\n", log.signer.vkey + "\r\n"] {
            let file = try log.write("log.vkey", text)
            #expect(try Run("--dir", log.log, "--vkey", file).status == 0)
        }
        let empty = try log.write("empty", "")
        #expect(try Run("--dir", log.log, "--vkey", empty).status == 2)
    }

    @Test(arguments: ["log/tile/entries/000", "log/tile/0/000", "log/tile/1/000.p/1", "log/checkpoint"])
    func aChangedByteIsNotVerified(file: String) throws {
        let log = try AuditedLog(entries: 300)
        try log.flip(file, at: 20)
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey)
        #expect(run.status == 1)
        #expect(run.lastLine.hasPrefix("failed: ") && run.lastLine.contains(" at 0"), "\(run.lastLine)")
        let name = file == "log/checkpoint" ? "signature" : String(file.dropFirst(4))
        #expect(run.lastLine.contains(name) && run.errors.contains(name))
        #expect(run.errors.hasPrefix("not verified: ") && run.errors.split(separator: "\n").count == 1)
        let json = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--json")
        #expect(json.status == 1 && json.json?["verified"] == false && json.json?["entries"] == .null)
        #expect(json.json?["failure"]?["what"]?.string?.contains(name) == true)
        #expect(json.json?["failure"]?["index"] == 0)
    }

    @Test func theIndexOfAChangedEntryIsNamed() throws {
        let log = try AuditedLog(entries: 300)
        var entries = Array(log.entries[256...])
        entries[10] = entries[11]
        try log.write("log/tile/entries/001.p/44", EntryBundle.encode(entries))
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey)
        #expect(
            run.lastLine.hasPrefix("failed: entry in tile/entries/001.p/44 (")
                && run.lastLine.hasSuffix(") at 266"))
    }

    @Test func anotherKeyDoesNotVerify() throws {
        let (log, other) = (try AuditedLog(entries: 3), try AuditedLog(entries: 3))
        let run = try Run("--dir", log.log, "--vkey", other.signer.vkey)
        #expect(run.status == 1 && run.lastLine.hasPrefix("failed: signature ("))
    }

    @Test func aLogMustExtendTheCheckpointThatTheAuditorSaved() throws {
        let log = try AuditedLog(entries: 100)
        let early = try log.write("early", try log.checkpoint(log.signer))
        try log.append(250)
        let late = try log.write("late", try log.checkpoint(log.signer))
        for saved in [early, late] {
            #expect(try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", saved).status == 0)
        }
        let fork = Checkpoint(origin: "hub.example/log", size: 100, root: MerkleTree.emptyRoot)
        let forked = try log.write("forked", try fork.signed(by: [log.signer]))
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", forked)
        #expect(run.status == 1)
        #expect(
            run.lastLine == "failed: checkpoint (the earlier checkpoint has another root at its size) at 100")
        let future = Checkpoint(origin: "hub.example/log", size: 999, root: MerkleTree.emptyRoot)
        let cut = try log.write("cut", try future.signed(by: [log.signer]))
        #expect(
            try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", cut).lastLine.contains("was cut"))
    }

    @Test func aSavedCheckpointMustBeSignedByTheLog() throws {
        let (log, other) = (try AuditedLog(entries: 5), try AuditedLog(entries: 5))
        let saved = try log.write("saved", try log.checkpoint(other.signer))
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", saved)
        #expect(run.status == 1 && run.lastLine.hasPrefix("failed: signature (of \(saved): "))
        let garbage = try log.write("garbage", "5\n")
        let refused = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", garbage)
        #expect(refused.status == 2 && refused.output.isEmpty && refused.errors.contains("--since"))
        let foreign = try Checkpoint(origin: "x", size: 5, root: MerkleTree.emptyRoot).signed(by: [log.signer]
        )
        let file = try log.write("foreign", foreign)
        #expect(try Run("--dir", log.log, "--vkey", log.signer.vkey, "--since", file).status == 1)
    }

    @Test func aProofVerifiesWithoutTheLog() throws {
        let log = try AuditedLog(entries: 300)
        let entry = try log.write("entry.json", log.entries[270])
        let proof = try log.write("entry.tlog-proof", try log.proof(of: 270).text)
        try FileManager.default.removeItem(atPath: log.log)
        let run = try Run("--proof", proof, "--entry", entry, "--vkey", log.signer.vkey)
        #expect(run.status == 0 && run.lastLine == "verified entry 270 of 300 entries, root \(log.root)")
        let json = try Run("--proof", proof, "--entry", entry, "--vkey", log.signer.vkey, "--json")
        #expect(json.json == ["verified": true, "entries": 300, "root": .string(log.root), "index": 270])
        try log.flip("entry.json", at: 4)
        let changed = try Run("--proof", proof, "--entry", entry, "--vkey", log.signer.vkey, "--json")
        #expect(changed.status == 1 && changed.json?["failure"]?["index"] == 270)
        #expect(changed.json?["failure"]?["what"]?.string?.hasPrefix("entry in \(entry)") == true)
    }

    @Test func whatIsNoProofIsNotVerified() throws {
        let log = try AuditedLog(entries: 9)
        let entry = try log.write("entry.json", log.entries[2])
        let text = try log.proof(of: 2).text
        for (changed, what) in [
            ("garbage", "file "), (text.replacing("index 2", with: "index 9"), "file "),
            (text.replacing("hub.example/log\n9\n", with: "hub.example/log\n8\n"), "signature ("),
            (text.replacing("hub.example/log\n", with: "other\n"), "signature ("),
            (text.replacing("\u{2014}", with: "-"), "checkpoint ("),
            (text.replacing("index 2", with: "index 3"), "entry in "),
        ] {
            let proof = try log.write("entry.tlog-proof", changed)
            let run = try Run("--proof", proof, "--entry", entry, "--vkey", log.signer.vkey)
            #expect(run.status == 1 && run.lastLine.hasPrefix("failed: " + what), "\(run.lastLine)")
        }
    }

    @Test func badInputEndsWithStatus2AndOneClearMessage() throws {
        let log = try AuditedLog(entries: 1)
        let (dir, key) = (log.log, log.signer.vkey)
        let attempts: [(Run, String)] = [
            (try Run(), "--vkey"), (try Run("--dir", dir), "--vkey"),
            (try Run("--vkey", key), "--dir or --proof"),
            (try Run("--dir", dir, "--vkey", "nonsense"), "nonsense"),
            (try Run("--dir", dir + "/none", "--vkey", key), "/none"),
            (try Run("--dir", dir + "/checkpoint", "--vkey", key), "/checkpoint"),
            (try Run("--dir", dir, "--vkey", key, "--since", dir + "/none"), "/none"),
            (try Run("--dir", dir, "--vkey", key, "--since", dir), "--since"),
            (try Run("--dir", dir, "--vkey", key, "--frobnicate"), "--frobnicate"),
            (try Run("--dir", dir, "--vkey", key, "--proof", "x", "--entry", "y"), "either --dir or --proof"),
            (try Run("--proof", "x", "--vkey", key), "--entry"),
            (
                try Run("--proof", "x", "--entry", "y", "--vkey", key, "--since", "z"),
                "--since goes with --dir"
            ),
            (try Run("--proof", dir + "/x", "--entry", "y", "--vkey", key), "/x"),
        ]
        for (run, named) in attempts {
            #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(named), "\(run)")
            #expect(
                !run.errors.contains("ClientFault") && !run.errors.contains("ProofError"), "\(run.errors)")
        }
    }

    @Test func helpEndsWithStatus0() throws {
        let run = try Run("--help")
        #expect(run.status == 0 && run.errors.isEmpty && run.output.contains("--since"))
    }
}

@Suite struct ProgressLineTests {
    @Test func nothingIsShownInTheFirstSecondAndThenOneLineASecond() {
        var line = ProgressLine()
        #expect(line.text(done: 1, total: 10, elapsed: .milliseconds(999)) == nil)
        #expect(line.ending.isEmpty, "what was not written is not cleared")
        #expect(line.text(done: 2, total: 10, elapsed: .milliseconds(1000)) == "\r2 of 10 entries, 20 %")
        #expect(line.text(done: 3, total: 10, elapsed: .milliseconds(1999)) == nil)
        #expect(line.text(done: 10, total: 10, elapsed: .milliseconds(2000)) == "\r10 of 10 entries, 100 %")
        #expect(line.ending == "\r\u{1B}[K")
    }
}

@Suite struct VerificationReportTests {
    @Test func anIndexThatJSONCannotHoldIsHeldAtTheLargest() {
        let report = VerificationReport(outcome: .failedEntry(LogFailure(.file("p"), at: .max, "too far")))
        #expect(report.line == "failed: file p (too far) at 18446744073709551615")
        #expect(report.json["failure"]?["index"] == .integer(.max) && report.failure != nil)
    }
}
