import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct WitnessTests {
    var fixture: WitnessFixture

    init() throws { fixture = try WitnessFixture() }

    /// That `answer` cosigns the checkpoint of `request`, and nothing else.
    private func expectCosigned(
        _ answer: WitnessAnswer, _ request: WitnessRequest, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 200, "\(answer.text)", sourceLocation: location)
        guard case .cosigned(let cosignature) = fixture.client.outcome(of: answer, to: request) else {
            Issue.record("not cosigned: \(answer.text)", sourceLocation: location)
            return
        }
        #expect(cosignature.posixSeconds == 1_800_000_000, sourceLocation: location)
        #expect(answer.text == cosignature.line, sourceLocation: location)
    }

    private func expectRefused(
        _ answer: WitnessAnswer, _ status: Int, _ message: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
        #expect(answer.contentType == "text/plain; charset=utf-8", sourceLocation: location)
        #expect(answer.text.contains(message), "\(answer.text)", sourceLocation: location)
        #expect(!answer.text.contains("\u{2014}"), sourceLocation: location)
    }

    private func expectConflict(
        _ answer: WitnessAnswer, _ size: Int, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 409, sourceLocation: location)
        #expect(answer.contentType == "text/x.tlog.size", sourceLocation: location)
        #expect(answer.text == "\(size)\n", sourceLocation: location)
    }

    @Test mutating func everyStepOfAGrowingLogIsCosigned() throws {
        var known = 0
        for size in [1, 2, 2, 3, 8, 8, 9, 31, 40] {
            let request = try fixture.request(known, size)
            expectCosigned(fixture.answer(request), request)
            known = size
            #expect(fixture.head == LogHead(size: UInt64(size), root: request.checkpoint.root))
            #expect(try WitnessState(serialised: fixture.stored) == fixture.witness.state)
        }
        #expect(fixture.storeCount == 7, "the two repeated sizes change nothing")
    }

    @Test mutating func whatWasCosignedIsKnownAfterARestart() throws {
        _ = fixture.answer(try fixture.request(0, 20))
        try fixture.restart()
        expectConflict(fixture.answer(try fixture.request(0, 30)), 20)
        expectRefused(fixture.answer(try fixture.request(20, 30, of: WitnessFixture.fork)), 422, "proof")
        expectConflict(fixture.answer(try fixture.request(20, 20, of: WitnessFixture.fork)), 20)
        let request = try fixture.request(20, 30)
        expectCosigned(fixture.answer(request), request)
    }

    @Test mutating func anOldSizeOtherThanTheKnownOneIsAConflict() throws {
        expectConflict(fixture.answer(try fixture.request(5, 8)), 0)
        _ = fixture.answer(try fixture.request(0, 12))
        for (old, size) in [(0, 12), (0, 11), (0, 40), (11, 12), (11, 40), (13, 40), (11, 11), (13, 13)] {
            expectConflict(fixture.answer(try fixture.request(old, size)), 12)
        }
        #expect(fixture.head.size == 12 && fixture.storeCount == 1)
    }

    @Test mutating func anOldSizeBeyondTheCheckpointIsABadRequest() throws {
        _ = fixture.answer(try fixture.request(0, 12))
        for (old, size) in [(12, 11), (12, 0), (13, 12), (1, 0)] {
            expectRefused(fixture.answer(try fixture.request(old, size)), 400, "old size")
        }
        let text = String(decoding: try fixture.request(12, 20).body, as: UTF8.self)
        let beyond = text.replacing("old 12", with: "old 18446744073709551615")
        expectRefused(fixture.answer(Array(beyond.utf8)), 400, "old size")
    }

    @Test mutating func anotherRootForTheKnownSizeIsAConflict() throws {
        _ = fixture.answer(try fixture.request(0, 12))
        expectConflict(fixture.answer(try fixture.request(12, 12, of: WitnessFixture.fork)), 12)
        #expect(fixture.head.root == WitnessFixture.tree.root(0..<12))
    }

    @Test mutating func anEmptyLogHasOneRootAndIsNotStored() throws {
        let request = try fixture.request(0, 0)
        expectCosigned(fixture.answer(request), request)
        #expect(fixture.storeCount == 0 && fixture.witness.state == WitnessState())
        let wrong = Checkpoint(origin: WitnessFixture.origin, size: 0, root: MerkleTree.leafHash([]))
        let note = try Note(Array(wrong.signed(by: [fixture.log]).utf8))
        expectConflict(fixture.answer(try WitnessRequest(oldSize: 0, proof: [], note: note)), 0)
    }

    @Test mutating func aProofMustBeThereExactlyWhenOneIsNeeded() throws {
        let hash = MerkleTree.emptyRoot
        func with(_ proof: [TreeHash], _ old: Int, _ size: Int) throws -> WitnessRequest {
            try WitnessRequest(oldSize: UInt64(old), proof: proof, note: fixture.note(size))
        }
        for size in [0, 1, 7] {
            expectRefused(fixture.answer(try with([hash], 0, size)), 422, "consistency proof")
        }
        _ = fixture.answer(try fixture.request(0, 10))
        expectRefused(fixture.answer(try with([hash], 10, 10)), 422, "consistency proof")
        expectRefused(fixture.answer(try with([], 10, 20)), 422, "consistency proof")
        let proof = try fixture.request(10, 20).proof
        for position in proof.indices {
            var changed = proof
            changed[position] = hash
            expectRefused(fixture.answer(try with(changed, 10, 20)), 422, "consistency proof")
            changed.remove(at: position)
            expectRefused(fixture.answer(try with(changed, 10, 20)), 422, "consistency proof")
        }
        expectRefused(fixture.answer(try with(proof + [hash], 10, 20)), 422, "consistency proof")
        #expect(fixture.head.size == 10)
    }

    @Test mutating func aLogNobodyConfiguredIsRefused() throws {
        let stranger = try NoteTests.signer("other.example/log")
        let checkpoint = Checkpoint(origin: stranger.name, size: 1, root: MerkleTree.leafHash([]))
        let note = try Note(Array(checkpoint.signed(by: [stranger, fixture.log]).utf8))
        expectRefused(
            fixture.answer(try WitnessRequest(oldSize: 0, proof: [], note: note)), 403, "unknown log")
    }

    @Test mutating func onlyASignatureByAKeyOfTheLogCounts() throws {
        let stranger = try NoteTests.signer(WitnessFixture.origin)
        let body = try fixture.note(5).text
        let (own, foreign) = (try fixture.log.sign(body), try stranger.sign(body))
        let wrong = try fixture.log.sign(fixture.note(6).text)
        func answer(_ lines: String...) throws -> WitnessAnswer {
            fixture.answer(Array(("old 0\n\n" + body + "\n" + lines.joined()).utf8))
        }
        expectRefused(try answer(foreign), 403, "invalid signature")
        expectRefused(try answer(wrong), 403, "invalid signature")
        expectRefused(try answer(own, wrong), 403, "invalid signature")
        expectRefused(try answer(wrong, own, foreign), 403, "invalid signature")
        #expect(fixture.storeCount == 0)
        #expect(try answer(foreign, own).status == 200)
    }

    @Test mutating func linesThatAreNoSignaturesAreNoneByTheLog() throws {
        let note = try fixture.note(5)
        for line in ["", "x", "\u{2014} name", "\u{2014} name AAAA", "\u{2014} name AAAAAB=="] {
            let body = "old 0\n\n" + note.contents + line + "\n"
            // An empty line would be the border between text and signatures, and that is no checkpoint.
            expectRefused(fixture.answer(Array(body.utf8)), line.isEmpty ? 400 : 403, "")
            let elsewhere = body.replacing(WitnessFixture.origin, with: "other.example/log")
            expectRefused(fixture.answer(Array(elsewhere.utf8)), line.isEmpty ? 400 : 403, "")
        }
        #expect(fixture.storeCount == 0)
    }

    @Test mutating func duplicateAndUnknownSignaturesDoNotMatter() throws {
        let stranger = try NoteTests.signer("elsewhere")
        let note = try fixture.note(5, by: [fixture.log, stranger, fixture.log, fixture.log])
        let request = try WitnessRequest(oldSize: 0, proof: [], note: note)
        expectCosigned(fixture.answer(request), request)
    }

    @Test mutating func anyKeyOfALogWillDo() throws {
        let next = try NoteTests.signer(WitnessFixture.origin)
        let logs = [try WitnessedLog(vkey: fixture.log.vkey), try WitnessedLog(vkey: next.vkey)]
        fixture.witness = Witness(signer: fixture.witness.signer, logs: logs, state: WitnessState())
        for (old, size, signers) in [(0, 3, [next]), (3, 4, [fixture.log]), (4, 5, [next, fixture.log])] {
            let proof = try fixture.request(old, size).proof
            let request = try WitnessRequest(
                oldSize: UInt64(old), proof: proof, note: fixture.note(size, by: signers))
            expectCosigned(fixture.answer(request), request)
        }
    }

    @Test mutating func extensionLinesAreCosignedAndNotRemembered() throws {
        for (old, extensions) in [(0, ["one"]), (6, ["two", "three words"]), (6, [])] {
            let note = try fixture.note(6, extensions: extensions)
            let request = try WitnessRequest(oldSize: UInt64(old), proof: [], note: note)
            expectCosigned(fixture.answer(request), request)
        }
        #expect(fixture.storeCount == 1)
    }

    @Test mutating func logsThatOnlyLookAlikeAreTwo() throws {
        let (one, other) = (try NoteTests.signer("caf\u{E9}"), try NoteTests.signer("cafe\u{301}"))
        let logs = [try WitnessedLog(vkey: one.vkey)]
        fixture.witness = Witness(signer: fixture.witness.signer, logs: logs, state: WitnessState())
        let checkpoint = Checkpoint(origin: other.name, size: 1, root: MerkleTree.leafHash([]))
        let note = try Note(Array(checkpoint.signed(by: [other, one]).utf8))
        expectRefused(fixture.answer(try WitnessRequest(oldSize: 0, proof: [], note: note)), 403, "unknown")
    }

    @Test mutating func nothingIsCosignedThatIsNotStored() throws {
        struct DiskFull: Error {}
        _ = fixture.answer(try fixture.request(0, 10))
        let request = try fixture.request(10, 20)
        let answer = fixture.witness.answer(request.body, at: 1) { _ throws(DiskFull) in throw DiskFull() }
        expectRefused(answer, 503, "store")
        #expect(fixture.head.size == 10)
        expectCosigned(fixture.answer(request), request)
    }

    /// "Failed, but stored": the file is ahead of the witness, which nobody can use against the log.
    @Test mutating func aFailureAfterStoringIsHarmless() throws {
        struct Late: Error {}
        _ = fixture.answer(try fixture.request(0, 10))
        var file: [UInt8] = []
        let body = try fixture.request(10, 20).body
        let answer = fixture.witness.answer(body, at: 1) { state throws(Late) in
            file = state.serialised
            throw Late()
        }
        expectRefused(answer, 503, "store")
        fixture.stored = file
        try fixture.restart()
        expectConflict(fixture.answer(try fixture.request(10, 20)), 20)
        let request = try fixture.request(20, 20)
        expectCosigned(fixture.answer(request), request)
    }

    @Test mutating func withoutAClockNothingIsCosigned() throws {
        let body = try fixture.request(0, 10).body
        expectRefused(fixture.answer(body, at: 0), 503, "clock")
        expectRefused(fixture.answer(body, at: 1 << 63), 500, "sign")
    }

    @Test(arguments: [
        "", "\n", "old\n\nNOTE", "old \n\nNOTE", "old 00\n\nNOTE", "old 01\n\nNOTE", "old -1\n\nNOTE",
        "old +1\n\nNOTE", "old  0\n\nNOTE", "old 0 \n\nNOTE", " old 0\n\nNOTE", "Old 0\n\nNOTE",
        "old\t0\n\nNOTE",
        "old 0x0\n\nNOTE", "old 18446744073709551616\n\nNOTE", "old 0\r\n\r\nNOTE", "old 0\nNOTE", "old 0",
        "old 0\n", "old 0\n\n", "old 0\nAAAA\n\nNOTE", "old 0\nHASH \n\nNOTE", "old 0\n HASH\n\nNOTE",
        "old 0\nHASHHASH\n\nNOTE", "old 0\n\n\nNOTE", "old 0\n\ntext\n", "old 0\n\ntext\n\nmore\n", "NOTE",
        "old 0\n\n\u{0}NOTE", "old 0\n\nNOTE\n", "old 0\n\nNOTEmore", "\u{FEFF}old 0\n\nNOTE",
    ])
    mutating func whatIsNotARequestIsABadRequest(pattern: String) throws {
        let body = pattern.replacing("NOTE", with: try fixture.note(1).contents)
            .replacing("HASH", with: MerkleTree.emptyRoot.base64)
        let answer = fixture.answer(Array(body.utf8))
        expectRefused(answer, 400, "")
        #expect(answer.body.dropLast().allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test mutating func aSignedNoteThatIsNoCheckpointIsABadRequest() throws {
        for text in ["\(WitnessFixture.origin)\n", "\(WitnessFixture.origin)\n1\nroot\n"] {
            let note = text + "\n" + (try fixture.log.sign(text))
            expectRefused(fixture.answer(Array(("old 0\n\n" + note).utf8)), 400, "checkpoint")
        }
    }

    @Test mutating func sizesHaveLimits() throws {
        let line = MerkleTree.emptyRoot.base64 + "\n"
        let note = try fixture.note(20).contents
        _ = fixture.answer(try fixture.request(0, 10))
        let most = "old 10\n" + String(repeating: line, count: 63) + "\n" + note
        expectRefused(fixture.answer(Array(most.utf8)), 422, "consistency proof")
        let more = "old 10\n" + String(repeating: line, count: 64) + "\n" + note
        expectRefused(fixture.answer(Array(more.utf8)), 400, "more than 63")
        #expect(throws: ProofError(.malformedRequest, "")) {
            try WitnessRequest(
                oldSize: 10, proof: Array(repeating: MerkleTree.emptyRoot, count: 64), note: fixture.note(20))
        }
        let long = try fixture.note(20, extensions: [String(repeating: "x", count: 300_000)])
        expectRefused(
            fixture.answer(try WitnessRequest(oldSize: 10, proof: [], note: long)), 400, "bytes")
    }

    @Test func aRequestIsWrittenAsItIsRead() throws {
        for (old, size) in [(0, 0), (0, 9), (9, 9), (9, 33)] {
            let request = try fixture.request(old, size)
            let read = try WitnessRequest(request.body)
            #expect(read.body == request.body && read.oldSize == UInt64(old))
            #expect(read.proof == request.proof && read.checkpoint.size == UInt64(size))
        }
        let body = String(decoding: try fixture.request(0, 9).body, as: UTF8.self)
        #expect(body.hasPrefix("old 0\n\n\(WitnessFixture.origin)\n9\n"))
    }

    /// Text that is slow to compare by Unicode's rules: each of these would take minutes if it were.
    @Test(.timeLimit(.minutes(1)), arguments: [0, 1, 2, 3])
    mutating func hostileTextIsAnsweredAtOnce(place: Int) throws {
        let marks = "a" + String(repeating: "\u{301}\u{316}", count: 60_000)
        let lines = [marks, "5", MerkleTree.emptyRoot.base64].enumerated().map { $0 == place ? marks : $1 }
        let note = lines.joined(separator: "\n") + "\n\n\u{2014} \(marks) \(Base64.encode([1, 2, 3, 4, 5]))\n"
        let answer = fixture.answer(Array(("old \(place == 3 ? marks : "0")\n\n" + note).utf8))
        #expect([400, 403].contains(answer.status))
        #expect(answer.body.count < 1000)
    }
}

