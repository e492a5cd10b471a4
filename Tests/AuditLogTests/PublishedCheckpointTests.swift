import Foundation
import MerkleLog
import Model
import Synchronization
import Testing

@testable import AuditLog

@Suite("Published checkpoints", .timeLimit(.minutes(20))) struct PublishedCheckpointTests {
    let directory: DataDirectory
    init() throws { directory = try DataDirectory() }

    @Test(
        "Whoever reads a checkpoint while 20,000 entries arrive finds all its tiles, each extending the last"
    )
    func whileAppending() async throws {
        let log = try directory.open()
        let appending = Task {
            for start in stride(from: 0, to: 20_000, by: 50) {
                try await log.appendAll(entries(start..<start + 50))
                // So that it takes several publications, however fast the machine is.
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        var seen: [Checkpoint] = []
        while seen.last?.size != 20_000 {
            let checkpoint = try #require(try directory.publishedCheckpoint())
            if checkpoint.size == seen.last?.size {
                #expect(checkpoint.root == seen.last?.root)
                try await Task.sleep(for: .milliseconds(5))
                continue
            }
            seen.append(checkpoint)
            try expectTiles(of: checkpoint, extending: seen)
        }
        try await appending.value
        print("published checkpoints: \(seen.map(\.size))")
        #expect(seen.count > 3)
        log.close()
        try directory.expectPublished(entries(0..<20_000))
    }

    /// Everything under the checkpoint is there at this moment, and leads to its root through the roots of
    /// all seen before.
    private func expectTiles(of checkpoint: Checkpoint, extending earlier: [Checkpoint]) throws {
        let all = try directory.publishedEntries(checkpoint.size)
        #expect(all == entries(0..<Int(checkpoint.size)))
        var frontier = Frontier()
        var leaves: [TreeHash] = []
        var nodes: [TreeHash] = []
        for entry in all {
            leaves.append(MerkleTree.leafHash(entry))
            frontier.append(leaves[leaves.count - 1])
            if leaves.count % 256 == 0 { nodes.append(root(leaves.suffix(256))) }
            for checkpoint in earlier where checkpoint.size == frontier.size {
                #expect(frontier.root == checkpoint.root)
            }
        }
        try expectRow(leaves, level: 0)
        try expectRow(nodes, level: 1)
        let older = earlier.dropLast().last { $0.size > 0 }
        if let older { try expectConsistent(older, checkpoint) }
    }

    private func root(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
        var frontier = Frontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }

    private func expectRow(_ hashes: [TreeHash], level: Int) throws {
        for start in stride(from: 0, to: hashes.count, by: 256) {
            let width = min(256, hashes.count - start)
            let bytes = try directory.tile(.tile(level: level, index: UInt64(start / 256), width: width))
            #expect(bytes.prefix(width * 32) == HashTile.encode(Array(hashes[start..<start + width]))[...])
        }
    }

    /// With a proof made from the tiles alone, as a witness asks for it.
    private func expectConsistent(_ older: Checkpoint, _ newer: Checkpoint) throws {
        let nodes = TileNodes(size: newer.size) { path in
            FileManager.default.contents(atPath: "\(directory.path)/log/\(path)").map { Array($0) }
        }
        let proof = try ConsistencyProof.make(oldSize: older.size, size: newer.size, nodes: nodes)
        try ConsistencyProof.verify(
            proof, oldSize: older.size, oldRoot: older.root, size: newer.size, root: newer.root)
    }

    /// Renamed into place, each checkpoint is another file.
    private func checkpointFile() -> ino_t {
        var status = stat()
        return stat(directory.checkpoint, &status) == 0 ? status.st_ino : 0
    }

    @Test("At most one in 100 ms, however fast entries come, even while one is being written") func rate()
        async throws
    {
        let log = try directory.open()
        let clock = ContinuousClock()
        // Each answer appends again, so that entries arrive at every moment of a publication.
        let isOver = Mutex(false)
        @Sendable func appendAgain(_ answer: Result<UInt64, RetryableFault>) {
            if !isOver.withLock({ $0 }) { log.append(entry("again"), completion: appendAgain) }
        }
        let start = clock.now
        appendAgain(.success(0))
        // Not in a task: others would keep it from looking often enough.
        let (changes, elapsed) = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var (changes, last) = (0, checkpointFile())
                while clock.now - start < .milliseconds(2500) {
                    let file = checkpointFile()
                    if file != last { changes += 1 }
                    last = file
                    usleep(500)
                }
                isOver.withLock { $0 = true }
                continuation.resume(returning: (changes, clock.now - start))
            }
        }
        log.close()
        print("published checkpoints in \(elapsed): \(changes)")
        #expect(changes >= 2)
        #expect(Double(changes) <= elapsed / .milliseconds(100) + 2)
    }

    @Test("Waiting for a checkpoint gives one that covers the entry") func covering() async throws {
        let log = try directory.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<40 {
                group.addTask {
                    for number in 0..<5 {
                        let index = try await log.append(entry("\(caller)/\(number)"))
                        let published = try await log.published(covering: index)
                        #expect(published.size > index)
                        #expect(log.publishedCheckpoint.size >= published.size)
                        #expect(try log.proof(of: index).index == index)
                    }
                }
            }
            try await group.waitForAll()
        }
        log.close()
        #expect(log.publishedCheckpoint.size == 200)
    }

    @Test("Partial tiles are gone when the full one is there: a log does not fill up with them") func pruned()
        async throws
    {
        let log = try directory.open()
        for start in stride(from: 0, to: 700, by: 70) {
            try await log.appendAll(entries(start..<start + 70))
            _ = try await log.published(covering: UInt64(start + 69))
        }
        log.close()
        let partial = try directory.files(in: "log/tile").filter { $0.contains(".p/") }
        let lowest = partial.filter { !$0.hasPrefix("log/tile/1/") }
        #expect(lowest.allSatisfy { $0.contains("/002.p/") }, "\(lowest)")
        #expect(lowest.contains("log/tile/entries/002.p/188") && lowest.contains("log/tile/0/002.p/188"))
        #expect(partial.contains("log/tile/1/000.p/2"))
        try directory.expectPublished(entries(0..<700))
    }

    @Test("The checkpoint names the log, is readable by all, and its folder holds nothing else") func files()
        throws
    {
        let log = try directory.open()
        log.close()
        #expect(try directory.files(in: "log") == ["log/checkpoint"])
        let checkpoint = try #require(try directory.publishedCheckpoint())
        #expect(checkpoint.origin == directory.signer.name)
        let modes = try (["log/checkpoint", "journal/00000000000000000000.journal"]).map {
            try FileManager.default.attributesOfItem(atPath: directory.path + "/" + $0)[.posixPermissions]
                as? Int
        }
        #expect(modes == [0o644, 0o600])
    }
}
