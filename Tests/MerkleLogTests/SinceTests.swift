@testable import MerkleLog
import Foundation
import Synchronization
import Testing
import TestSupport

/// Files that remember what was read.
private final class WatchedFiles: LogFiles {
    private let files: MemoryFiles
    private let paths = Mutex<Set<String>>([])

    init(_ files: MemoryFiles) { self.files = files }

    var read: Set<String> { paths.withLock { $0 } }

    func names(in folder: String) throws -> [LogFileName] { try files.names(in: folder) }

    func read(_ path: String) throws -> [UInt8]? {
        paths.withLock { _ = $0.insert(path) }
        return try files.read(path)
    }
}

/// Going on from a checkpoint under which the log was verified before.
@Suite struct SinceTests {
    /// The log, and its checkpoint at each size.
    private func log(_ sizes: [Int], entry: (Int) -> [UInt8] = LogFixture.entry) throws -> (
        LogFixture, [Checkpoint]
    ) {
        let log = try LogFixture()
        let checkpoints = try sizes.map { size in
            while log.entries.count < size { try log.append(entry(log.entries.count)) }
            try log.publish()
            return log.checkpoint
        }
        return (log, checkpoints)
    }

    @Test(arguments: [0, 1, 255, 256, 257, 511, 512, 700, 1023, 1024, 1100])
    func itGoesOnFromTheBundleInWhichTheCheckpointEnds(size: Int) async throws {
        let (log, saved) = try log([size, 1100])
        let files = WatchedFiles(log.files)
        let outcome = await log.verify(workers: 2, files) { $0.since = saved[0] }
        #expect(outcome.verdict.verifiedSize == 1100 && outcome.firstEntryRead == UInt64(size & ~255))
        for place in 0..<4 {
            let isRead = files.read.contains(TilePath.entries(index: UInt64(place)).path)
            // The last bundle below is looked into for the number that the next must follow.
            #expect(isRead == (place >= size >> 8 || place == size >> 8 - 1), "bundle \(place)")
            let tile = TilePath.tile(level: 0, index: UInt64(place)).path
            #expect(files.read.contains(tile) == (place >= size >> 8), "tile \(place)")
        }
    }

    @Test func itGoesOnInATreeOfThreeLevels() throws {
        let sizes = [65_535, 65_536, 65_537, 66_000, 131_072, 131_100]
        let (log, saved) = try log(sizes) { [UInt8($0 & 255), UInt8($0 >> 8 & 255)] }
        for checkpoint in saved {
            let verdict = log.verify {
                $0.checksEntries = false
                $0.since = checkpoint
            }
            #expect(verdict.verifiedSize == 131_100, "since \(checkpoint.size): \(verdict)")
        }
    }

    @Test func whatLiesBelowIsBelievedUnlessEverythingIsRead() async throws {
        let (log, saved) = try log([600, 900])
        for path in ["tile/entries/000", "tile/0/001"] {
            var files = log.files
            files[path]?[40] ^= 1
            #expect(await log.verify(workers: 1, files) { $0.since = saved[0] }.firstEntryRead == 512)
            let whole = await log.verify(workers: 1, files) {
                $0.since = saved[0]
                $0.readsEverything = true
            }
            #expect(whole.verdict.failure?.names(path) == true && whole.firstEntryRead == 0)
        }
    }

    @Test func whatFollowsIsCheckedWhole() throws {
        let (log, saved) = try log([600, 900])
        let below = ["tile/entries/000", "tile/entries/001", "tile/0/000", "tile/0/001"]
        let isBelow = { (path: String) in below.contains(path) }
        for path in log.files.contents.keys.sorted() where !isBelow(path) {
            var files = log.files
            let position = 50 % (log.files[path]?.count ?? 1)
            files[path]?[position] ^= 1
            #expect(log.verify(files) { $0.since = saved[0] }.failure?.names(path) == true, "\(path)")
        }
    }

    @Test func anExchangedPastIsFoundThoughItIsNotRead() throws {
        let (log, saved) = try log([600, 900])
        let fork = LogFixture(sharingKeyOf: log)
        fork.files = MemoryFiles()
        for number in 0..<900 { try fork.append(LogFixture.entry(number == 5 ? 6 : number)) }
        try fork.publish()
        for earlier in [saved[0], saved[1]] {
            let failure = fork.verify {
                $0.since = earlier
                $0.checksEntries = false
            }.failure
            #expect(failure?.subject == .checkpoint && failure?.index == earlier.size)
        }
    }

    /// A hub that doubles an outbox row just after the checkpoint that was saved.
    @Test func aNumberThatDoesNotFollowWhatWasVerifiedIsFound() throws {
        for (size, numbered) in [(512, 511), (512, 3), (600, 599), (600, 100)] {
            let (log, saved) = try log([size, 900]) { number in
                let text = number == numbered || number == 700 ? "77" : "null"
                return Array(#"{"at":"2026-11-22T07:00:00.000Z","seq":\#(text),"v":1}"#.utf8)
            }
            let failure = log.verify { $0.since = saved[0] }.failure
            #expect(failure?.reason == "its number 77 does not follow 77" && failure?.index == 700)
        }
    }
}

/// What lies in a folder that no log has.
@Suite struct LogNamesTests {
    @Test func aFolderWithMoreThanAnyLogHasIsNotListed() throws {
        let log = try LogFixture(sizes: [3])
        let folder = try TemporaryFolder(log.files)
        for number in 0...4096 { try folder.write("tile/5/\(number)", []) }
        let failure = try #require(log.verify(try LogDirectory(folder.path)).failure)
        #expect(failure.what == "file tile/5 (cannot be listed: it holds more than 4096 names)")
    }

    @Test func aNameThatIsNotTextIsNamed() throws {
        let log = try LogFixture(sizes: [3])
        for isFolder in [false, true] {
            let folder = try TemporaryFolder(log.files)
            let bytes: [CChar] = (folder.path + "/tile/0/").utf8CString.dropLast() + [-1, -2, 0]
            #expect(isFolder ? mkdir(bytes, 0o700) == 0 : close(creat(bytes, 0o600)) == 0)
            #expect(
                log.verify(try LogDirectory(folder.path)).failure?.names("tile/0/\u{FFFD}\u{FFFD}") == true)
        }
    }

    @Test func theFirstOfSeveralStrangeNamesIsAlwaysTheSame() throws {
        let log = try LogFixture(sizes: [3])
        let folder = try TemporaryFolder(log.files)
        for name in ["zebra", "tile/x", "tile/0/y", "apple", "tile/0/000.p/300"] {
            try folder.write(name, [1])
        }
        #expect(log.verify(try LogDirectory(folder.path)).failure?.subject == .file("apple"))
        for path in ["tile/0/\("x001/")000", "tile/entries/x001/x000/000.p/7"] {
            var files = log.files
            files[path] = [1]
            #expect(log.verify(files).failure?.subject == .file(path), "far beyond the checkpoint")
        }
    }
}