@Suite struct WitnessStateTests {
    static let root = MerkleTree.leafHash([1])

    @Test func theFileIsCanonicalAndReadBack() throws {
        let state = WitnessState().advanced("b", to: LogHead(size: 1 << 63 - 1, root: Self.root))
            .advanced("a \"quoted\"", to: LogHead(size: 2, root: Self.root))
            .advanced("c", to: LogHead(size: 0, root: MerkleTree.emptyRoot))
        #expect(
            String(decoding: state.serialised, as: UTF8.self)
                == #"{"logs":[{"origin":"a \"quoted\"","root":"\#(Self.root)","size":"2"},"#
                + #"{"origin":"b","root":"\#(Self.root)","size":"9223372036854775807"}],"v":1}"#)
        let read = try WitnessState(serialised: state.serialised)
        #expect(read == state && read.origins == ["a \"quoted\"", "b"])
        #expect(read.head(of: "b").size == 1 << 63 - 1 && read.head(of: "c") == .empty)
        #expect(try WitnessState(serialised: WitnessState().serialised) == WitnessState())
    }

    @Test func namesThatOnlyLookAlikeAreKeptApart() throws {
        let state = WitnessState().advanced("caf\u{E9}", to: LogHead(size: 1, root: Self.root))
            .advanced("cafe\u{301}", to: LogHead(size: 2, root: Self.root))
        let read = try WitnessState(serialised: state.serialised)
        #expect(read.head(of: "caf\u{E9}").size == 1 && read.head(of: "cafe\u{301}").size == 2)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"logs":[],"v":2}"#, #"{"logs":[],"v":"1"}"#, #"{"v":1}"#,
        #"{"logs":{},"v":1}"#,
        #"{"logs":[], "v":1}"#, #"{"v":1,"logs":[]}"#, #"{"logs":[],"more":0,"v":1}"#,
        "{\"logs\":[],\"v\":1}\n",
        #"{"logs":[1],"v":1}"#, #"{"logs":[{"origin":"a","root":"ROOT"}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"ROOT","size":2}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"ROOT","size":"0"}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"ROOT","size":"02"}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"ROOT","size":"9223372036854775808"}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"AAAA","size":"2"}],"v":1}"#,
        #"{"logs":[{"origin":"","root":"ROOT","size":"2"}],"v":1}"#,
        #"{"logs":[{"origin":"a\nb","root":"ROOT","size":"2"}],"v":1}"#,
        #"{"logs":[{"more":1,"origin":"a","root":"ROOT","size":"2"}],"v":1}"#,
        #"{"logs":[{"origin":"a","root":"ROOT","size":"2"},{"origin":"a","root":"ROOT","size":"3"}],"v":1}"#,
        #"{"logs":[{"origin":"b","root":"ROOT","size":"2"},{"origin":"a","root":"ROOT","size":"3"}],"v":1}"#,
    ])
    func whatNoWitnessWroteIsRefused(text: String) {
        let file = Array(text.replacing("ROOT", with: Self.root.base64).utf8)
        #expect(throws: ProofError(.malformedState, "")) { try WitnessState(serialised: file) }
    }

    @Test func aLogMustHaveAKeyAndAnOriginThatNotesCanHold() throws {
        let key = try NoteVerifier(vkey: NoteTests.signer().vkey)
        #expect(throws: ProofError(.malformedKey, "")) { try WitnessedLog(origin: "a", keys: []) }
        #expect(throws: ProofError(.malformedKey, "")) { try WitnessedLog(vkey: "x") }
        for origin in ["", "a\nb", "a\tb", "a" + String(repeating: "\u{301}", count: 31)] {
            #expect(throws: ProofError(.malformedCheckpoint, "")) {
                try WitnessedLog(origin: origin, keys: [key])
            }
        }
        #expect(
            try WitnessedLog(origin: "go.sum database tree", keys: [key]).origin == "go.sum database tree")
    }
}
