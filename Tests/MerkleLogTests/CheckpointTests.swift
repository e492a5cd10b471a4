import Cryptography
@testable import MerkleLog
import Model
import Testing

@Suite struct CheckpointTests {
    static let root = MerkleTree.leafHash([1])

    @Test func aSignedCheckpointOpensUnderItsKey() throws {
        let (log, witness) = (try NoteTests.signer(), try NoteTests.signer("witness.example"))
        let made = Checkpoint(
            origin: "example.com/log", size: 7, root: Self.root, extensions: ["one", "two words"])
        let note = try made.signed(by: [log, witness])
        #expect(note.hasPrefix("example.com/log\n7\n\(Self.root.base64)\none\ntwo words\n\n\u{2014} "))
        for signer in [log, witness] {
            let opened = try Checkpoint.open(note: note, verifiers: [NoteVerifier(vkey: signer.vkey)])
            #expect(opened.body == made.body && opened.size == 7 && opened.root == Self.root)
            #expect(opened.extensions == ["one", "two words"])
        }
        let own = try Checkpoint.open(note: Array(note.utf8), of: NoteVerifier(vkey: log.vkey))
        #expect(own.origin == "example.com/log")
        #expect(throws: ProofError(.wrongOrigin, "")) {
            try Checkpoint.open(note: Array(note.utf8), of: NoteVerifier(vkey: witness.vkey))
        }
        #expect(throws: ProofError(.unknownSigner, "")) {
            try Checkpoint.open(note: note, verifiers: [NoteVerifier(vkey: NoteTests.signer().vkey)])
        }
    }

    @Test(arguments: [
        "", "\n", "a\n", "a\n1\n", "a\n1\nROOT", "\n1\nROOT\n", "a\n\nROOT\n", "a\n1\n\n", "a\n1\nROOT\n\n",
        "a\n1\nROOT\n\nb\n", "a\n01\nROOT\n", "a\n-1\nROOT\n", "a\n+1\nROOT\n", "a\n1 \nROOT\n",
        "a\n0x1\nROOT\n",
        "a\n\u{661}\nROOT\n", "a\n9223372036854775808\nROOT\n", "a\n99999999999999999999\nROOT\n",
        "a\n1\nroot\n",
        "a\n1\nROOT=\n", "a\n1\nAAAA\n", "a\n1\n ROOT\n",
    ])
    func whatIsNotACheckpointIsRefused(pattern: String) {
        let body = pattern.replacing("ROOT", with: Self.root.base64)
        #expect(throws: ProofError(.malformedCheckpoint, "")) { try Checkpoint(body: body) }
    }

    @Test(arguments: [0, 1, 10, 1 << 63 - 1] as [UInt64])
    func everySizeThatALogCanHaveIsRead(size: UInt64) throws {
        let checkpoint = Checkpoint(origin: "a", size: size, root: Self.root)
        #expect(try Checkpoint(body: checkpoint.body).size == size)
    }

    @Test func whatCannotBeReadBackIsNotSigned() throws {
        let signer = try NoteTests.signer()
        for checkpoint in [
            Checkpoint(origin: "", size: 1, root: Self.root),
            Checkpoint(origin: "a\nb", size: 1, root: Self.root),
            Checkpoint(origin: "a", size: .max, root: Self.root),
            Checkpoint(origin: "a", size: 1, root: Self.root, extensions: [""]),
            Checkpoint(origin: "a", size: 1, root: Self.root, extensions: ["x\ny"]),
            Checkpoint(origin: "a\r", size: 1, root: Self.root),
            Checkpoint(origin: "x\n1\n\(Self.root)", size: 1, root: Self.root),
        ] {
            #expect(throws: ProofError.self) { try checkpoint.signed(by: [signer]) }
        }
        #expect(throws: ProofError(.malformedCheckpoint, "")) {
            try Checkpoint(origin: "a", size: 1, root: Self.root).signed(by: [])
        }
    }
}

@Suite struct TlogProofTests {
    let tree = ReferenceTree(entries: (0..<9).map { [UInt8($0)] })
    let signer: NoteSigner
    let verifier: NoteVerifier
    let note: String

    init() throws {
        signer = try NoteTests.signer()
        verifier = try NoteVerifier(vkey: signer.vkey)
        note = try Checkpoint(origin: signer.name, size: 9, root: tree.root(0..<9)).signed(by: [signer])
    }

