@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct GrantEvidenceTests {
    private func failure(_ json: JSON, _ log: ReceiptLog) throws -> LogFailure? {
        let evidence = try GrantEvidence(json.canonical)
        do throws(LogFailure) {
            _ = try evidence.verify(under: log.log.verifier, named: "evidence.json")
            return nil
        } catch {
            #expect(error.subject == .file("evidence.json"))
            return error
        }
    }

    @Test func evidenceAsTheLogHasItIsVerified() throws {
        let log = try ReceiptLog()
        let evidence = try GrantEvidence(try log.evidence().canonical)
        let checkpoint = try evidence.verify(under: log.log.verifier, named: "f")
        #expect(checkpoint.size == 300 && checkpoint.root == log.log.writer.root)
        #expect(evidence.entries.map(\.index) == [4, 280] && evidence.grant.description == ReceiptLog.grant)
        #expect(try failure(try log.evidence(entry: ["openings": []]), log) == nil, "nobody need be shown")
        let actor: JSON = [
            "member": "actor.person", "id": .string(ReceiptLog.owner),
            "salt": .string(Base64.encodeURL(ReceiptLog.salt)),
        ]
        #expect(try failure(try log.evidence(entry: ["openings": [actor]]), log) == nil)
    }

    @Test func anyOtherTextIsRefusedAndTheMemberNamed() throws {
        let log = try ReceiptLog()
        let salt = JSON.string(Base64.encodeURL(ReceiptLog.salt))
        let opening: JSON = ["member": "owner", "id": "x", "salt": salt]
        let attempts: [([String: JSON], [String: JSON], String)] = [
            (["format": "other"], [:], "member `format` is not"), (["version": 2], [:], "member `version`"),
            (["version": "1"], [:], "member `version`"),
            (["log": "key"], [:], "member `log` is no verifier key"),
            (["grant": "G1"], [:], "member `grant` is not the id"),
            (["note": 1], [:], "member `note` is not known"),
            (["entries": []], [:], "member `entries` is empty"),
            (["entries": [1]], [:], "member `entries[0]` is not"),
            (["entries": "x"], [:], "member `entries` is not an array"),
            ([:], ["index": -1], "member `entries[1].index`"),
            ([:], ["index": .number(1.5)], "member `entries[1].index`"),
            ([:], ["entry": 1], "member `entries[1].entry` is not a string"),
            ([:], ["proof": "x"], "member `entries[1].proof` is no proof"),
            ([:], ["x": 1], "member `entries[1].x` is not known"),
            (
                [:], ["openings": [["member": "owner", "id": "x"]]],
                "member `entries[1].openings[0].salt` is missing"
            ),
            (
                [:], ["openings": [["member": "owner", "id": "x", "salt": "AA"]]],
                "openings[0].salt` is not the base64url"
            ),
            ([:], ["openings": [opening, opening]], "member `entries[1].openings` opens a member twice"),
        ]
        for (changes, entry, problem) in attempts {
            let json = try log.evidence(changes, entry: entry)
            let error = #expect(throws: ProofError(.malformedReceipt, "")) {
                try GrantEvidence(json.canonical)
            }
            #expect(error?.message.contains(problem) == true, "\(error?.message ?? "accepted")")
        }
        for text in ["", "{", "[]", "null", #"{"format":"sluis-grant-evidence","format":1}"#] {
            #expect(throws: ProofError(.malformedReceipt, "")) { try GrantEvidence(Array(text.utf8)) }
        }
        let large = [UInt8](repeating: 0x20, count: GrantEvidence.maximumSizeBytes + 1)
        #expect(throws: ProofError(.malformedReceipt, "")) { try GrantEvidence(large) }
    }

    @Test func whatIsNotProvenIsNamedWithItsIndex() throws {
        let log = try ReceiptLog()
        let withdrawn = String(decoding: log.log.entries[280], as: UTF8.self)
        let other = JSON.string(String(decoding: log.log.entries[281], as: UTF8.self))
        func opening(_ member: String, id: String = ReceiptLog.owner, salt: [UInt8] = ReceiptLog.salt) -> JSON
        {
            [["member": .string(member), "id": .string(id), "salt": .string(Base64.encodeURL(salt))]]
        }
        let attempts: [([String: JSON], UInt64, String)] = [
            (["index": 4], 4, "`entries[1].index` does not follow 4"),
            (["index": 281], 281, "`entries[1].proof` is of entry 280"),
            (["entry": .string(withdrawn + " ")], 280, "`entries[1].proof` proves nothing"),
            (
                ["index": 281, "proof": .string(try log.proof(281)), "entry": other, "openings": []], 281,
                "`entries[1].entry` does not name the grant"
            ),
            (
                ["openings": opening("owner", id: "somebody else")], 280,
                "`entries[1].openings[0]` does not open"
            ),
            (["openings": opening("owner", salt: ReceiptLog.nonce + ReceiptLog.nonce)], 280, "does not open"),
            (["openings": opening("actor")], 280, "`entries[1].openings[0].member` is no commitment"),
            (["openings": opening("actor.person.x")], 280, "is no commitment"),
            (["openings": opening("")], 280, "is no commitment"),
            (["openings": opening("at")], 280, "is no commitment"),
        ]
        for (entry, index, problem) in attempts {
            let failure = try #require(try failure(try log.evidence(entry: entry), log), "\(problem)")
            #expect(failure.index == index && failure.reason.contains(problem), "\(failure)")
        }
    }

    @Test func evidenceUnderAnotherKeyOrOfAnotherGrantProvesNothing() throws {
        let (log, other) = (try ReceiptLog(), try ReceiptLog())
        let foreign = try #require(try failure(try other.evidence(), log))
        #expect(foreign.reason == "member `log` is another key than the one given")
        let renamed = try other.evidence(["log": .string(log.log.verifier.vkey)])
        #expect(
            try failure(renamed, log)?.reason.hasPrefix("member `entries[0].proof` proves nothing") == true)
        let grant = JSON.string(ReceiptLog.owner)
        #expect(try failure(try log.evidence(["grant": grant]), log)?.index == 4)
    }

    /// A log that shows two people two different pasts has signed two roots for one size.
    @Test func twoRootsForOneSizeAreFound() throws {
        let log = try ReceiptLog()
        let fork = try ReceiptLog { if $0 == 1 { $1["type"] = "token.denied" } }
        let note = try fork.log.checkpoint.signed(by: [log.log.signer])
        let proof = try TlogProof(Array(try fork.proof(280).utf8))
        let forked = TlogProof(index: 280, hashes: proof.hashes, checkpoint: note).text
        let failure = try #require(try failure(try log.evidence(entry: ["proof": .string(forked)]), log))
        #expect(failure.reason.contains("has another root for 300 entries than one before"))
    }

    @Test func noChangedByteIsBelieved() throws {
        let log = try ReceiptLog()
        let bytes = try log.evidence().canonical
        var random = SeededGenerator()
        var read = 0
        for _ in 0..<1500 {
            var changed = bytes
            let position = Int.random(in: bytes.indices, using: &random)
            changed[position] = UInt8.random(in: 0x20..<0x7F, using: &random)
            guard changed != bytes, let evidence = try? GrantEvidence(changed) else { continue }
            read += 1
            #expect(throws: LogFailure.self, "byte \(position); \(replay)") {
                try evidence.verify(under: log.log.verifier, named: "f")
            }
        }
        #expect(read > 100)
    }
}
