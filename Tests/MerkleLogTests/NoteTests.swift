import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct NoteTests {
    static let text = "first line\n\nthird line\n"

    static func signer(_ name: String = "example.com/log") throws -> NoteSigner {
        try NoteSigner(name: name, key: .generate(.ed25519))
    }

    private func code(_ note: String, _ verifiers: [NoteVerifier]) -> ProofError.Code? {
        do throws(ProofError) {
            _ = try Note(Array(note.utf8)).verify(verifiers)
            return nil
        } catch { return error.code }
    }

    @Test func whatIsSignedVerifiesUnderItsOwnKeyOnly() throws {
        let signer = try Self.signer()
        let verifier = try NoteVerifier(vkey: signer.vkey)
        #expect(verifier.vkey == signer.vkey && verifier.keyID == signer.keyID)
        let line = try signer.sign(Self.text)
        #expect(line.hasPrefix("\u{2014} example.com/log ") && line.hasSuffix("\n"))
        let note = Self.text + "\n" + line
        #expect(try Note(Array(note.utf8)).text == Self.text)
        #expect(code(note, [verifier]) == nil)
        let stranger = try NoteVerifier(vkey: Self.signer().vkey)
        #expect(code(note, [stranger]) == .unknownSigner)
        #expect(code(note, []) == .unknownSigner)
        #expect(code(note, [stranger, verifier]) == nil)
        #expect(code(note.replacing("first", with: "worst"), [verifier]) == .badSignature)
    }

    @Test func oneWrongSignatureOfAKnownKeySpoilsTheNote() throws {
        let (log, witness) = (try Self.signer(), try Self.signer("witness.example"))
        let verifiers = try [log, witness].map { try NoteVerifier(vkey: $0.vkey) }
        let good = try log.sign(Self.text)
        let bad = try witness.sign("another text\n")
        #expect(code(Self.text + "\n" + good + bad, verifiers) == .badSignature)
        #expect(code(Self.text + "\n" + bad + good, verifiers) == .badSignature)
        #expect(
            code(Self.text + "\n" + good + bad, [verifiers[0]]) == nil, "a stranger's signature is ignored")
        #expect(code(Self.text + "\n" + good + (try log.sign("x\n")), verifiers) == .badSignature)
        let both = try Note(Array((Self.text + "\n" + good + (try witness.sign(Self.text))).utf8))
        #expect(try both.verify(verifiers).map(\.name) == ["example.com/log", "witness.example"])
    }

    @Test func aKeyIsKnownByNameAndIdTogether() throws {
        let key = try PrivateKey.generate(.ed25519)
        let (one, other) = (try NoteSigner(name: "one", key: key), try NoteSigner(name: "other", key: key))
        #expect(one.keyID != other.keyID)
        let note = Self.text + "\n" + (try one.sign(Self.text)).replacing("one", with: "other")
        #expect(code(note, [try NoteVerifier(vkey: one.vkey)]) == .unknownSigner)
        #expect(code(note, [try NoteVerifier(vkey: other.vkey)]) == .unknownSigner)
    }

    @Test func namesThatOnlyLookAlikeAreDifferent() throws {
        let signer = try Self.signer("caf\u{E9}")
        let note = Self.text + "\n" + (try signer.sign(Self.text)).replacing("caf\u{E9}", with: "cafe\u{301}")
        #expect(code(note, [try NoteVerifier(vkey: signer.vkey)]) == .unknownSigner)
    }

    @Test func everyFlippedBitIsFound() throws {
        let signer = try Self.signer()
        let verifier = try NoteVerifier(vkey: signer.vkey)
        let note = Array((Self.text + "\n" + (try signer.sign(Self.text))).utf8)
        for position in note.indices {
            for bit in 0..<8 {
                var changed = note
                changed[position] ^= 1 << UInt8(bit)
                #expect(throws: ProofError.self) { try Note(changed).verify([verifier]) }
            }
        }
    }

    static let signature = "\u{2014} name " + Base64.encode([UInt8](repeating: 1, count: 68)) + "\n"

    @Test(arguments: [
        "", "\n", "\n\n", "text\n", "text\n\n", "text", "text\n" + signature, signature,
        "text\n\n" + signature.dropLast(), "text\n\n" + signature + "\n", "text\n\n" + signature + "more\n",
        "text\r\n\r\n" + signature, "te\u{0}xt\n\n" + signature, "te\txt\n\n" + signature,
        "text\n\n-- name AAAAAAAA\n", "text\n\n\u{2014}name AAAAAAAA\n", "text\n\n\u{2014} name\n",
        "text\n\n\u{2014} name  AAAAAAAA\n", "text\n\n\u{2014}  AAAAAAAA\n",
        "text\n\n\u{2014} na me AAAAAAAA\n",
        "text\n\n\u{2014} na+me AAAAAAAA\n", "text\n\n\u{2014} na\u{A0}me AAAAAAAA\n",
        "text\n\n\u{2014} name AAAA\n", "text\n\n\u{2014} name AAAAAAA\n", "text\n\n\u{2014} name AAAAAAA!\n",
        "text\n\n\u{2014} name AAAAAB==\n", "text\n\n\u{2014} name AAAAAAAA \n",
    ])
    func whatIsNotANoteIsRefused(text: String) {
        #expect(throws: ProofError(.malformedNote, "")) { try Note(Array(text.utf8)) }
    }

    @Test func sizeAndSignaturesHaveLimits() throws {
        #expect(throws: Never.self) {
            try Note(Array(("text\n\n" + String(repeating: Self.signature, count: 100)).utf8))
        }
        #expect(throws: ProofError(.malformedNote, "")) {
            try Note(Array(("text\n\n" + String(repeating: Self.signature, count: 101)).utf8))
        }
        let long = String(repeating: "x", count: 1 << 20)
        #expect(throws: ProofError(.malformedNote, "")) {
            try Note(Array((long + "\n\n" + Self.signature).utf8))
        }
        #expect(throws: ProofError(.malformedNote, "")) {
            try Note([0xFF, 0x0A, 0x0A] + Array(Self.signature.utf8))
        }
    }

    @Test func aKeyMustBeEd25519AndItsNameAWord() throws {
        #expect(throws: ProofError(.malformedKey, "")) { try NoteSigner(name: "x", key: .generate(.es256)) }
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
            #expect(throws: ProofError(.malformedKey, "")) { try Self.signer(name) }
        }
    }

    @Test func aVerifierKeyWithAnythingWrongIsRefused() throws {
        let vkey = try Self.signer("log").vkey
        let parts = vkey.split(separator: "+", maxSplits: 2).map(String.init)
        let key = try #require(Base64.decode(parts[2]))
        let id = UInt32(parts[1], radix: 16) ?? 0
        let wrong = [
            "", "+", "++", "log", "log+\(parts[1])", "+\(parts[1])+\(parts[2])", vkey + "\n", " " + vkey,
            "log+\(parts[1])+", "log+0\(parts[1])+\(parts[2])", "log+zzzzzzzz+\(parts[2])",
            "log+\(Hex.encode(KeyName.bytes(of: id ^ 1)))+\(parts[2])", "lug+\(parts[1])+\(parts[2])",
            "log+\(parts[1])+\(parts[2].dropLast())", "log+\(parts[1])+\(Base64.encode(key.dropLast()))",
            "log+\(parts[1])+\(Base64.encode([4] + key.dropFirst()))",
            "log+\(parts[1])+\(Base64.encode(key + [0]))",
            "log+-1234567+\(parts[2])",
        ]
        // No two texts are one key; seven in eight ids have a letter.
        let loud = "log+\(parts[1].uppercased())+\(parts[2])"
        for text in wrong + (loud == vkey ? [] : [loud]) {
            #expect(throws: ProofError(.malformedKey, ""), "\(text)") { try NoteVerifier(vkey: text) }
        }
    }
}