    private func proof(_ index: Int, extra: [UInt8]? = nil) -> TlogProof {
        TlogProof(index: UInt64(index), hashes: tree.inclusion(index, 0..<9), checkpoint: note, extra: extra)
    }

    @Test func theTextIsThatOfTheSpecification() throws {
        let hashes = tree.inclusion(8, 0..<9)
        let proof = proof(8, extra: Array("more".utf8))
        #expect(proof.text == "c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 8\n\(hashes[0])\n\n\(note)")
        #expect(
            TlogProof(index: 0, hashes: [], checkpoint: note, extra: []).text
                == "c2sp.org/tlog-proof@v1\nindex 0\n\n\(note)")
    }

    @Test(arguments: 0..<9)
    func everyEntryIsProvedOfflineFromTheFileAlone(index: Int) throws {
        for extra in [nil, [1, 2, 3]] as [[UInt8]?] {
            let read = try TlogProof(Array(proof(index, extra: extra).text.utf8))
            #expect(read.index == UInt64(index) && read.extra == extra && read.checkpoint == note)
            #expect(try read.verify(entry: [UInt8(index)], log: verifier).size == 9)
            #expect(throws: ProofError(.wrongRoot, "")) { try read.verify(entry: [99], log: verifier) }
            #expect(throws: ProofError(.wrongRoot, "")) { try read.verify(entry: [], log: verifier) }
        }
    }

    @Test func anotherIndexAnotherKeyAnotherLogFail() throws {
        #expect(throws: ProofError(.outOfRange, "")) {
            try TlogProof(index: 9, hashes: [], checkpoint: note).verify(entry: [8], log: verifier)
        }
        #expect(throws: ProofError.self) {
            try TlogProof(index: 7, hashes: proof(8).hashes, checkpoint: note).verify(
                entry: [8], log: verifier)
        }
        #expect(throws: ProofError(.unknownSigner, "")) {
            try proof(8).verify(entry: [8], log: NoteVerifier(vkey: NoteTests.signer().vkey))
        }
        let foreign = try Checkpoint(origin: "other", size: 9, root: tree.root(0..<9)).signed(by: [signer])
        #expect(throws: ProofError(.wrongOrigin, "")) {
            try TlogProof(index: 8, hashes: proof(8).hashes, checkpoint: foreign).verify(
                entry: [8], log: verifier)
        }
    }

    /// Only the extra line is not proved by anything.
    @Test func everyFlippedByteOfAProofIsFound() throws {
        let bytes = Array(proof(3).text.utf8)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            #expect(throws: ProofError.self, "byte \(position)") {
                try TlogProof(changed).verify(entry: [3], log: verifier)
            }
        }
        for length in bytes.indices {
            #expect(throws: ProofError.self, "\(length) bytes") {
                try TlogProof(Array(bytes.prefix(length))).verify(entry: [3], log: verifier)
            }
        }
    }

    @Test(arguments: [
        "", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\nindex 0\n\nc",
        "c2sp.org/tlog-proof@v1\n\nindex 0\n\nc", "c2sp.org/tlog-proof@v1\nindex\n\nc",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nc", "c2sp.org/tlog-proof@v1\nindex -1\n\nc",
        "c2sp.org/tlog-proof@v1\nindex  1\n\nc", "c2sp.org/tlog-proof@v1\nindex 99999999999999999999\n\nc",
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nc", "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nc",
        "c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\nc",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nc", "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nc",
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nc", "c2sp.org/tlog-proof@v1\nindex 0\nc",
    ])
    func whatIsNotAProofIsRefused(text: String) {
        #expect(throws: ProofError(.malformedProof, "")) { try TlogProof(Array(text.utf8)) }
    }

    @Test func hashesAndBytesHaveLimits() {
        let many = TlogProof(
            index: 0, hashes: Array(repeating: MerkleTree.emptyRoot, count: 65), checkpoint: note)
        #expect(throws: ProofError(.malformedProof, "")) { try TlogProof(Array(many.text.utf8)) }
        let long = TlogProof(
            index: 0, hashes: [], checkpoint: note, extra: [UInt8](repeating: 0, count: 2 << 20))
        #expect(throws: ProofError(.malformedProof, "")) { try TlogProof(Array(long.text.utf8)) }
    }
}
