import Foundation
import MerkleLog
import Model
import Synchronization
import Testing

@testable import AuditLog
import TestSupport

/// What a log holds that was killed at any moment, or whose files were put together from different times.
@Suite("Recovery from copies taken while appending", .timeLimit(.minutes(20)))
struct RecoveryTests {
    /// The entries that were answered, by index, and how many more may be appended before the next copy, so
    /// that a slow machine does not make them many.
    private final class Acknowledged: Sendable {
        private let entries = Mutex<[UInt64: [UInt8]]>([:])
        private let allowance = Mutex(0)
        func allow(_ count: Int) { allowance.withLock { $0 = count } }
        func take() -> Bool {
            allowance.withLock { allowance in
                allowance -= 1
                return allowance >= 0
            }
        }
        func note(_ index: UInt64, _ entry: [UInt8]) { entries.withLock { $0[index] = entry } }
        var all: [UInt64: [UInt8]] { entries.withLock { $0 } }
    }

    private func appending(to log: AuditLog, _ acknowledged: Acknowledged, name: String) -> Task<Void, Never>
    {
        Task {
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        var number = 0
                        while !Task.isCancelled {
                            guard acknowledged.take() else {
                                try? await Task.sleep(for: .milliseconds(2))
                                continue
                            }
                            let entry = entry("\(name)/\(caller)/\(number)")
                            number += 1
                            guard let index = try? await log.append(entry) else { return }
                            acknowledged.note(index, entry)
                        }
                    }
                }
            }
        }
    }

    /// The order in which a copy shows nothing that a kill at one moment could not leave behind: no file is
    /// older than one that relies on it.
    private func orderOfAKill(_ directory: DataDirectory) throws -> [String] {
        ["journal/synced", "log/checkpoint"] + (try directory.files(in: "log/tile"))
            + (try journalFiles(directory))
    }

    private func journalFiles(_ directory: DataDirectory) throws -> [String] {
        try directory.files(in: "journal").filter { $0.hasSuffix(".journal") }
    }

    private func expectHolds(_ acknowledged: [UInt64: [UInt8]], in copy: DataDirectory) async throws {
        let log = try copy.open()
        let size = log.publishedCheckpoint.size
        #expect(size >= UInt64(acknowledged.count))
        let found = try copy.publishedEntries(size)
        #expect(acknowledged.allSatisfy { found[Int($0.key)] == $0.value })
        #expect(try await log.append(entry("after")) == size)
        log.close()
        try copy.expectPublished(found + [entry("after")])
    }

    @Test("100 kills: the copy opens, holds every answered entry and verifies") func kills() async throws {
        var generator = SeededGenerator.announced("100 kills")
        var directory = try DataDirectory()
        for life in 0..<5 {
            let log = try directory.open()
            let acknowledged = Acknowledged()
            for (index, entry) in try directory.publishedEntries(log.publishedCheckpoint.size).enumerated() {
                acknowledged.note(UInt64(index), entry)
            }
            let work = appending(to: log, acknowledged, name: "life \(life)")
            var copy = directory
            for _ in 0..<20 {
                acknowledged.allow(25)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<12, using: &generator)))
                copy = try DataDirectory(signer: directory.signer)
                let answered = acknowledged.all
                try directory.copy(orderOfAKill(directory), to: copy)
                try await expectHolds(answered, in: copy)
            }
            work.cancel()
            await work.value
            log.close()
            // The next life goes on from what the last kill left.
            directory = copy
        }
    }

    @Test("100 copies in random order open whole or are refused as a mixture, never as a wrong log")
    func mixtures() async throws {
        var generator = SeededGenerator.announced("100 mixtures")
        let directory = try DataDirectory()
        let first = try directory.open()
        try await first.appendAll(entries(0..<600))
        first.close()
        let log = try directory.open()
        let acknowledged = Acknowledged()
        for (index, entry) in entries(0..<600).enumerated() { acknowledged.note(UInt64(index), entry) }
        let work = appending(to: log, acknowledged, name: "mixtures")
        var refused = 0
        for round in 0..<100 {
            acknowledged.allow(25)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<12, using: &generator)))
            let copy = try DataDirectory(signer: directory.signer)
            let answered = acknowledged.all
            let others = try directory.files(in: "log") + ["journal/synced"]
            let journal = try journalFiles(directory)
            let order = others.shuffled(using: &generator)
            try directory.copy(round % 2 == 0 ? order + journal : journal + order, to: copy)
            do {
                try await expectHolds(answered, in: copy)
            } catch let error as LogError {
                // The journal is older than the checkpoint: a mixture that no kill leaves.
                #expect(error.code == .historyMismatch && round % 2 == 1, "\(error)")
                refused += 1
            }
        }
        print("mixtures refused: \(refused) of 100")
        work.cancel()
        await work.value
        log.close()
    }

    @Test("An older journal under a newer checkpoint is refused, and the journal is left as it is")
    func olderJournal() async throws {
        let directory = try DataDirectory()
        var log = try directory.open()
        try await log.appendAll(entries(0..<300))
        log.close()
        let older = try directory.bytes(directory.firstSegment)
        log = try directory.open()
        try await log.appendAll(entries(300..<301))
        log.close()
        for journal in [older, older + [0x53, 0x4C, 0x4A], []] {
            try directory.write(journal, to: directory.firstSegment)
            let error = #expect(throws: LogError.self) { try directory.open() }
            #expect(error?.code == .historyMismatch)
            #expect(error?.message.contains("put the journal of this log back") == true)
            #expect(try directory.bytes(directory.firstSegment) == journal)
        }
        try directory.remove(directory.firstSegment)
        #expect(throws: LogError.self) { try directory.open() }
        #expect(!FileManager.default.fileExists(atPath: directory.firstSegment))
    }

    @Test("A journal of the same length with another history is refused") func otherHistory() async throws {
        let directory = try DataDirectory()
        let other = try DataDirectory(signer: directory.signer)
        for (directory, text) in [(directory, "a"), (other, "b")] {
            let log = try directory.open()
            try await log.appendAll((0..<600).map { entry("\($0 == 40 ? text : "")\($0)") })
            log.close()
        }
        let strange = try other.bytes(other.firstSegment)
        try directory.write(strange, to: directory.firstSegment)
        try directory.remove(directory.synced)
        let error = #expect(throws: LogError.self) { try directory.open() }
        #expect(error?.code == .historyMismatch)
        #expect(try directory.bytes(directory.firstSegment) == strange)
    }

    @Test("A checkpoint by another key, of another log, or none at all is refused") func checkpoints()
        async throws
    {
        let directory = try DataDirectory()
        let log = try directory.open()
        try await log.appendAll(entries(0..<10))
        log.close()
        let note = try directory.bytes(directory.checkpoint)
        let root = naiveRoot(entries(0..<10)[...])
        let body = Checkpoint(origin: directory.signer.name, size: 10, root: root)
        let strangers = try newSigner(directory.signer.name)
        let otherLog = Checkpoint(origin: "other.example/log", size: 10, root: root)
        let damaged = note.enumerated().map { $0 == note.count - 9 ? $1 ^ 1 : $1 }
        let bad = try [
            Array(body.signed(by: [strangers]).utf8), Array(otherLog.signed(by: [directory.signer]).utf8),
            Array(body.body.utf8), [], [0xFF, 0xFE], damaged, Array(note.dropLast(3)),
        ]
        for note in bad {
            try directory.write(note, to: directory.checkpoint)
            let error = #expect(throws: LogError.self) { try directory.open() }
            #expect(error?.code == .historyMismatch)
            #expect(try directory.bytes(directory.checkpoint) == note)
        }
        try directory.remove(directory.checkpoint)
        try FileManager.default.createDirectory(
            atPath: directory.checkpoint, withIntermediateDirectories: false)
        #expect(throws: LogError.self) { try directory.open() }
    }

    @Test("Without its checkpoint a log is rebuilt from the journal, with the same root") func noCheckpoint()
        async throws
    {
        let directory = try DataDirectory()
        var log = try directory.open()
        try await log.appendAll(entries(0..<1000))
        log.close()
        let note = try directory.bytes(directory.checkpoint)
        try directory.remove(directory.path + "/log")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/log", withIntermediateDirectories: false)
        log = try directory.open()
        log.close()
        #expect(try directory.bytes(directory.checkpoint) == note)
        try directory.expectPublished(entries(0..<1000))
    }

    @Test("A missing folder is an error that names it") func folders() throws {
        for folder in ["journal", "log"] {
            let directory = try DataDirectory()
            try directory.remove(directory.path + "/" + folder)
            let error = #expect(throws: LogError.self) { try directory.open() }
            #expect(error?.code == .fileOperation)
            #expect(error?.message.contains("/\(folder)") == true)
        }
    }
}
