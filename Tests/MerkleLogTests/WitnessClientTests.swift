import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct WitnessClientTests {
    var fixture: WitnessFixture

    init() throws { fixture = try WitnessFixture() }

    private func answer(_ status: Int, _ body: String, _ type: String = "text/plain") -> WitnessAnswer {
        WitnessAnswer(status: status, contentType: type, body: Array(body.utf8))
    }

    private func size(_ text: String, _ type: String = "text/x.tlog.size") -> WitnessAnswer {
        answer(409, text, type)
    }

    /// Asks as a log would, until the witness has cosigned or the log must stop.
    private mutating func ask(
        from oldSize: Int, _ size: Int, tree: ReferenceTree = WitnessFixture.tree
    ) throws -> (outcome: WitnessOutcome, requests: Int) {
        var known = UInt64(oldSize)
        for count in 1...3 {
            let request = try fixture.client.request(
                note: fixture.note(size, of: tree), oldSize: known, nodes: tree)
            let outcome = fixture.client.outcome(of: fixture.answer(request), to: request)
            guard case .behind(let witnessSize) = outcome else { return (outcome, count) }
            known = witnessSize
        }
        Issue.record("asked for ever")
        return (.otherRoot, 3)
    }

    private func isCosigned(_ outcome: WitnessOutcome) -> Bool {
        if case .cosigned = outcome { true } else { false }
    }

    @Test mutating func aLogThatKnowsNothingOfItsWitnessNeedsTwoRequests() throws {
        for (size, requests) in [(5, 1), (9, 2), (9, 2), (33, 2)] {
            let result = try ask(from: 0, size)
            #expect(isCosigned(result.outcome) && result.requests == requests)
        }
        let result = try ask(from: 33, 40)
        #expect(isCosigned(result.outcome) && result.requests == 1)
        let back = try ask(from: 20, 40)
        #expect(isCosigned(back.outcome) && back.requests == 2)
    }

    @Test mutating func aLogThatLostItsEndIsTold() throws {
        _ = try ask(from: 0, 20)
        for old in [0, 5, 10] {
            #expect(try ask(from: old, 10).outcome == .historyLost(witnessSize: 20))
        }
        #expect(throws: ProofError(.historyLost, "")) {
            try fixture.client.request(
                note: fixture.note(10), oldSize: 20, nodes: WitnessFixture.tree)
        }
    }

    @Test mutating func aLogWithTwoHistoriesIsTold() throws {
        _ = try ask(from: 0, 20)
        #expect(try ask(from: 0, 20, tree: WitnessFixture.fork).outcome == .otherRoot)
        guard case .refused(422, let message) = try ask(from: 0, 30, tree: WitnessFixture.fork).outcome else {
            Issue.record("the fork was not refused")
            return
        }
        #expect(message.contains("consistency proof"))
    }

    @Test func onlyAValidCosignatureOfOurCheckpointIsTaken() throws {
        let signer = fixture.witness.signer
        let request = try fixture.request(0, 5)
        let text = request.note.text
        let (own, other) = (try signer.sign(text, at: 9), try CosignatureTests.witness().sign(text, at: 9))
        let elsewhere = try signer.sign(fixture.note(6).text, at: 9)
        let outcome = { (body: String) in
            fixture.client.outcome(of: answer(200, body), to: request)
        }
        for body in [own, own + own, other + own, own + other, (try signer.sign(text, at: 8)) + own] {
            guard case .cosigned(let cosignature) = outcome(body) else {
                Issue.record("refused: \(body)")
                continue
            }
            #expect(cosignature.posixSeconds == 9)
        }
        for body in [
            "", "\n", other, elsewhere, own + elsewhere, String(own.dropLast()), own + "\n", "\n" + own,
            own + "more\n", "text\n\n" + own, own + "\n" + own, text + "\n" + own,
            try signer.sign(text, at: 0),
            own.replacing("\n", with: "\r\n"), "\u{0}" + own, String(repeating: own, count: 101),
        ] {
            guard case .refused(200, let message) = outcome(body) else {
                Issue.record("accepted: \(body)")
                continue
            }
            #expect(!message.isEmpty)
        }
    }

    @Test func whatTheWitnessKnowsIsReadStrictly() throws {
        let request = try fixture.request(5, 20)
        let outcome = { fixture.client.outcome(of: $0, to: request) }
        #expect(outcome(size("0\n")) == .behind(witnessSize: 0))
        #expect(outcome(size("20\n")) == .behind(witnessSize: 20))
        #expect(outcome(size("7\n", "Text/X.tlog.size; charset=utf-8")) == .behind(witnessSize: 7))
        #expect(outcome(size("21\n")) == .historyLost(witnessSize: 21))
        #expect(outcome(size("18446744073709551615\n")) == .historyLost(witnessSize: .max))
        for answer in [
            size("5\n"), size("7"), size("7\n\n"), size("07\n"), size("-7\n"), size("\n"), size(""),
            size("7 \n"),
            size("18446744073709551616\n"), size("7\n", "text/plain"), size("7\n", ""),
        ] {
            guard case .refused(409, let message) = outcome(answer) else {
                Issue.record("accepted: \(answer)")
                continue
            }
            #expect(!message.isEmpty)
        }
        let same = try fixture.request(20, 20)
        #expect(fixture.client.outcome(of: size("20\n"), to: same) == .otherRoot)
    }

    @Test func otherAnswersAreReportedSafely() throws {
        let request = try fixture.request(0, 5)
        for status in [0, 100, 201, 204, 301, 400, 403, 404, 422, 429, 500, 503, 999] {
            let foreign = answer(status, "why\u{1B}[31m\r\n\u{202E}" + String(repeating: "x", count: 9000))
            guard case .refused(status, let message) = fixture.client.outcome(of: foreign, to: request) else {
                Issue.record("\(status) is no refusal")
                continue
            }
            #expect(message.hasPrefix("why\\x1b[31m\\x0d\\x0a") && message.utf8.count < 2100)
            #expect(message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
        let long = answer(200, String(repeating: "\u{2014}", count: 100_000))
        #expect(
            fixture.client.outcome(of: long, to: request)
                == .refused(status: 200, message: "the answer is too long"))
    }
}

