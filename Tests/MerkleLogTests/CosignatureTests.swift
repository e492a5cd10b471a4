import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct CosignatureTests {
    static let text = "example.com/log\n7\n\(MerkleTree.leafHash([1]).base64)\n"

    static func witness(_ name: String = "witness.example/w1") throws -> CosignatureSigner {
        try CosignatureSigner(name: name, key: .generate(.ed25519))
    }

    static let knownKey = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
    static let knownLine =
        "\u{2014} witness.example/w1 63YswgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlCr9s"
        + "J57DLErur7K0yDXc2ArN+TIuotuB/HbuL3AJsp3bv/aNCQ==\n"

    private func note(_ lines: String..., text: String = Self.text) throws -> Note {
        try Note(Array((text + "\n" + lines.joined()).utf8))
    }

    @Test func whoCosignedAndWhenIsRead() throws {
        let (one, two) = (try Self.witness(), try Self.witness("w2"))
        let log = try NoteTests.signer()
        let note = try note(
            log.sign(Self.text), one.sign(Self.text, at: 1_679_315_147), two.sign(Self.text, at: 0))
        let first = try #require(try CosignatureVerifier(vkey: one.vkey).cosignature(on: note))
        #expect(first.name == "witness.example/w1" && first.posixSeconds == 1_679_315_147)
        #expect(first.line == (try one.sign(Self.text, at: 1_679_315_147)))
        #expect(try CosignatureVerifier(vkey: two.vkey).cosignature(on: note)?.posixSeconds == 0)
        #expect(try CosignatureVerifier(vkey: Self.witness().vkey).cosignature(on: note) == nil)
        #expect(try note.verify([NoteVerifier(vkey: log.vkey)]).count == 1)
    }

    @Test func oneKeyHasAnotherIdForEachTypeOfSignature() throws {
        let key = try PrivateKey.generate(.ed25519)
        let (log, witness) = (
            try NoteSigner(name: "x", key: key), try CosignatureSigner(name: "x", key: key)
        )
        #expect(log.keyID != witness.keyID)
        #expect(throws: ProofError(.malformedKey, "")) { try CosignatureVerifier(vkey: log.vkey) }
        #expect(throws: ProofError(.malformedKey, "")) { try NoteVerifier(vkey: witness.vkey) }
        #expect(try CosignatureVerifier(vkey: witness.vkey).vkey == witness.vkey)
        let note = try note(witness.sign(Self.text, at: 5))
        #expect(throws: ProofError(.unknownSigner, "")) { try note.verify([NoteVerifier(vkey: log.vkey)]) }
    }

    /// The key of RFC 8032 section 7.1, TEST 1; the signature was made with the `openssl` command over the
    /// bytes that the specification names.
    @Test func theSignedBytesAreThoseOfTheSpecification() throws {
        let key = try PrivateKey(jwk: [
            "kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        ])
        let witness = try CosignatureSigner(name: "witness.example/w1", key: key)
        #expect(witness.vkey == Self.knownKey)
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        #expect(try witness.sign(text, at: 1_679_315_147) == Self.knownLine)
    }

    @Test func theNewestOfSeveralByOneKeyCounts() throws {
        let witness = try Self.witness()
        let verifier = try CosignatureVerifier(vkey: witness.vkey)
        let lines = try [7, 9, 8].map { try witness.sign(Self.text, at: $0) }
        let several = try note(lines[0], lines[1], lines[2], lines[1])
        #expect(try verifier.cosignature(on: several)?.posixSeconds == 9)
    }

    @Test func aWrongOneByAKnownKeySpoilsTheNote() throws {
        let witness = try Self.witness()
        let verifier = try CosignatureVerifier(vkey: witness.vkey)
        let other = Self.text + "an extension\n"
        let spoilt = try note(witness.sign(Self.text, at: 1), witness.sign(other, at: 2))
        #expect(throws: ProofError(.badSignature, "")) { try verifier.cosignature(on: spoilt) }
        for bytes in [[], [UInt8](repeating: 0, count: 71), [UInt8](repeating: 0, count: 73)] {
            let line = Note.Signature(name: witness.name, keyID: witness.keyID, bytes: bytes + [1]).line
            let note = try note(line)
            #expect(throws: ProofError(.badSignature, "")) { try verifier.cosignature(on: note) }
        }
    }

    @Test func theTimeIsSigned() throws {
        let witness = try Self.witness()
        let signature = try note(witness.sign(Self.text, at: 1000)).signatures[0]
        for position in 0..<72 {
            var bytes = signature.bytes
            bytes[position] ^= 1
            let changed = try note(
                Note.Signature(name: witness.name, keyID: witness.keyID, bytes: bytes).line)
            #expect(throws: ProofError(.badSignature, "")) {
                try CosignatureVerifier(vkey: witness.vkey).cosignature(on: changed)
            }
        }
        #expect(throws: ProofError(.outOfRange, "")) { try witness.sign(Self.text, at: 1 << 63) }
        #expect(throws: Never.self) { try witness.sign(Self.text, at: 1 << 63 - 1) }
    }

    @Test func extensionLinesAreCosignedWithTheRest() throws {
        let witness = try Self.witness()
        let verifier = try CosignatureVerifier(vkey: witness.vkey)
        let extended = Self.text + "one\ntwo words\n"
        let line = try witness.sign(extended, at: 3)
        #expect(try verifier.cosignature(on: note(line, text: extended))?.posixSeconds == 3)
        let shortened = try note(line)
        #expect(throws: ProofError(.badSignature, "")) { try verifier.cosignature(on: shortened) }
    }

    @Test func onlyCheckpointsAreCosigned() throws {
        let witness = try Self.witness()
        for text in ["", "text\n", "a\n1\nroot\n", Self.text + "\n", String(Self.text.dropLast())] {
            #expect(throws: ProofError(.malformedCheckpoint, "")) { try witness.sign(text, at: 1) }
        }
        let forged = Note.Signature(
            name: witness.name, keyID: witness.keyID, bytes: [UInt8](repeating: 0, count: 72))
        let note = try note(forged.line, text: "no checkpoint\n")
        #expect(throws: ProofError(.malformedCheckpoint, "")) {
            try CosignatureVerifier(vkey: witness.vkey).cosignature(on: note)
        }
    }

    /// A key of ML-DSA-44 has 1,312 bytes, a timestamped signature of it 2,428.
    @Test func typesNobodyKnowsAreIgnoredInNotesAndRefusedAsKeys() throws {
        let witness = try Self.witness()
        let line = Note.Signature(
            name: witness.name, keyID: witness.keyID ^ 1, bytes: [UInt8](repeating: 6, count: 2428)
        ).line
        let verifier = try CosignatureVerifier(vkey: witness.vkey)
        #expect(try verifier.cosignature(on: note(line)) == nil)
        #expect(try verifier.cosignature(on: note(line, witness.sign(Self.text, at: 4)))?.posixSeconds == 4)
        let typed = [6] + [UInt8](repeating: 1, count: 1312)
        let keyID = SHA256.hash(Array("w\n".utf8) + typed).prefix(4)
        #expect(throws: ProofError(.malformedKey, "")) {
            try CosignatureVerifier(vkey: "w+\(Hex.encode(keyID))+\(Base64.encode(typed))")
        }
    }

    @Test func aWitnessKeyMustBeEd25519AndItsNameAWord() throws {
        #expect(throws: ProofError(.malformedKey, "")) {
            try CosignatureSigner(name: "x", key: .generate(.es256))
        }
        for name in ["", "a b", "a+b", "a\nb"] {
            #expect(throws: ProofError(.malformedKey, "")) { try Self.witness(name) }
        }
    }

    /// c2sp.org/tlog-cosignature (CC BY 4.0); its keys are not published.
    @Test(.enabled(if: Vectors.areWanted("tlog/c2sp-spec-examples")))
    func thePublishedCosignatureHasThePublishedTime() throws {
        let note = try Note(Vectors.bytes("tlog/c2sp-spec-examples/cosigned-checkpoint-example.txt"))
        let cosignature = note.signatures[1]
        #expect(cosignature.name == "witness.example.com/w1" && cosignature.bytes.count == 72)
        #expect(cosignature.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } == 1_679_315_147)
        #expect(note.contents.hasSuffix(cosignature.line))
    }
}
