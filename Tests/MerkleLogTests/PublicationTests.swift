@testable import MerkleLog
import Synchronization
import Testing
import TestSupport

/// Logs that are being written, or whose writer was killed.
@Suite struct PublicationTests {
    /// After a kill between any two files of a publication, and after the restart that writes them again, the
    /// log verifies: under the old checkpoint, or the new one.
    @Test(arguments: [
        [1, 2], [5, 200], [200, 256], [200, 257], [256, 300], [256, 512], [300, 1100], [65_530, 65_540],
    ])
    func aKillBetweenTwoFilesLeavesALogThatVerifies(sizes: [Int]) throws {
        let log = try LogFixture(sizes: [sizes[0]]) { [UInt8($0 & 255), UInt8($0 >> 8 & 255)] }
        for number in sizes[0]..<sizes[1] { try log.append([UInt8(number & 255), UInt8(number >> 8 & 255)]) }
        let publication = try log.publication()
        let steps = publication.count > 12 ? [0, 1, publication.count - 2] : Array(publication.indices)
        for (step, file) in publication.enumerated() {
            log.files[file.path] = file.bytes
            guard steps.contains(step) || step == publication.count - 1 else { continue }
            let expected = UInt64(sizes[step == publication.count - 1 ? 1 : 0])
            let entries = log.entries
            for journal in [nil, { $0 < entries.count ? entries[Int($0)] : nil }] as [((UInt64) -> [UInt8]?)?]
            {
                let verdict = log.verify {
                    $0.checksEntries = false
                    $0.trailingEntries = journal
                }
                #expect(verdict.verifiedSize == expected, "after \(file.path): \(verdict)")
            }
        }
    }

    /// Files may also be lost in any order, as after a power cut, as long as the checkpoint's are there.
    @Test func anySubsetOfFilesBeyondTheCheckpointVerifies() throws {
        var random = SeededGenerator()
        let log = try LogFixture(sizes: [130, 255]) { [UInt8($0 & 255)] }
        for number in 255..<800 { try log.append([UInt8(number & 255)]) }
        let pending = try log.publication().dropLast()
        for _ in 0..<60 {
            var files = log.files
            for file in pending where Bool.random(using: &random) { files[file.path] = file.bytes }
            let verdict = log.verify(files) { $0.checksEntries = false }
            #expect(verdict.verifiedSize == 255, "\(verdict); \(replay)")
        }
    }

    @Test func theFullTileStandsInForAPartialOneThatWasDeleted() throws {
        let log = try LogFixture(sizes: [100]) { [UInt8($0)] }
        for number in 100..<300 { try log.append([UInt8(number & 255)]) }
        for file in try log.publication().dropLast() { log.files[file.path] = file.bytes }
        log.files["tile/0/000.p/100"] = nil
        log.files["tile/entries/000.p/100"] = nil
        #expect(log.verify { $0.checksEntries = false }.verifiedSize == 100)
        for path in ["tile/0/000", "tile/entries/000"] {
            var files = log.files
            files[path]?[50] ^= 1
            #expect(log.verify(files) { $0.checksEntries = false }.failure?.names(path) == true)
        }
    }

    @Test func whatContradictsTheCheckpointOrTheJournalFails() throws {
        let log = try LogFixture(sizes: [100]) { [UInt8($0)] }
        let fork = try LogFixture(sizes: [120]) { [UInt8($0 == 40 ? 99 : $0)] }
        for path in ["tile/0/000.p/120", "tile/entries/000.p/120"] {
            var files = log.files
            files[path] = fork.files[path]
            let failure = log.verify(files) { $0.checksEntries = false }.failure
            #expect(failure?.subject == .file(path) && failure?.index == 40, "\(path)")
        }
        let later = try LogFixture(sizes: [120]) { [UInt8($0)] }
        log.files["tile/0/000.p/120"] = later.files["tile/0/000.p/120"]
        #expect(log.verify { $0.checksEntries = false }.isVerified, "no entry speaks against it")
        let failure = log.verify {
            $0.checksEntries = false
            $0.trailingEntries = { $0 == 110 ? [1, 2, 3] : $0 < 120 ? [UInt8($0)] : nil }
        }.failure
        #expect(failure?.subject == .file("tile/0/000.p/120") && failure?.index == 110)
    }

    @Test func aJournalThatCannotBeReadIsAFailure() throws {
        let log = try LogFixture(sizes: [10])
        try log.append(LogFixture.entry(10))
        for file in try log.publication().dropLast() { log.files[file.path] = file.bytes }
        let failure = log.verify { $0.trailingEntries = { _ in throw ProofError(.unreadableFile, "gone") } }
            .failure
        #expect(failure?.what == "file journal (cannot be read: gone)")
    }

    /// Files whose contents change between two readings of the checkpoint.
    final class MovingFiles: LogFiles {
        private let states: [MemoryFiles]
        private let checkpointReads = Mutex(0)

        init(_ states: [MemoryFiles]) { self.states = states }

        private var current: MemoryFiles {
            states[min(max(checkpointReads.withLock { $0 } - 1, 0), states.count - 1)]
        }

        func names(in folder: String) throws -> [LogFileName] { try current.names(in: folder) }

        func read(_ path: String) throws -> [UInt8]? {
            if path == "checkpoint" { checkpointReads.withLock { $0 += 1 } }
            return try current.read(path)
        }
    }

    @Test func whatCannotBeReconciledIsLookedAtAgainUnderANewerCheckpoint() throws {
        let log = try LogFixture(sizes: [10])
        var torn = log.files
        torn["tile/0/000.p/20"] = [1, 2, 3]
        let later = try LogFixture(log, upTo: 20)
        #expect(log.verify(MovingFiles([torn, later.files])).verifiedSize == 20)
        #expect(log.verify(MovingFiles([torn, torn])).failure?.subject == .file("tile/0/000.p/20"))
        var broken = later.files
        broken["tile/0/000.p/20"]?[0] ^= 1
        #expect(log.verify(MovingFiles([torn, broken])).failure?.subject == .file("tile/0/000.p/20"))
    }

    @Test func aCheckpointThatGoesBackOrForksWhileItIsReadFails() throws {
        let log = try LogFixture(sizes: [10])
        let later = try LogFixture(log, upTo: 20)
        var torn = later.files
        torn["tile/0/000.p/20"] = nil
        #expect(log.verify(MovingFiles([torn, log.files])).failure?.subject == .checkpoint)
        let fork = try LogFixture(log, upTo: 30) { LogFixture.entry($0 + 4) }
        let failure = log.verify(MovingFiles([torn, fork.files])).failure
        #expect(failure?.subject == .checkpoint && failure?.index == 20)
        #expect(failure?.reason == "the checkpoint read before has another root at its size")
    }
}

extension LogFixture {
    /// Another state of the log with `other`'s key: one checkpoint, over `size` entries.
    convenience init(_ other: LogFixture, upTo size: Int, entry: (Int) -> [UInt8] = LogFixture.entry) throws {
        self.init(sharingKeyOf: other)
        files = MemoryFiles()
        for number in 0..<size { try append(entry(number)) }
        try publish()
    }
}
