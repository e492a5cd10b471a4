import Cryptography
import Foundation
import MerkleLog
import Model
import Testing

/// `--receipt`: what a reader and what an owner holds in his hand.
@Suite struct ReceiptTests {
    private static let salt = [UInt8](1...32)
    private static let nonce = [UInt8](1...16)
    private static let grant = "0191a3f2-7c00-7000-8000-000000000001"

    private func receipt(_ log: AuditedLog, decision: Int64 = 300, completion: Int64 = 306) throws -> String {
        let json: JSON = [
            "decision": .integer(decision), "completion": .integer(completion),
            "salt": .string(Base64.encodeURL(Self.salt)),
        ]
        return try log.write("receipt", Base64.encodeURL(json.canonical) + "\n")
    }

    /// 300 entries, a decision, 5 others, its completion, 3 others.
    private func readLog() throws -> (AuditedLog, body: String) {
        let log = try AuditedLog(entries: 300)
        let body = Array("a,b\n1,2\n".utf8)
        try log.append(1, ["type": "access.decided", "decision": "permit", "stream": "s"])
        try log.append(5)
        let digest = Base64.encodeURL(SHA256.hash(Self.salt + SHA256.hash(body)))
        try log.append(1, ["type": "access.completed", "stream": "s", "digest": .string(digest)])
        try log.append(3)
        return (log, try log.write("body.csv", body))
    }

    @Test func aReadersReceiptIsHeldAgainstTheLogAndTheBody() throws {
        let (log, body) = try readLog()
        let receipt = try receipt(log)
        let options = ["--dir", log.log, "--vkey", log.signer.vkey, "--receipt", receipt, "--body", body]
        let run = try Run(arguments: options)
        let line = "verified receipt: decision 300 and completion 306 of 310 entries, root \(log.root)"
        #expect(run.status == 0 && run.errors.isEmpty && run.output == line + "\n")
        let json = try Run(arguments: options + ["--json"])
        #expect(
            json.json == [
                "verified": true, "entries": 310, "root": .string(log.root), "decision": 300,
                "completion": 306,
            ])
        let saved = try log.write("saved", try log.checkpoint(log.signer))
        try log.append(500)
        let since = try Run(arguments: options + ["--since", saved])
        #expect(since.status == 0 && since.lastLine.hasPrefix("verified receipt: "))
    }

    @Test func anotherBodyOrEntryIsNotVerified() throws {
        let (log, body) = try readLog()
        let (dir, key) = (log.log, log.signer.vkey)
        let other = try log.write("other.csv", "a,b\n1,3\n")
        let good = try receipt(log)
        let wrongBody = try Run("--dir", dir, "--vkey", key, "--receipt", good, "--body", other)
        #expect(
            wrongBody.status == 1 && wrongBody.lastLine.hasPrefix("failed: entry in tile/entries/001.p/54 ("))
        #expect(wrongBody.lastLine.hasSuffix(") at 306"))
        for (decision, completion, index) in [(299, 306, 299), (300, 305, 305), (300, 310, 310)] {
            let file = try receipt(log, decision: Int64(decision), completion: Int64(completion))
            let run = try Run("--dir", dir, "--vkey", key, "--receipt", file, "--body", body)
            #expect(run.status == 1 && run.lastLine.hasSuffix(" at \(index)"), "\(run.lastLine)")
        }
        let garbage = try log.write("receipt", "nonsense!")
        let run = try Run("--dir", dir, "--vkey", key, "--receipt", garbage, "--body", body, "--json")
        #expect(run.status == 1 && run.json?["verified"] == false)
        try log.flip("log/tile/0/000", at: 3)
        let damaged = try Run("--dir", dir, "--vkey", key, "--receipt", try receipt(log), "--body", body)
        #expect(damaged.status == 1 && damaged.lastLine.hasPrefix("failed: file tile/0/000"))
    }

    private func evidence(_ log: AuditedLog, id: String, named name: String = "evidence.json") throws
        -> String
    {
        let entry: JSON = [
            "index": 5, "entry": .string(String(decoding: log.entries[5], as: UTF8.self)),
            "proof": .string(try log.proof(of: 5).text),
            "openings": [
                ["member": "owner", "id": .string(id), "salt": .string(Base64.encodeURL(Self.salt))]
            ],
        ]
        let json: JSON = [
            "format": "sluis-grant-evidence", "version": 1, "log": .string(log.signer.vkey),
            "grant": .string(Self.grant), "entries": [entry],
        ]
        return try log.write(name, json.canonical)
    }

    private func grantLog() throws -> AuditedLog {
        let log = try AuditedLog(entries: 5)
        let commitment = Base64.encodeURL(SHA256.hash(Self.salt + Self.nonce + Array("jan".utf8)))
        try log.append(
            1,
            [
                "type": "grant.given", "grant": .string(Self.grant), "owner": .string(commitment),
                "nonce": .string(Base64.encodeURL(Self.nonce)),
            ])
        try log.append(4)
        return log
    }

    @Test func theEvidenceOfAGrantNeedsNoLog() throws {
        let log = try grantLog()
        let file = try evidence(log, id: "jan")
        let strange = try evidence(log, id: "piet", named: "strange.json")
        try FileManager.default.removeItem(atPath: log.log)
        let run = try Run("--receipt", file, "--vkey", log.signer.vkey)
        let line =
            "verified receipt: grant \(Self.grant), 1 entries and 1 openings, of 10 entries, root \(log.root)"
        #expect(run.status == 0 && run.errors.isEmpty && run.output == line + "\n")
        let json = try Run("--receipt", file, "--vkey", log.signer.vkey, "--json")
        #expect(
            json.json == [
                "verified": true, "entries": 10, "root": .string(log.root), "grant": .string(Self.grant),
                "indexes": [5], "openings": 1,
            ])
        let stranger = try Run("--receipt", strange, "--vkey", log.signer.vkey)
        #expect(stranger.status == 1 && stranger.lastLine.contains("`entries[0].openings[0]` does not open"))
        #expect(stranger.lastLine.hasSuffix(" at 5"))
        let key = try AuditedLog(entries: 1).signer.vkey
        #expect(try Run("--receipt", file, "--vkey", key).status == 1)
        let broken = try log.write("evidence.json", "{}")
        #expect(try Run("--receipt", broken, "--vkey", log.signer.vkey).status == 1)
    }

    @Test func whatIsMissingOrDoesNotBelongIsBadInput() throws {
        let (log, body) = try readLog()
        let (dir, key) = (log.log, log.signer.vkey)
        let receipt = try receipt(log)
        let evidence = try log.write("evidence.json", "{}")
        for (options, named) in [
            (["--receipt", receipt], "--dir"), (["--receipt", receipt, "--dir", dir], "--body"),
            (["--receipt", receipt, "--dir", dir, "--body", dir + "/none"], "/none"),
            (["--receipt", receipt, "--dir", dir, "--body", dir], "--body"),
            (["--receipt", dir + "/none", "--dir", dir, "--body", body], "/none"),
            (["--receipt", evidence, "--dir", dir], "leave out --dir"),
            (["--receipt", evidence, "--body", body], "leave out --dir"),
            (["--receipt", receipt, "--proof", "x", "--entry", "y"], "either"),
        ] {
            let run = try Run(arguments: ["--vkey", key] + options)
            #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(named), "\(run)")
        }
    }
}
