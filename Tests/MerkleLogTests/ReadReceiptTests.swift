import Cryptography
@testable import MerkleLog
import Model
import Testing

@Suite struct ReadReceiptTests {
    private func failure(
        _ log: ReceiptLog, _ receipt: [UInt8], body: [UInt8] = ReceiptLog.body,
        files: MemoryFiles? = nil
    ) throws -> LogFailure? {
        let verifier = LogVerifier(files: files ?? log.log.files, log: log.log.verifier)
        do {
            try verifier.check(
                try ReadReceipt(receipt), bodyDigest: SHA256.hash(body), under: log.log.checkpoint)
            return nil
        } catch let failure as LogFailure {
            return failure
        }
    }

    @Test func theReadItIsOfIsVerified() throws {
        let log = try ReceiptLog()
        let receipt = ReceiptLog.receipt(7, 290)
        for ending in ["", "\n", "\r\n"] { #expect(try failure(log, receipt + Array(ending.utf8)) == nil) }
    }

    @Test func anAnswerAssembledWholeHasOneEntry() throws {
        let log = try ReceiptLog { number, members in
            guard number == 290 else { return }
            members["type"] = "access"
            members["decision"] = "permit"
        }
        #expect(try failure(log, ReceiptLog.receipt(290, 290)) == nil)
        #expect(try failure(log, ReceiptLog.receipt(7, 7))?.reason.hasPrefix("is no `access`") == true)
    }

    @Test func whatDoesNotFitIsNamedWithItsIndex() throws {
        let log = try ReceiptLog()
        let attempts: [([UInt8], [UInt8], UInt64, String)] = [
            (ReceiptLog.receipt(8, 290), ReceiptLog.body, 8, "is no `access.decided`"),
            (ReceiptLog.receipt(7, 289), ReceiptLog.body, 289, "is no `access.completed`"),
            (ReceiptLog.receipt(7, 290), ReceiptLog.body + [10], 290, "has another digest"),
            (
                ReceiptLog.receipt(7, 290, salt: ReceiptLog.nonce + ReceiptLog.nonce), ReceiptLog.body, 290,
                "has another"
            ),
            (ReceiptLog.receipt(7, 300), ReceiptLog.body, 300, "the receipt's entry is not among its 300"),
        ]
        for (receipt, body, index, reason) in attempts {
            let failure = try #require(try failure(log, receipt, body: body))
            #expect(failure.index == index && failure.reason.hasPrefix(reason), "\(failure)")
        }
    }

    @Test func entriesThatAreNotOfOneReadAreRefused() throws {
        let changes: [(Int, String, JSON, String)] = [
            (290, "stream", "s2", "is of another stream than the decision at 7"),
            (7, "stream", .null, "is of another stream"), (290, "digest", .null, "has no digest"),
            (7, "decision", "deny", "permits no read"),
        ]
        for (index, member, value, reason) in changes {
            let log = try ReceiptLog { if $0 == index { $1[member] = value } }
            let failure = try #require(try failure(log, ReceiptLog.receipt(7, 290)))
            #expect(failure.reason.hasPrefix(reason) && failure.index == (member == "decision" ? 7 : 290))
            #expect(failure.names("tile/entries/" + (member == "decision" ? "000" : "001.p/44")))
        }
    }

    @Test func anEntryExchangedAfterTheVerificationIsNotBelieved() throws {
        let log = try ReceiptLog()
        let other = try ReceiptLog { if $0 == 7 { $1["decision"] = "deny" } }
        var files = log.log.files
        files["tile/entries/000"] = other.log.files["tile/entries/000"]
        let failure = try #require(try failure(log, ReceiptLog.receipt(7, 290), files: files))
        #expect(failure.index == 7 && failure.reason.hasPrefix("cannot be proven"))
    }

    @Test(arguments: [
        ("", "is no receipt"), ("e30", "`completion` is missing|`decision` is missing"),
        ("!!", "is no receipt"),
        ("bm8", "is not JSON"), ("W10", "is not an object"),
    ])
    func whatIsNoReceiptIsRefused(text: String, reason: String) {
        let error = #expect(throws: ProofError(.malformedReceipt, "")) { try ReadReceipt(Array(text.utf8)) }
        #expect(reason.split(separator: "|").contains { error?.message.contains($0) == true } || text.isEmpty)
    }

    @Test func theMemberThatIsWrongIsNamed() throws {
        let salt = JSON.string(Base64.encodeURL(ReceiptLog.salt))
        let attempts: [(JSON, String)] = [
            (["decision": 1, "completion": 2, "salt": salt, "extra": 3], "`extra` is not known"),
            (["decision": 1, "completion": 2], "`salt` is missing"),
            (["decision": -1, "completion": 2, "salt": salt], "`decision` is not the index"),
            (["decision": 1, "completion": "2", "salt": salt], "`completion` is not the index"),
            (["decision": 3, "completion": 2, "salt": salt], "`completion` comes before"),
            (["decision": 1, "completion": 2, "salt": "AAAA"], "`salt` is not the base64url of 32 bytes"),
        ]
        for (json, problem) in attempts {
            let text = Array(Base64.encodeURL(json.canonical).utf8)
            let error = #expect(throws: ProofError.self) { try ReadReceipt(text) }
            #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
        }
    }
}
