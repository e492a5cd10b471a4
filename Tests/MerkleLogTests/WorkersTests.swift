@testable import MerkleLog
import Testing
import TestSupport

/// One verdict, however many work at it.
@Suite struct WorkersTests {
    /// More than four runs of places, with partial tiles of earlier checkpoints.
    static func log() throws -> LogFixture {
        try LogFixture(sizes: [100, 17_000, 65_536, 70_000]) { number in
            Array(#"{"at":"2026-11-22T07:00:00.000Z","seq":\#(number),"v":1}"#.utf8)
        }
    }

    @Test func anUntouchedLogVerifiesWithAnyNumberOfWorkers() async throws {
        let log = try Self.log()
        for workers in [1, 2, 3, 16] {
            var calls: [UInt64] = []
            let outcome = await log.verify(workers: workers) {
                $0.progress = { done, total in
                    #expect(total == 70_000)
                    calls.append(done)
                }
            }
            #expect(outcome.verdict.verifiedSize == 70_000 && outcome.firstEntryRead == 0)
            #expect(calls.last == 70_000 && calls == calls.sorted() && calls.count > 4)
            #expect(outcome.note == log.files["checkpoint"])
        }
    }

    @Test func theFirstFailureIsTheSameForAll() async throws {
        let log = try Self.log()
        var random = SeededGenerator()
        let paths = log.files.contents.keys.sorted()
        for round in 0..<12 {
            var files = log.files
            // Two things wrong, so that workers may find the later one first.
            for path in [random.pick(paths), random.pick(paths)] where path != "checkpoint" {
                guard let bytes = files[path] else { continue }
                switch round % 3 {
                case 0: files[path] = nil
                case 1: files[path]?[Int.random(in: bytes.indices, using: &random)] ^= 0x10
                default: files[path] = Array(bytes.dropLast())
                }
            }
            let expected = log.verify(files)
            for workers in [2, 5] {
                let outcome = await log.verify(workers: workers, files)
                #expect("\(outcome.verdict)" == "\(expected)", "round \(round); \(replay)")
                #expect(outcome.verdict.failure == expected.failure)
            }
        }
    }

    @Test func numbersAscendAcrossRuns() async throws {
        // Entry 16,384 begins another run; the numbers before it are one higher.
        let log = try LogFixture(sizes: [40_000]) { number in
            let value = number < 16_384 ? number + 1 : number
            let text = number % 300 == 0 || number == 16_383 || number == 16_384 ? "\(value)" : "null"
            return Array(#"{"at":"2026-11-22T07:00:00.000Z","seq":\#(text),"v":1}"#.utf8)
        }
        let expected = "failed: entry in tile/entries/064 (its number 16384 does not follow 16384) at 16384"
        #expect("\(log.verify())" == expected)
        for workers in [2, 4] { #expect("\(await log.verify(workers: workers).verdict)" == expected) }
    }
}

@Suite struct RunQueueTests {
    private func finished(_ run: RunQueue.Run) -> RunQueue.Finished {
        RunQueue.Finished(run: run, reports: run.places.map { PlaceReport(index: $0) })
    }

    @Test func placesComeBackInOrderAndOnceInWhateverOrderTheyAreDone() {
        var random = SeededGenerator()
        for (places, workers) in [(0..<0, 3), (0..<1, 3), (5..<69, 1), (7..<1000, 2), (3..<5000, 7)] {
            let places = UInt64(places.lowerBound)..<UInt64(places.upperBound)
            var queue = RunQueue(places: places, workers: workers)
            var running: [RunQueue.Run] = []
            var taken: [UInt64] = []
            while !queue.isEmpty {
                while let run = queue.start() { running.append(run) }
                #expect(running.count <= workers)
                guard !running.isEmpty else { break }
                queue.finish(finished(running.remove(at: Int.random(in: running.indices, using: &random))))
                while let reports = queue.takeNext() { taken += reports.map(\.index) }
            }
            #expect(taken == Array(places), "\(replay)")
        }
    }

    @Test func aSlowRunHoldsTheOthersUp() {
        var queue = RunQueue(places: 0..<1_000_000, workers: 2)
        let slow = queue.start()
        var others = 0
        while let run = queue.start() {
            queue.finish(finished(run))
            #expect(queue.takeNext() == nil)
            others += 1
        }
        #expect(slow?.number == 0 && others == 7, "no more than eight runs are begun")
    }
}

extension RightEdgeTests {
    @Test func aTileAtOnceIsItsLeavesOneByOne() {
        var (slow, quick) = (RightEdge(), RightEdge())
        for tile in 0..<300 {
            let leaves = (0..<256).map {
                MerkleTree.leafHash([UInt8(tile & 255), UInt8(tile >> 8), UInt8($0)])
            }
            var (slowTiles, quickTiles): ([[TreeHash]], [[TreeHash]]) = ([], [])
            for leaf in leaves {
                slow.append(leaf) { level, _, hashes in if level > 0 { slowTiles.append(hashes) } }
            }
            quick.append(tileWithRoot: MerkleTree.completeRoot(leaves)) { _, _, hashes in
                quickTiles.append(hashes)
            }
            #expect(slowTiles == quickTiles && slow.size == quick.size && slow.root == quick.root)
        }
        for leaf in 0..<3 {
            slow.append(MerkleTree.leafHash([UInt8(leaf)])) { _, _, _ in }
            quick.append(MerkleTree.leafHash([UInt8(leaf)])) { _, _, _ in }
        }
        #expect(slow.levels == quick.levels && slow.root == quick.root)
    }
}

@Suite struct RightEdgeTests {}
