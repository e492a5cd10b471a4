import Foundation
import MerkleLog
import Model
import Synchronization
import Testing

@testable import AuditLog
import TestSupport

/// Every call of opening, appending, publishing and closing goes wrong once, in every way.
@Suite("Any call to the disk may fail or be the last", .timeLimit(.minutes(20)))
struct FaultInjectionTests {
    /// What one life of a hub was told.
    private struct Life {
        /// Entries that were answered with an index.
        var answered: [UInt64: [UInt8]] = [:]
        /// Every checkpoint that anybody could have read.
        var checkpoints: [PublishedCheckpoint] = []
        var refusals: [String] = []
    }

    /// A log of 700 entries whose journal has a tail beyond what is settled, and a torn last frame.
    private static func prepared() async throws -> DataDirectory {
        let directory = try DataDirectory()
        var log = try directory.open()
        try await log.appendAll(entries(0..<300))
        log.close()
        let settled = try directory.bytes(directory.synced)
        log = try directory.open()
        try await log.appendAll(entries(300..<700))
        log.close()
        try directory.write(settled, to: directory.synced)
        let journal = try directory.bytes(directory.firstSegment)
        let torn = JournalFrame(firstIndex: 700, entries: [entry("torn")]).encoded().dropLast(7)
        try directory.write(journal + torn, to: directory.firstSegment)
        return directory
    }

    /// Opens, replays the outbox, appends, publishes, closes: as far as it gets.
    private func live(_ directory: DataDirectory, in system: FaultyFiles) async -> Life {
        var life = Life()
        let log: AuditLog
        do { log = try directory.open(in: system) } catch {
            life.refusals.append("\(error)")
            return life
        }
        life.checkpoints.append(log.publishedCheckpoint)
        for (name, count) in [("a", 3), ("b", 61)] {
            let batch = (0..<count).map { entry("\(name)\($0)") }
            let answers = await answers(of: log, to: batch)
            for (entry, answer) in zip(batch, answers) {
                switch answer {
                case .success(let index): life.answered[index] = entry
                case .failure(let fault): life.refusals.append(fault.code)
                }
            }
            life.checkpoints.append(log.publishedCheckpoint)
        }
        log.close()
        life.checkpoints.append(log.publishedCheckpoint)
        return life
    }

    private func answers(of log: AuditLog, to batch: [[UInt8]]) async -> [Result<UInt64, RetryableFault>] {
        let (stream, continuation) = AsyncStream.makeStream(of: (Int, Result<UInt64, RetryableFault>).self)
        for (place, entry) in batch.enumerated() { log.append(entry) { continuation.yield((place, $0)) } }
        var all = [Result<UInt64, RetryableFault>?](repeating: nil, count: batch.count)
        for await (place, answer) in stream.prefix(batch.count) { all[place] = answer }
        return all.compactMap { $0 }
    }

