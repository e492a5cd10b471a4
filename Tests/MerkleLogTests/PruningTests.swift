@testable import MerkleLog
import Model
import Testing
import TestSupport

/// Logs whose first entries were pruned.
@Suite struct PruningTests {
    @Test(arguments: [
        ([300], 256), ([512, 517], 256), ([100, 256, 700, 1100], 256), ([1100], 512), ([1100], 1024),
        ([1024 + 4], 1024), ([3000], 2816),
    ])
    func aStatedPruningIsVerified(sizes: [Int], minimum: Int) async throws {
        let pruned = try PrunedLog(sizes: sizes, below: minimum)
        let size = UInt64(sizes.max() ?? 0)
        #expect(pruned.log.files.contents.count < pruned.whole.contents.count)
        for workers in [1, 3] {
            let outcome = await pruned.log.verify(workers: workers)
            #expect(outcome.verdict.verifiedSize == size, "\(outcome.verdict)")
            #expect(outcome.minimumIndex == UInt64(minimum) && outcome.firstEntryRead == 0)
            #expect(outcome.prunedBy == UInt64(pruned.statement) && outcome.entriesRead)
        }
        let whole = await pruned.log.verify(workers: 1, pruned.whole)
        #expect(whole.verdict.isVerified && whole.minimumIndex == 0 && whole.prunedBy == nil)
    }

    @Test(arguments: [65_280, 65_536, 65_792, 131_072, 131_328])
    func higherTilesGoWithTheirLastEntry(minimum: Int) async throws {
        let pruned = try PrunedLog(sizes: [65_600, 131_400, 132_000], below: minimum)
        #expect((pruned.log.files["tile/1/000"] == nil) == (minimum >= 65_536))
        #expect((pruned.log.files["tile/1/001"] == nil) == (minimum >= 131_072))
        for (workers, checks) in [(1, true), (2, true), (2, false)] {
            let outcome = await pruned.log.verify(workers: workers) { $0.checksEntries = checks }
            #expect(outcome.verdict.verifiedSize == 132_000, "\(outcome.verdict)")
            #expect(outcome.minimumIndex == UInt64(minimum) && outcome.prunedBy == UInt64(pruned.statement))
        }
        let tiles = await pruned.log.verify(workers: 2, UnlistedFiles(files: pruned.log.files)) {
            $0.readsEntries = false
        }
        #expect(tiles.verdict.verifiedSize == 132_000 && tiles.minimumIndex == UInt64(minimum))
    }

    @Test func everyNeededFileOfAPrunedLogIsMissed() throws {
        let pruned = try PrunedLog(sizes: [1100], below: 512)
        for path in pruned.log.files.contents.keys where path != "checkpoint" {
            var files = pruned.log.files
            files[path] = nil
            let failure = try #require(pruned.log.verify(files).failure, "\(path)")
            // Without the first bundle that is left, the log begins behind it, and so little is not stated.
            let named = path == "tile/entries/002" ? "tile/entries/000" : path
            let holdsStatement = path == "tile/entries/004.p/76"
            #expect(failure.names(holdsStatement ? "tile/entries/000" : named), "\(path): \(failure)")
            #expect(failure.reason == "is missing")
        }
    }

    @Test func everyFlippedByteIsFound() async throws {
        let pruned = try PrunedLog(sizes: [600, 700], below: 512)
        var random = SeededGenerator()
        for (path, bytes) in pruned.log.files.contents.sorted(by: { $0.key < $1.key }) {
            var files = pruned.log.files
            for position in stride(from: 0, to: bytes.count, by: bytes.count > 4000 ? 7 : 1) {
                files[path]?[position] = bytes[position] ^ UInt8.random(in: 1...255, using: &random)
                let failure = pruned.log.verify(files) { $0.checksEntries = false }.failure
                #expect(failure != nil, "byte \(position) of \(path); \(replay)")
                if position % 97 == 0 {
                    let other = await pruned.log.verify(workers: 3, files) { $0.checksEntries = false }
                    #expect(other.verdict.failure == failure)
                }
                files[path]?[position] = bytes[position]
            }
        }
    }

