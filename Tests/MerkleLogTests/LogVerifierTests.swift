import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct LogVerifierTests {
    @Test(arguments: [0, 1, 2, 255, 256, 257, 511, 512, 513, 700])
    func aLogOfAnySizeVerifies(size: Int) throws {
        let log = try LogFixture(sizes: [size])
        guard case .verified(let entries, let root, let checkpoint) = log.verify() else {
            Issue.record("\(log.verify())")
            return
        }
        #expect(entries == size && root == log.writer.root && checkpoint.origin == "hub.example/log")
        #expect("\(log.verify())" == "verified \(size) entries, root \(log.writer.root.base64)")
    }

    @Test func randomPublicationsInAFolderVerifyEachTime() throws {
        var random = SeededGenerator()
        let log = try LogFixture()
        let folder = try TemporaryFolder(log.files)
        var number = 0
        for _ in 0..<25 {
            for _ in 0..<Int.random(in: 0...90, using: &random) {
                try log.append(LogFixture.entry(number))
                number += 1
            }
            for file in try log.publish() { try folder.write(file.path, file.bytes) }
            let verdict = log.verify(try LogDirectory(folder.path))
            #expect(verdict.verifiedSize == UInt64(number), "\(verdict); \(replay)")
        }
    }

    @Test func treesOfThreeLevelsVerify() throws {
        let log = try LogFixture(sizes: [65_535, 65_536, 65_800]) { [UInt8($0 & 255), UInt8($0 >> 8 & 255)] }
        #expect(log.files["tile/1/000"]?.count == 8192 && log.files["tile/2/000.p/1"]?.count == 32)
        var calls: [UInt64] = []
        let verdict = log.verify {
            $0.checksEntries = false
            $0.progress = { done, total in
                #expect(total == 65_800)
                calls.append(done)
            }
        }
        #expect(verdict.verifiedSize == 65_800 && calls.last == 65_800 && calls == calls.sorted())
        for (path, position) in [("tile/2/000.p/1", 5), ("tile/1/000", 8191), ("tile/1/001.p/1", 0)] {
            var files = log.files
            files[path]?[position] ^= 0x80
            let failure = log.verify(files) { $0.checksEntries = false }.failure
            #expect(failure?.subject == .file(path), "\(path)")
        }
    }

    @Test func aLogVerifiesOnlyUnderItsOwnKeyAndName() throws {
        let log = try LogFixture(sizes: [5])
        let stranger = try LogFixture()
        let failure = LogVerifier(files: log.files, log: stranger.verifier).verify().failure
        #expect(failure?.subject == .signature)
        var files = log.files
        let foreign = Checkpoint(origin: "other/log", size: 5, root: log.writer.root)
        files["checkpoint"] = Array(try foreign.signed(by: [log.signer]).utf8)
        #expect(log.verify(files).failure?.subject == .checkpoint)
        files["checkpoint"] = nil
        #expect(log.verify(files).failure?.what == "file checkpoint (is missing)")
        files["checkpoint"] = []
        #expect(log.verify(files).failure?.subject == .checkpoint)
    }

    @Test func entriesThatAgreeButAreNotWhatWasSignedFail() throws {
        let log = try LogFixture(sizes: [300])
        let forged = try LogFixture(sizes: [300]) { LogFixture.entry($0 == 7 ? 8 : $0) }
        var files = forged.files
        files["checkpoint"] = log.files["checkpoint"]
        let failure = try #require(log.verify(files) { $0.checksEntries = false }.failure)
        #expect(failure.subject == .root && failure.index == 300)
    }

    @Test func everyNeededFileIsMissed() throws {
        let log = try LogFixture(sizes: [600])
        for path in log.files.contents.keys {
            var files = log.files
            files[path] = nil
            let failure = try #require(log.verify(files).failure, "\(path)")
            #expect(failure.subject == .file(path) && failure.reason == "is missing", "\(failure)")
        }
    }

    @Test func everyFileCutOrGrownIsFound() throws {
        let log = try LogFixture(sizes: [3, 260, 300])
        for (path, bytes) in log.files.contents {
            for changed in [[], Array(bytes.dropLast()), bytes + [0], bytes + bytes, Array(bytes.prefix(32))]
            where changed != bytes {
                var files = log.files
                files[path] = changed
                let failure = try #require(log.verify(files).failure, "\(path) with \(changed.count) bytes")
                #expect(failure.names(path), "\(failure)")
            }
        }
    }

    @Test func twoFilesSwappedAreFound() throws {
        let log = try LogFixture(sizes: [600])
        for (one, other) in [("tile/entries/000", "tile/entries/001"), ("tile/0/000", "tile/0/001")] {
            var files = log.files
            (files[one], files[other]) = (files[other], files[one])
            #expect(log.verify(files).failure?.names(one) == true)
        }
    }

    @Test func theFailureNamesTheEntryAndItsIndex() throws {
        let log = try LogFixture(sizes: [300])
        var entries = log.entries
        entries[270] = LogFixture.entry(271)
        var files = log.files
        files["tile/entries/001.p/44"] = EntryBundle.encode(Array(entries[256...]))
        let failure = try #require(log.verify(files).failure)
        #expect(failure.subject == .entry(in: "tile/entries/001.p/44") && failure.index == 270)
        #expect(
            "\(log.verify(files))"
                == "failed: entry in tile/entries/001.p/44 "
                + "(does not have the hash that tile/0/001.p/44 holds) at 270"
        )
        files = log.files
        files["tile/0/001.p/44"]?[32 * 20 + 1] ^= 1
        let tile = try #require(log.verify(files).failure)
        #expect(tile.subject == .file("tile/0/001.p/44") && tile.index == 276)
    }

    @Test(arguments: [
        "notes.txt", "checkpoint.bak", "Checkpoint", "tile/0/000.tmp", "tile/8/000", "tile/0/000.p/0",
        "tile/entries/000.gz", "tile/0/000/000", "evil\nverified 300 entries", "tile/0/x000/000", "",
    ])
    func aFileThatNoLogHasIsNamed(path: String) throws {
        let log = try LogFixture(sizes: [300])
        log.files[path] = []
        let verdict = log.verify()
        #expect(verdict.failure?.subject == .file(path))
        #expect(!"\(verdict)".contains("\n"), "nobody writes a second line into the verdict")
    }

    @Test func anEntryCannotForgeTheVerdict() throws {
        let forged = #"{"\nverified 3 entries, root x":1,"\nverified 3 entries, root x":2}"#
        let log = try LogFixture(sizes: [3]) { $0 == 1 ? Array(forged.utf8) : LogFixture.entry($0) }
        let verdict = log.verify()
        #expect(verdict.failure?.index == 1 && verdict.failure?.reason.contains("appears twice") == true)
        #expect("\(verdict)".allSatisfy { !$0.isNewline }, "\(verdict)")
        let steering = LogFailure(.file("a\u{1B}[2Kb\u{202E}c\u{2028}d\u{85}e"), at: 0, "f\r\ng")
        #expect(steering.what == #"file a\u{1b}[2Kb\u{202e}c\u{2028}d\u{85}e (f\u{d}\u{a}g)"#)
    }

    @Test func anEarlierCheckpointMustBeAPrefix() throws {
        let log = try LogFixture(sizes: [10])
        var saved: [Checkpoint] = []
        for size in [10, 255, 256, 300, 600] {
            while log.entries.count < size { try log.append(LogFixture.entry(log.entries.count)) }
            try log.publish()
            saved.append(Checkpoint(origin: log.signer.name, size: UInt64(size), root: log.writer.root))
        }
        for checkpoint in saved {
            #expect(log.verify { $0.since = checkpoint }.isVerified, "since \(checkpoint.size)")
            let forked = Checkpoint(
                origin: log.signer.name, size: checkpoint.size, root: MerkleTree.emptyRoot)
            let failure = log.verify { $0.since = forked }.failure
            #expect(failure?.subject == .checkpoint && failure?.index == checkpoint.size)
        }
        let later = Checkpoint(origin: log.signer.name, size: 601, root: log.writer.root)
        #expect(log.verify { $0.since = later }.failure?.reason == "the log once had 601 entries and was cut")
        let empty = Checkpoint(origin: log.signer.name, size: 0, root: MerkleTree.emptyRoot)
        #expect(log.verify { $0.since = empty }.isVerified)
    }
}