@Suite struct NoteMergingTests {
    let log: NoteSigner
    let witnesses: [CosignatureSigner]
    let policy: WitnessPolicy
    let note: Note

    init() throws {
        log = try NoteTests.signer()
        witnesses = try ["w3", "w1", "w2"].map { try CosignatureTests.witness($0) }
        let lines = witnesses.enumerated().map { "witness \($0) \($1.vkey)\n" }.joined()
        policy = try WitnessPolicy(Array((lines + "quorum none\n").utf8))
        let checkpoint = Checkpoint(origin: log.name, size: 3, root: MerkleTree.leafHash([3]))
        note = try Note(Array(checkpoint.signed(by: [log]).utf8))
    }

    private func cosignature(_ index: Int, at posixSeconds: UInt64, on note: Note? = nil) throws
        -> Cosignature
    {
        let note = note ?? self.note
        let line = try witnesses[index].sign(note.text, at: posixSeconds)
        let signed = try Note(Array((note.contents + line).utf8))
        return try #require(try CosignatureVerifier(vkey: witnesses[index].vkey).cosignature(on: signed))
    }

    private func lines(_ note: Note) -> [String] { note.signatures.map(\.line) }

    @Test func theResultIsTheSameInWhateverOrderAnswersArrive() throws {
        let all = try (0..<3).map { try cosignature($0, at: 10) }
        let expected = lines(note) + [all[1].line, all[2].line, all[0].line]
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 0, 1, 2, 2]] {
            let once = try policy.note(note, adding: order.map { all[$0] })
            #expect(lines(once) == expected && once.text == note.text)
            let inTurn = try order.reduce(note) { try policy.note($0, adding: [all[$1]]) }
            #expect(inTurn.contents == once.contents)
            #expect(try policy.note(once, adding: []).contents == once.contents)
        }
        #expect(try policy.evaluate(policy.note(note, adding: all)).cosigned.count == 3)
    }

    @Test func aNewerOneReplacesAnOlderOneAndNotTheOtherWayRound() throws {
        let (old, new) = (try cosignature(0, at: 10), try cosignature(0, at: 11))
        for order in [[old, new], [new, old], [new, new], [old, old, new, old]] {
            #expect(try lines(policy.note(note, adding: order)) == lines(note) + [new.line])
            let inTurn = try order.reduce(note) { try policy.note($0, adding: [$1]) }
            #expect(lines(inTurn) == lines(note) + [new.line])
        }
    }

    @Test func onlyWhatIsOfThisTextAndByAWitnessOfThePolicyIsAdded() throws {
        let other = Checkpoint(origin: log.name, size: 4, root: MerkleTree.leafHash([4]))
        let elsewhere = try Note(Array(other.signed(by: [log]).utf8))
        #expect(
            try policy.note(note, adding: [cosignature(0, at: 1, on: elsewhere)]).contents == note.contents)
        let stranger = try CosignatureTests.witness("w9")
        let line = try stranger.sign(note.text, at: 5)
        let signed = try Note(Array((note.contents + line).utf8))
        let foreign = try #require(try CosignatureVerifier(vkey: stranger.vkey).cosignature(on: signed))
        #expect(try policy.note(note, adding: [foreign]).contents == note.contents)
        let kept = try policy.note(signed, adding: [cosignature(1, at: 7)])
        #expect(try lines(kept) == lines(note) + [line, cosignature(1, at: 7).line])
    }

    @Test func repeatedAndWrongLinesGoAway() throws {
        let wrong = try witnesses[0].sign(note.text + "more\n", at: 99)
        let spoilt = try Note(Array((note.contents + wrong + lines(note)[0]).utf8))
        let good = try cosignature(0, at: 3)
        #expect(try policy.note(spoilt, adding: [good]).contents == note.contents + good.line)
    }

    @Test func aNoteNeverGetsMoreSignaturesThanCanBeRead() throws {
        let strangers = (0..<99).map {
            Note.Signature(name: "s\($0)", keyID: 1, bytes: [UInt8](repeating: 1, count: 64)).line
        }
        let full = try Note(Array((note.contents + strangers.joined()).utf8))
        #expect(try policy.note(full, adding: []).signatures.count == 100)
        let more = try cosignature(0, at: 3)
        #expect(throws: ProofError(.malformedNote, "")) { try policy.note(full, adding: [more]) }
    }
}