    @Test func aPruningThatNoEntryStatesIsALossOfTheFirstFile() throws {
        for pruned in try [
            PrunedLog(sizes: [1100], below: 512, type: "log.prunes"),
            PrunedLog(sizes: [1100], below: 512, stated: 256),
        ] {
            let failure = pruned.log.verify().failure
            #expect(failure?.subject == .file("tile/entries/000") && failure?.reason == "is missing")
        }
        // Stated below the place where it could be true.
        let early = try PrunedLog(sizes: [1100], below: 512, after: 500, stated: 768)
        #expect(early.log.verify().failure?.subject == .file("tile/entries/000"))
    }

    @Test func anotherRootIsNotTheStatementOfThisPruning() throws {
        for stated in [512, 768] {
            let pruned = try PrunedLog(
                sizes: [1100], below: 512, stated: stated, root: MerkleTree.emptyRoot)
            let failure = pruned.log.verify().failure
            #expect(failure?.index == UInt64(pruned.statement), "\(stated): \(pruned.log.verify())")
            #expect(failure?.reason.contains("states another root") == true)
        }
    }

    @Test func aPruningCutShortIsAllowedAndItsRemainsMustAgree() async throws {
        let pruned = try PrunedLog(sizes: [100, 1100], below: 512, stated: 768)
        #expect(await pruned.log.verify(workers: 1).minimumIndex == 512)
        let left = Set(pruned.whole.contents.keys).subtracting(pruned.log.files.contents.keys)
        #expect(left.contains("tile/0/001") && left.contains("tile/entries/001"))
        // A bundle goes before the tile over it, so alone it is left only far below the others.
        for path in left where path != "tile/entries/000" && path != "tile/entries/001" {
            var files = pruned.log.files
            files[path] = pruned.whole[path]
            #expect(pruned.log.verify(files).verifiedSize == 1100, "\(path): \(pruned.log.verify(files))")
            guard !path.contains(".p/") else { continue }
            files[path]?[9] ^= 1
            #expect(pruned.log.verify(files).failure?.names(path) == true, "\(path)")
        }
        var whole = pruned.log.files
        for path in ["tile/0/001", "tile/entries/001"] { whole[path] = pruned.whole[path] }
        #expect(await pruned.log.verify(workers: 1, whole).minimumIndex == 256)
        var files = pruned.log.files
        for path in ["tile/0/000", "tile/0/000.p/100"] { files[path] = pruned.whole[path] }
        files["tile/0/000.p/100"]?[40] ^= 1
        #expect(pruned.log.verify(files).failure?.names("tile/0/000.p/100") == true)
    }

    @Test func aLogThatIsPrunedWhileItIsReadIsReadAgain() async throws {
        let pruned = try PrunedLog(sizes: [1100], below: 768)
        for reads in 0..<40 {
            let files = VanishingFiles(pruned.whole, then: pruned.log.files, afterReads: reads)
            let outcome = await pruned.log.verify(workers: 1, files)
            #expect(outcome.verdict.verifiedSize == 1100, "after \(reads) reads: \(outcome.verdict)")
        }
    }

    @Test func aHoleInTheMiddleIsALoss() throws {
        let pruned = try PrunedLog(sizes: [3000], below: 512)
        for path in ["tile/entries/006", "tile/0/005"] {
            var files = pruned.log.files
            files[path] = nil
            #expect(pruned.log.verify(files).failure?.names(path) == true)
        }
    }

    @Test func anEarlierCheckpointIsHeldAgainstWhatIsLeft() async throws {
        for size in [100, 511, 512, 513, 768, 1000, 1100] {
            let pruned = try PrunedLog(sizes: [size, 1100], below: 512)
            let earlier = LogFixture(sharingKeyOf: pruned.log)
            for entry in pruned.log.entries.prefix(size) { try earlier.append(entry) }
            for reads in [false, true] {
                let outcome = await pruned.log.verify(workers: 2) {
                    $0.since = earlier.checkpoint
                    $0.readsEverything = reads
                }
                #expect(outcome.verdict.isVerified == (size >= 512), "\(size): \(outcome.verdict)")
                guard size < 512 else { continue }
                #expect(outcome.verdict.failure?.subject == .checkpoint)
                #expect(outcome.verdict.failure?.index == UInt64(size))
            }
            let fork = Checkpoint(
                origin: pruned.log.signer.name, size: UInt64(size), root: MerkleTree.emptyRoot)
            #expect(pruned.log.verify { $0.since = fork }.failure?.subject == .checkpoint)
        }
    }