/// The examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint (C2SP, CC BY 4.0).
@Suite(.enabled(if: Vectors.areWanted("tlog/c2sp-spec-examples"))) struct NoteVectorTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        try Vectors.bytes("tlog/c2sp-spec-examples/" + name)
    }

    @Test func theSignedNoteVerifiesUnderItsKey() throws {
        let vkey = String(decoding: try bytes("signed-note-example.vkey"), as: UTF8.self)
            .trimmingPrefix { $0.isWhitespace }.split(separator: "\n")[0]
        let verifier = try NoteVerifier(vkey: String(vkey))
        #expect(verifier.vkey == vkey && verifier.name == "example.com/foo")
        let note = try Note(try bytes("signed-note-example.txt"))
        #expect(note.text == "This is an example message.\n")
        #expect(try note.verify([verifier]).count == 1)
    }

    @Test(arguments: [("checkpoint-example.txt", 1), ("cosigned-checkpoint-example.txt", 2)])
    func theCheckpointsAreRead(name: String, signatures: Int) throws {
        let note = try Note(try bytes(name))
        #expect(note.signatures.count == signatures)
        #expect(note.signatures[0].name == "example.com/behind-the-sofa")
        let checkpoint = try Checkpoint(body: note.text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa" && checkpoint.size == 20_852_163)
        #expect(checkpoint.root.base64 == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
        #expect(checkpoint.body == note.text && checkpoint.extensions.isEmpty)
    }
}
