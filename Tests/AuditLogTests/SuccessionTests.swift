import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog

/// A log that has lost its end may not grow again; a successor may take over what is left of it.
@Suite("A log that has lost its end", .timeLimit(.minutes(5))) struct SuccessionTests {
    /// A closed log of 700 entries, and a copy of it when it had 300.
    private static func grown() async throws -> (whole: DataDirectory, earlier: DataDirectory) {
        let whole = try DataDirectory()
        var log = try whole.open()
        try await log.appendAll(entries(0..<299) + [entry("numbered", number: 7)])
        log.close()
        let earlier = try whole.copied()
        log = try whole.open()
        try await log.appendAll(entries(300..<699))
        // A frame of its own, so that there are three: damage in the second is damage in the middle.
        _ = try await log.append(entry("lost", number: 8))
        log.close()
        return (whole, earlier)
    }

    private func head(of directory: DataDirectory) throws -> String {
        String(decoding: try directory.bytes(directory.checkpoint), as: UTF8.self)
    }

    private func succession(_ directory: DataDirectory, _ heads: [String] = []) throws -> LogSuccession {
        try LogSuccession(
            dataDirectory: directory.path, log: NoteVerifier(vkey: directory.signer.vkey), heads: heads)
    }

    private func open(_ directory: DataDirectory, remembered: String) throws -> AuditLog {
        try AuditLog(
            dataDirectory: directory.path, signer: directory.signer, remembered: remembered,
            reservedDiskBytes: 0, in: SystemFiles())
    }

    private func expect(_ code: LogError.Code, _ body: () throws -> Void) {
        let error = #expect(throws: LogError.self, performing: body)
        #expect(error?.code == code, "\(error?.message ?? "")")
    }

    /// The entries of the log that `left` is carried into.
    private func carriedOn(_ left: LogSuccession) async throws -> [[UInt8]] {
        let successor = try DataDirectory(signer: newSigner("log.example/sluis-2"))
        var visited: [[UInt8]] = []
        try left.write(
            first: entry("first"), end: entry("end", number: 8), to: successor.path + "/journal"
        ) { visited.append($0) }
        let log = try successor.open()
        #expect(log.lastNumberAtOpening == 8)
        #expect(try await log.append(entry("new")) == left.carried + 2)
        log.close()
        let found = try successor.publishedEntries(left.carried + 3)
        #expect(
            found.first == entry("first")
                && Array(found.suffix(2)) == [entry("end", number: 8), entry("new")])
        #expect(Array(found[1...].dropLast(2)) == visited)
        #expect(try successor.verdict(checksEntries: true).isVerified)
        return visited
    }

    @Test("With an older journal and its own older tiles nothing is signed: the size is remembered elsewhere")
    func remembered() async throws {
        let (whole, earlier) = try await Self.grown()
        let head = try head(of: whole)
        expect(.historyMismatch) { try open(earlier, remembered: head).close() }
        #expect(try earlier.publishedCheckpoint()?.size == 300)
        // Without what was remembered it would have gone on, which is why it is.
        try earlier.open().close()
        try open(whole, remembered: head).close()
        // What is remembered may be older than the log, but not of another one.
        try open(whole, remembered: self.head(of: earlier)).close()
        let stranger = try DataDirectory()
        let log = try stranger.open()
        try await log.appendAll(entries(0..<700))
        log.close()
        expect(.historyMismatch) { try open(stranger, remembered: head).close() }
        expect(.historyMismatch) { try open(whole, remembered: "nonsense").close() }
    }

    @Test("A log that is whole has no successor") func whole() async throws {
        let (whole, earlier) = try await Self.grown()
        expect(.logIsWhole) { _ = try succession(whole) }
        expect(.logIsWhole) { _ = try succession(whole, [head(of: earlier)]) }
        // Nothing is known to be lost.
        expect(.logIsWhole) { _ = try succession(earlier) }
    }

    @Test(
        "What is left goes on in another log, between an entry that says after what and one that says where")
    func older() async throws {
        let (whole, earlier) = try await Self.grown()
        let head = try head(of: whole)
        let left = try succession(earlier, [head])
        #expect(left.last == PublishedCheckpoint(size: 700, note: head))
        #expect((left.carried, left.lost, left.lastNumber) == (300, 400, 7))
        #expect(left.damage == nil)
        #expect(try await carriedOn(left) == entries(0..<299) + [entry("numbered", number: 7)])
        #expect(try earlier.publishedCheckpoint()?.size == 300, "the old log was touched")
    }

    @Test("A journal that is gone, or damaged in its middle, leaves what stands before")
    func damaged() async throws {
        let (whole, _) = try await Self.grown()
        let empty = try whole.copied()
        for file in try empty.files(in: "journal") { try empty.remove(empty.path + "/" + file) }
        let nothing = try succession(empty)
        #expect((nothing.carried, nothing.lost) == (0, 700))
        #expect(try await carriedOn(nothing) == [])

        var bytes = try whole.bytes(whole.firstSegment)
        let second = try #require(JournalFrame.decode(bytes, at: 0)).end
        let firstFrame = try #require(JournalFrame.decode(bytes, at: 0)).frame.entries
        bytes[second + 30] ^= 1
        try whole.write(bytes, to: whole.firstSegment)
        let left = try succession(whole)
        #expect(left.damage?.code == .journalDamaged)
        #expect(left.carried == UInt64(firstFrame.count) && left.lost == 700 - left.carried)
        #expect(try await carriedOn(left) == firstFrame)
    }

    @Test("Another log's journal or checkpoint is refused") func foreign() async throws {
        let (whole, earlier) = try await Self.grown()
        let stranger = try DataDirectory()
        let log = try stranger.open()
        try await log.appendAll(entries(0..<20))
        log.close()
        expect(.historyMismatch) { _ = try succession(whole, [head(of: stranger)]) }
        // The same key, other entries: of what checkpoint 300 covers the journal must be the beginning.
        let other = try DataDirectory(signer: whole.signer)
        let forged = try other.open()
        try await forged.appendAll(entries(1000..<1400))
        forged.close()
        try other.remove(other.checkpoint)
        expect(.historyMismatch) { _ = try succession(other, [head(of: whole), head(of: earlier)]) }
    }

    @Test("Of a pruned log what it still holds goes on") func pruned() async throws {
        let directory = try await DataDirectory.beforePruning()
        let log = try directory.open()
        try await log.prune(statedBy: 700)
        let head = log.head.note
        log.close()
        let kept = try directory.segments.sorted()
        try directory.remove(directory.path + (try #require(kept.last)))
        let left = try succession(directory, [head])
        #expect(left.lost > 0)
        #expect(left.carried == 721 - left.lost - 512)
        let expected = Array(DataDirectory.prunable[512..<Int(512 + left.carried)])
        #expect(try await carriedOn(left) == expected)
    }

    @Test("A checkpoint of several keys is verified with any of them") func severalKeys() async throws {
        let directory = try DataDirectory()
        let further = try newSigner(directory.signer.name)
        let log = try AuditLog(
            dataDirectory: directory.path, signer: directory.signer, furtherSigners: [further],
            reservedDiskBytes: 0, in: SystemFiles())
        try await log.appendAll(entries(0..<10))
        log.close()
        let note = try directory.bytes(directory.checkpoint)
        #expect(try Note(note).signatures.count == 2)
        for signer in [directory.signer, further] {
            #expect(try Checkpoint.open(note: note, of: NoteVerifier(vkey: signer.vkey)).size == 10)
            let verifier = LogVerifier(
                files: try LogDirectory(directory.path + "/log"), log: try NoteVerifier(vkey: signer.vkey))
            #expect(verifier.verify().isVerified)
        }
        // The log goes on with its own key alone, and later with both again.
        try await directory.open().appendAll(entries(10..<20))
    }

    @Test("Two checkpoints of one size with different roots are evidence, and no beginning") func fork()
        async throws
    {
        let (whole, earlier) = try await Self.grown()
        let other = try DataDirectory(signer: whole.signer)
        let log = try other.open()
        try await log.appendAll(entries(5000..<5700))
        log.close()
        let heads = [try head(of: whole), try head(of: other)]
        let error = #expect(throws: LogError.self) { _ = try succession(earlier, heads) }
        #expect(error?.message.contains("two histories") == true)
    }

    @Test("A journal without its beginning leaves nothing; numbers that left the outbox tell of a loss too")
    func beginningLost() async throws {
        let directory = try await DataDirectory.beforePruning()
        try directory.remove(directory.path + (try #require(directory.segments.sorted().first)))
        let left = try succession(directory)
        #expect((left.carried, left.lost) == (0, 721))
        #expect(left.damage?.code == .historyMismatch)
        #expect(try await carriedOn(left) == [])
        let (_, earlier) = try await Self.grown()
        let dropped = try LogSuccession(
            dataDirectory: earlier.path, log: NoteVerifier(vkey: earlier.signer.vkey), heads: [], dropped: 8)
        #expect((dropped.carried, dropped.lost, dropped.lastNumber) == (300, 0, 7))
    }

    @Test("What a crash leaves between a side file and its entry is removed at the next start, nothing else")
    func crashedSideFiles() async throws {
        let directory = try DataDirectory()
        let folder = directory.path + "/side"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let now = Date()
        // An erasure has just written `anew`, whose entry is a day old.
        for (name, age) in [("read", 5.0), ("lost", 1), (".lost", 1), ("aged", 86_400), ("anew", 1)] {
            let path = "\(folder)/\(name)AAAA"
            try directory.write([1], to: path)
            try FileManager.default.setAttributes(
                [.modificationDate: now.addingTimeInterval(-age)], ofItemAtPath: path)
        }
        func entry(_ stream: String, secondsAgo: Double) -> [UInt8] {
            let at = Instant(milliseconds: Int64((now.timeIntervalSince1970 - secondsAgo) * 1000))
            let json: JSON = [
                "at": JSON(at), "stream": .string(stream + "AAAA"), "delivered": "AAAA",
                "type": "access",
            ]
            return json.canonical
        }
        let log = try directory.open()
        try await log.appendAll(
            [entry("aged", secondsAgo: 86_400), entry("anew", secondsAgo: 86_400)] + entries(0..<300) + [
                entry("read", secondsAgo: 5)
            ])
        log.close()
        let again = try directory.open()
        #expect(try await again.removeUnclaimedSideFiles() == 2)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == ["agedAAAA", "anewAAAA", "readAAAA"])
        #expect(try await again.removeUnclaimedSideFiles() == 0)
        again.close()
    }

    @Test("Side files that no entry names are swept, all others stay") func sideFiles() throws {
        let directory = try DataDirectory()
        let folder = directory.path + "/side"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let names = ["read", "link", "lost", "text", "none"].map { $0 + "AAAA" }
        for name in names { try directory.write([1], to: "\(folder)/\(name)") }
        var sweep = try SideFileSweep(dataDirectory: directory.path)
        sweep.claim(JSON.object(["stream": "readAAAA", "delivered": "AAAA"]).canonical)
        sweep.claim(JSON.object(["stream": "linkAAAA", "owners": ["commitment": "AAAA"]]).canonical)
        // Only a decision, without a completion that commits to the file.
        sweep.claim(JSON.object(["stream": "lostAAAA"]).canonical)
        sweep.claim(JSON.object(["text": "\"stream\":\"textAAAA\",\"delivered\":\"AAAA\""]).canonical)
        #expect(sweep.count == 3)
        try sweep.remove()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["linkAAAA", "readAAAA"])
    }
}