    @Test func aReceiptOfWhatWasPrunedSaysSo() throws {
        let pruned = try PrunedLog(sizes: [1100], below: 512)
        let verifier = LogVerifier(files: pruned.log.files, log: pruned.log.verifier)
        let salt = Base64.encodeURL([UInt8](repeating: 0, count: 32))
        let json: JSON = ["decision": 3, "completion": 4, "salt": .string(salt)]
        let receipt = try ReadReceipt(Array(Base64.encodeURL(json.canonical).utf8))
        let failure = #expect(throws: LogFailure.self) {
            try verifier.check(receipt, bodyDigest: [], under: pruned.log.checkpoint)
        }
        #expect(failure?.index == 3 && failure?.reason.hasPrefix("was pruned") == true)
    }
}

/// Verification with nothing but tiles, from where nothing can be listed.
@Suite struct TilesOnlyTests {
    @Test func tilesAloneLeadToTheRoot() async throws {
        for size in [0, 1, 255, 256, 257, 700] {
            let log = try LogFixture(sizes: [100, size].sorted())
            var files = log.files
            for path in files.contents.keys where path.contains("entries") { files[path] = nil }
            for unlisted in [false, true] {
                let source: any LogFiles = unlisted ? UnlistedFiles(files: files) : files
                let outcome = await log.verify(workers: 2, source) { $0.readsEntries = false }
                #expect(outcome.verdict.verifiedSize == UInt64(log.entries.count), "\(outcome.verdict)")
                #expect(!outcome.entriesRead && outcome.prunedBy == nil)
            }
        }
    }

    @Test func whatCannotBeListedIsVerifiedWithItsEntriesToo() async throws {
        let log = try LogFixture(sizes: [100, 700])
        log.files["stranger"] = []
        #expect(await log.verify(workers: 2, UnlistedFiles(files: log.files)).verdict.verifiedSize == 700)
        log.files["tile/entries/001"]?[50] ^= 1
        let outcome = await log.verify(workers: 2, UnlistedFiles(files: log.files))
        #expect(outcome.verdict.failure?.names("tile/entries/001") == true)
    }

    @Test func everyFlippedByteOfATileIsFound() throws {
        let log = try LogFixture(sizes: [100, 256, 600])
        var random = SeededGenerator()
        for (path, bytes) in log.files.contents where !path.contains("entries") {
            let isNeeded = !["tile/0/000.p/100", "tile/1/000.p/1"].contains(path)
            var files = log.files
            for position in stride(from: 0, to: bytes.count, by: 3) {
                files[path]?[position] = bytes[position] ^ UInt8.random(in: 1...255, using: &random)
                let listed = log.verify(files) { $0.readsEntries = false }
                // Of the last tile there is nothing else but the root.
                let isNamed = listed.failure?.names(path) == true || listed.failure?.subject == .root
                #expect(isNamed, "byte \(position) of \(path); \(replay)")
                #expect(listed.failure?.subject != .root || path == "tile/0/002.p/88")
                let unlisted = log.verify(UnlistedFiles(files: files)) { $0.readsEntries = false }
                #expect((unlisted.failure != nil) == isNeeded, "byte \(position) of \(path); \(replay)")
                files[path]?[position] = bytes[position]
            }
        }
    }

    @Test func theFullTileStandsInForAPartialOne() throws {
        let early = try LogFixture(sizes: [300])
        let late = LogFixture(sharingKeyOf: early)
        late.files = MemoryFiles()
        for number in 0..<700 { try late.append(LogFixture.entry(number)) }
        try late.publish()
        late.files["checkpoint"] = early.files["checkpoint"]
        late.files["tile/1/000.p/1"] = early.files["tile/1/000.p/1"]
        let verdict = late.verify(UnlistedFiles(files: late.files)) { $0.readsEntries = false }
        #expect(verdict.verifiedSize == 300, "\(verdict)")
    }
}
