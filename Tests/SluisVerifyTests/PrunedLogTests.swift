import Foundation
import MerkleLog
import Model
import Testing

@testable import sluis_verify

/// A pruned log, and one without its entries, as an auditor sees them.
@Suite struct PrunedLogTests {
    /// 604 entries, the first 512 pruned as entry 600 states.
    private func prunedLog() throws -> AuditedLog {
        let log = try AuditedLog(entries: 512)
        let root = log.root
        try log.append(88)
        try log.append(1, ["type": "log.pruned", "minimum_index": 512, "root": .string(root)])
        try log.append(3)
        for kind in ["0", "entries"] {
            for place in ["000", "001"] {
                try FileManager.default.removeItem(atPath: "\(log.log)/tile/\(kind)/\(place)")
            }
        }
        return log
    }

    @Test func whatWasPrunedIsSaid() throws {
        let log = try prunedLog()
        let run = try Run("--dir", log.log, "--vkey", log.signer.vkey)
        #expect(run.status == 0, "\(run)")
        #expect(
            run.output == "entries below 512 were pruned, as entry 600 states\n"
                + "verified 604 entries, root \(log.root)\n")
        let json = try Run("--dir", log.log, "--vkey", log.signer.vkey, "--json")
        #expect(
            json.json == [
                "verified": true, "entries": 604, "root": .string(log.root), "pruned_below": 512,
                "pruned_by": 600,
            ])
    }

    @Test func aCheckpointFromBeforeCannotBeHeldAgainstIt() throws {
        let log = try prunedLog()
        let early = try Checkpoint(origin: "hub.example/log", size: 300, root: MerkleTree.emptyRoot)
            .signed(by: [log.signer])
        let run = try Run(
            "--dir", log.log, "--vkey", log.signer.vkey, "--since", try log.write("early", early))
        #expect(run.status == 1)
        #expect(
            run.lastLine.hasPrefix("failed: checkpoint (the log was pruned and holds no entries below 512"))
        #expect(run.lastLine.contains("verify a copy from before") && run.lastLine.hasSuffix(" at 300"))
    }

    @Test func entriesThatWereNotReadAreSaidToBe() async throws {
        let log = try prunedLog()
        try FileManager.default.removeItem(atPath: log.log + "/tile/entries")
        let key = try NoteVerifier(vkey: log.signer.vkey)
        var verifier = LogVerifier(files: try LogDirectory(log.log), log: key)
        verifier.readsEntries = false
        let report = VerificationReport(outcome: .log(await verifier.verify(workers: 2)))
        #expect(
            report.text == """
                entries below 512 were pruned, and no entry was read that could state it
                entries were not read: only a supervisor may
                verified 604 entries, root \(log.root)
                """)
        #expect(report.json["entries_read"] == false && report.json["pruned_by"] == .null)
    }
}