    /// What must hold after a restart on a healthy disk, whatever happened before.
    private func expectSound(_ directory: DataDirectory, after life: Life, _ what: String) async throws {
        let log = try directory.open()
        let size = log.publishedCheckpoint.size
        let found = try directory.publishedEntries(size)
        #expect(Array(found.prefix(700)) == entries(0..<700), "\(what)")
        #expect(life.answered.allSatisfy { $0.key < size && found[Int($0.key)] == $0.value }, "\(what)")
        #expect(Set(found).count == found.count, "\(what): an entry is there twice")
        for checkpoint in life.checkpoints where checkpoint.size > 0 {
            let opened = try Checkpoint.open(
                note: Array(checkpoint.note.utf8), of: NoteVerifier(vkey: directory.signer.vkey))
            #expect(opened.root == naiveRoot(found[..<Int(opened.size)]), "\(what): history changed")
        }
        #expect(try await log.append(entry("after")) == size)
        log.close()
        let verdict = try directory.verdict()
        #expect(
            verdict.description
                == "verified \(size + 1) entries, root \(naiveRoot((found + [entry("after")])[...]))",
            "\(what)")
    }

    @Test(
        "After a restart the log verifies, lacks nothing that was answered and has nothing twice",
        arguments: FaultyFiles.Fault.allCases)
    func everyCall(_ fault: FaultyFiles.Fault) async throws {
        let original = try await Self.prepared()
        var hits = 0
        for name in [
            "open", "read", "stat", "list", "truncate", "write", "fsync", "syncfs", "rename", "unlink",
            "mkdir", "chmod", "statvfs", "access",
        ] {
            let found = try await hit(every: name, fault, original)
            #expect(found >= 1, "\(name) is never called")
            hits += found
        }
        #expect(hits > 100, "only \(hits) calls were made")
        print("\(fault): \(hits) calls")
    }

    /// Lets each call of a name go wrong once.
    ///
    /// - Returns: how many there were.
    private func hit(
        every name: String, _ fault: FaultyFiles.Fault, _ original: DataDirectory
    ) async throws -> Int {
        // How many calls are made depends a little on how entries fall into commits.
        var (number, misses) = (0, 0)
        while misses < 3 {
            let directory = try original.copied()
            let system = FaultyFiles(fault, atCall: number, of: name)
            number += 1
            let life = await live(directory, in: system)
            guard let hit = system.hit else {
                misses += 1
                continue
            }
            misses = 0
            system.end()
            try await expectSound(directory, after: life, "\(fault) at \(name) \(number - 1), \(hit)")
        }
        return number - misses
    }

    @Test("A write or sync of the journal that fails stops the log for good, and says so")
    func fatal() async throws {
        let original = try await Self.prepared()
        var stopped = 0
        for number in 0..<200 {
            let directory = try original.copied()
            let system = FaultyFiles(.failsUndone, atCall: number)
            guard let log = try? directory.open(in: system) else { continue }
            let first = await answers(of: log, to: [entry("one")])
            guard let hit = system.hit, hit.hasSuffix(".journal") else { continue }
            guard case .failure(let fault)? = first.first else {
                Issue.record("\(hit): answered although it failed")
                continue
            }
            stopped += 1
            #expect(fault.code == "log_unavailable" && fault.cause.contains("Input/output error"))
            #expect(log.failure?.code == .fileOperation)
            // The disk is well again, the log stays stopped.
            let second = await answers(of: log, to: [entry("two")])
            #expect(second.allSatisfy { if case .failure = $0 { true } else { false } })
            #expect(throws: RetryableFault.self) { try log.requireWritable() }
            log.close()
        }
        #expect(stopped >= 2)
    }

    @Test("Rows of the outbox are in the log once, whichever call was the last one")
    func outbox() async throws {
        let original = try await Self.prepared()
        for fault in [FaultyFiles.Fault.endsBefore, .endsAfter, .failsDone] {
            var number = 0
            while true {
                let directory = try original.copied()
                let store = MemoryStore()
                let system = FaultyFiles(fault, atCall: number)
                await commitTwelve(directory, store, in: system)
                guard system.hit != nil else { break }
                system.end()
                let log = try directory.open()
                let outbox = Outbox(log: log, store: store)
                _ = try await outbox.replay()
                log.close()
                let found = try directory.publishedEntries(log.publishedCheckpoint.size)
                let numbers = found.compactMap { EntryStamp($0).number }
                #expect(numbers == Array(1...store.newest), "\(fault) at call \(number)")
                number += 5
            }
            #expect(number > 60)
        }
    }

    /// Commits rows while a hub lives; what the log does not take is kept by the store.
    private func commitTwelve(_ directory: DataDirectory, _ store: MemoryStore, in system: FaultyFiles) async
    {
        guard let log = try? directory.open(in: system) else {
            store.commit(1, text: "early") { _ in }
            return
        }
        let outbox = Outbox(log: log, store: store)
        _ = try? await outbox.replay()
        for round in 0..<4 { store.commit(3, text: "\(round)", deliver: outbox.deliver) }
        _ = try? await outbox.index(of: store.newest)
        log.close()
        try? outbox.close()
    }
}
