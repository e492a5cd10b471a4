import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct WitnessPolicyTests {
    let log: NoteSigner
    let witnesses: [CosignatureSigner]
    let checkpoint = Checkpoint(origin: "example.com/log", size: 3, root: MerkleTree.leafHash([3]))

    init() throws {
        log = try NoteTests.signer()
        witnesses = try (0..<6).map { try CosignatureTests.witness("w\($0).example") }
    }

    private func policy(_ text: String) throws -> WitnessPolicy { try WitnessPolicy(Array(text.utf8)) }

    /// Six witnesses, named A to F.
    private var definitions: String {
        zip(["A", "B", "C", "D", "E", "F"], witnesses).map { "witness \($0) \($1.vkey)\n" }.joined()
    }

    private func note(_ cosigners: [Int]) throws -> Note {
        let lines = try cosigners.map { try witnesses[$0].sign(checkpoint.body, at: UInt64(100 + $0)) }
        return try Note(Array((checkpoint.signed(by: [log]) + lines.joined()).utf8))
    }

    @Test func theExampleOfTheSpecificationHolds() throws {
        let policy = try policy(
            """
            # A quorum of two levels.
            log \(log.vkey)

            \(definitions)
            group X-witnesses 2 A B C
            group Y-witnesses any D E F
            group X-and-Y all X-witnesses Y-witnesses
            quorum X-and-Y

            """)
        #expect(policy.logs.count == 1 && policy.witnesses.map(\.name) == ["A", "B", "C", "D", "E", "F"])
        for bits in 0..<64 {
            let cosigners = (0..<6).filter { bits >> $0 & 1 == 1 }
            let note = try note(cosigners)
            let verdict = try policy.evaluate(note)
            let expected =
                cosigners.count { $0 < 3 } >= 2 && cosigners.contains { $0 >= 3 }
            #expect(verdict.isMet == expected, "\(cosigners)")
            #expect(verdict.cosigned.map(\.posixSeconds) == cosigners.map { UInt64(100 + $0) })
            #expect(
                verdict.lacking
                    == (0..<6).filter { !cosigners.contains($0) }.map { ["A", "B", "C", "D", "E", "F"][$0] })
            let bytes = Array(note.contents.utf8)
            if expected {
                #expect(try policy.open(note: bytes).checkpoint.size == 3)
            } else {
                #expect(throws: ProofError(.quorumNotMet, "")) { try policy.open(note: bytes) }
            }
        }
    }

    @Test func oneWitnessNoneAndUncountedWitnessesAreQuorums() throws {
        let one = try policy(definitions + "quorum B\n")
        #expect(try !one.evaluate(note([0, 2, 3, 4, 5])).isMet)
        let verdict = try one.evaluate(note([0, 1]))
        #expect(verdict.isMet && verdict.lacking.isEmpty && verdict.cosigned.map(\.witness) == ["A", "B"])
        let none = try policy("quorum none\n")
        #expect(none.logs.isEmpty)
        #expect(try none.evaluate(note([])).isMet && none.evaluate(note([1])).cosigned.isEmpty)
        #expect(
            try one.evaluate(note([0])).description
                == "the quorum is not met: cosigned by `A`; lacking `B`")
    }

    @Test func theLogMustBeOneThePolicyNames() throws {
        let stranger = try NoteTests.signer()
        let other = try NoteTests.signer("other.example/log")
        let bytes = Array(try note([0]).contents.utf8)
        let key = try NoteVerifier(vkey: log.vkey)
        let known = try policy("log \(other.vkey)\nlog \(log.vkey) https://log.example/\nquorum none\n")
        #expect(known.logs.map(\.url) == [nil, "https://log.example/"])
        #expect(try known.open(note: bytes).checkpoint.origin == "example.com/log")
        #expect(try known.open(note: bytes, of: key).verdict.isMet)
        let foreign = try policy("log \(stranger.vkey)\nquorum none\n")
        #expect(throws: ProofError(.unknownSigner, "")) { try foreign.open(note: bytes) }
        #expect(throws: ProofError(.unknownSigner, "")) { try foreign.open(note: bytes, of: key) }
        let empty = try policy(definitions + "quorum A\n")
        #expect(throws: ProofError(.unknownSigner, "")) { try empty.open(note: bytes) }
        #expect(try empty.open(note: bytes, of: key).verdict.isMet)
        let renamed = Array(try checkpoint.signed(by: [other]).utf8)
        #expect(throws: ProofError(.wrongOrigin, "")) { try known.open(note: renamed) }
    }

    @Test func aWrongCosignatureByAKnownWitnessIsAnError() throws {
        let policy = try policy(definitions + "quorum A\n")
        let elsewhere = try witnesses[1].sign(checkpoint.body + "more\n", at: 1)
        let spoilt = try Note(Array((note([0]).contents + elsewhere).utf8))
        #expect(throws: ProofError(.badSignature, "")) { try policy.evaluate(spoilt) }
        let strange = try CosignatureTests.witness("w9").sign(checkpoint.body + "more\n", at: 1)
        #expect(try policy.evaluate(Note(Array((note([0]).contents + strange).utf8))).isMet)
    }

    @Test func whiteSpaceCommentsAndOrderAreFree() throws {
        let policy = try policy(
            "\n \t \n\t# quorum A\n#\n" + " \twitness\t A  \(witnesses[0].vkey) \t\n"
                + "group g any A \nquorum\tg\nwitness any \(witnesses[1].vkey) http://w.example/path\n"
                + "log \(log.vkey)\n")
        #expect(policy.witnesses.map(\.url) == [nil, "http://w.example/path"])
        #expect(policy.witnesses[0].addCheckpointURL == nil)
        #expect(policy.witnesses[1].addCheckpointURL == "http://w.example/path/add-checkpoint")
        #expect(try policy.evaluate(note([0])).isMet && !policy.evaluate(note([1])).isMet)
    }

    /// A is a name that line 1 defines; V a key nobody has yet; L the key of a log.
    @Test(arguments: [
        ("quorum A", 2, "newline"), ("quorum\n", 2, "quorum NAME"), ("quorum A B\n", 2, "quorum NAME"),
        ("quorum B\n", 2, "earlier line"), ("quorum a\n", 2, "earlier line"),
        ("quorum A\nquorum A\n", 3, "line 2"), ("quorum none\nquorum none\n", 3, "line 2"),
        ("witness A V\nquorum A\n", 2, "line 1"), ("witness none V\nquorum none\n", 2, "`none` is taken"),
        ("witness V\nquorum A\n", 2, "witness NAME VKEY [URL]"), ("witness B V u v\n", 2, "witness NAME"),
        ("witness B OLD\n", 2, "no other `witness` line"), ("witness B L\n", 2, "0x04"),
        ("witness B x\n", 2, "NAME+KEYID+BASE64"), ("log V\n", 2, "0x01"), ("log\n", 2, "log VKEY [URL]"),
        ("log L\nlog L u\n", 3, "no other `log` line"), ("log L u v\n", 2, "log VKEY [URL]"),
        ("group g any\n", 2, "MEMBER"), ("group g\n", 2, "MEMBER"), ("group g A\n", 2, "MEMBER"),
        ("group g all B\n", 2, "earlier line"), ("group g all g\n", 2, "earlier line"),
        ("group g all none\n", 2, "earlier line"), ("group none any A\n", 2, "`none` is taken"),
        ("group A any A\n", 2, "line 1"), ("group g any A A\n", 2, "line 2"),
        ("group g any A\ngroup h any A\n", 3, "line 2"), ("group g 0 A\n", 2, "1 to 1"),
        ("group g 2 A\n", 2, "1 to 1"), ("group g 01 A\n", 2, "1 to 1"), ("group g -1 A\n", 2, "1 to 1"),
        ("group g +1 A\n", 2, "1 to 1"), ("group g 1.0 A\n", 2, "1 to 1"), ("group g ALL A\n", 2, "`all`"),
        ("group g 99999999999999999999 A\n", 2, "1 to 1"), ("Quorum A\n", 2, "`quorum`"),
        ("quorum A # why\n", 2, "quorum NAME"), ("quorum A\r\n", 2, "control"), ("# \u{7F}\n", 2, "control"),
        ("#\0\n", 2, "control"), ("quorum A\u{B}\n", 2, "control"), ("member A\n", 2, "`witness`"),
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, line: Int, expectation: String) throws {
        let replaced = text.replacing(" V", with: " \(witnesses[1].vkey)")
            .replacing(" OLD", with: " \(try CosignatureSigner.renamed(witnesses[0]))")
            .replacing(" L", with: " \(log.vkey)")
        let file = "witness A \(witnesses[0].vkey)\n" + replaced
        do {
            _ = try policy(file)
            Issue.record("accepted: \(text)")
        } catch let error as ProofError {
            #expect(error.code == .malformedPolicy)
            #expect(error.message.hasPrefix("line \(line): found `"), "\(error.message)")
            #expect(error.message.contains(expectation), "\(error.message)")
        }
    }

    @Test func aPolicyWithoutQuorumIsNone() throws {
        for text in ["", "\n", "# quorum none\n", definitions] {
            #expect(throws: ProofError(.malformedPolicy, "")) { try policy(text) }
        }
    }

    /// The Kelvin sign is another name than K, and bytes that are not UTF-8 are names too.
    @Test func namesAreBytes() throws {
        let (a, b) = (witnesses[0].vkey, witnesses[1].vkey)
        let kelvin = try policy("witness K \(a)\nwitness \u{212A} \(b)\nquorum \u{212A}\n")
        #expect(try !kelvin.evaluate(note([0])).isMet && kelvin.evaluate(note([1])).isMet)
        let accents = try policy("witness caf\u{E9} \(a)\nwitness cafe\u{301} \(b)\nquorum cafe\u{301}\n")
        #expect(try !accents.evaluate(note([0])).isMet && accents.evaluate(note([1])).isMet)
        let file =
            Array("witness ".utf8) + [0xFF] + Array(" \(a)\nwitness ".utf8) + [0xFE]
            + Array(" \(b)\nquorum ".utf8) + [0xFE, 0x0A]
        let bytes = try WitnessPolicy(file)
        #expect(try !bytes.evaluate(note([0])).isMet && bytes.evaluate(note([1])).isMet)
    }

    @Test func manyAreReadAndTooManyRefused() throws {
        let signers = try (0..<65).map { try CosignatureTests.witness("w\($0)") }
        let lines = signers.enumerated().map { "witness \($0) \($1.vkey)\n" }
        let chain = "group g0 any 0\n" + (1..<64).map { "group g\($0) all g\($0 - 1)\n" }.joined()
        let full = lines.prefix(64).joined() + chain + "quorum g63\n"
        #expect(try policy(full).witnesses.count == 64)
        let line = try signers[0].sign(checkpoint.body, at: 1)
        let note = try Note(Array((checkpoint.signed(by: [log]) + line).utf8))
        #expect(try policy(full).evaluate(note).isMet)
        for more in [lines[64], "group g64 any 5\n"] {
            #expect(throws: ProofError(.malformedPolicy, "")) { try policy(full + more) }
        }
        let long = "quorum none\n" + String(repeating: "#\n", count: 131_072)
        #expect(throws: ProofError(.malformedPolicy, "")) { try policy(long) }
        #expect(throws: Never.self) { try policy(String(long.dropLast(12))) }
    }

    @Test func whatIsFoundCannotSteerATerminal() throws {
        do {
            _ = try policy("\u{9B}31m\u{202E}\n")
            Issue.record("accepted")
        } catch let error as ProofError {
            #expect(error.message.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(error.message)")
        }
    }

    @Test func damagedPoliciesAreErrorsAndNeverCrash() throws {
        var random = SeededGenerator.announced("damaged witness policies")
        let text = Array(
            ("log \(log.vkey)\n" + definitions + "group g 2 A B C\ngroup h all g D\nquorum h\n").utf8)
        for _ in 0..<2000 {
            var file = text
            for _ in 0..<Int.random(in: 1...4, using: &random) { WitnessFixture.damage(&file, &random) }
            _ = try? WitnessPolicy(file)
        }
    }
}

extension CosignatureSigner {
    /// The same key under another name: a duplicate all the same.
    static func renamed(_ signer: CosignatureSigner) throws -> String {
        let key = try CosignatureVerifier(vkey: signer.vkey).key.key
        return VerifierKey.text(name: "renamed", type: .cosignature, key: try #require(key.ed25519Raw))
    }
}
