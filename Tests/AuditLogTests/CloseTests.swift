import Dispatch
import Foundation
import MerkleLog
import Model
import Synchronization
import Testing

@testable import AuditLog

@Suite("Closing", .timeLimit(.minutes(20))) struct CloseTests {
    let directory: DataDirectory
    init() throws { directory = try DataDirectory() }

    private final class Answers: Sendable {
        private let list = Mutex<[Result<UInt64, RetryableFault>]>([])
        func note(_ answer: Result<UInt64, RetryableFault>) { list.withLock { $0.append(answer) } }
        var all: [Result<UInt64, RetryableFault>] { list.withLock { $0 } }
    }

    private func expectUnavailable(_ fault: RetryableFault?) {
        #expect(fault?.code == "log_unavailable")
        #expect(fault?.cause == "the log is closed")
    }

    @Test("What was queued before is in; what comes after is refused") func queued() async throws {
        let log = try directory.open()
        let answers = Answers()
        for entry in entries(0..<1000) { log.append(entry) { answers.note($0) } }
        log.close()
        #expect(answers.all == (0..<1000).map { .success($0) })
        await expectUnavailable(#expect(throws: RetryableFault.self) { try await log.append(entry("late")) })
        log.append(entry("late"), isRefusable: false) { answers.note($0) }
        #expect(answers.all.count == 1001)
        expectUnavailable(#expect(throws: RetryableFault.self) { try log.requireWritable() })
        #expect(log.failure == nil)
        #expect(log.publishedCheckpoint.size == 1000)
        try directory.expectPublished(entries(0..<1000))
        #expect(try log.proof(of: 999).index == 999)
    }

    @Test("Twice is as once, from many sides too") func twice() async throws {
        let log = try directory.open()
        try await log.appendAll(entries(0..<10))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { log.close() } }
        }
        let files = try directory.files(in: "log").map { try directory.bytes(directory.path + "/" + $0) }
        log.close()
        #expect(
            try directory.files(in: "log").map { try directory.bytes(directory.path + "/" + $0) } == files)
        try directory.expectPublished(entries(0..<10))
    }

    @Test("While others append: each is answered once, and what was answered with an index is in")
    func racing() async throws {
        var expected: [UInt64: [UInt8]] = [:]
        for round in 0..<20 {
            let log = try directory.open()
            let placed = await withTaskGroup(of: [UInt64: [UInt8]].self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        var own: [UInt64: [UInt8]] = [:]
                        for number in 0... {
                            let entry = entry("\(round)/\(caller)/\(number)")
                            guard let index = try? await log.append(entry) else { break }
                            own[index] = entry
                        }
                        return own
                    }
                }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(round))
                    log.close()
                    return [:]
                }
                return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
            }
            expected.merge(placed) { first, _ in first }
        }
        try directory.expectPublished(expected.sorted { $0.key < $1.key }.map(\.value))
    }

    @Test("The next start reads at most 255 entries again", arguments: [0, 1, 255, 256, 257, 1000, 2560])
    func synced(count: Int) async throws {
        let log = try directory.open()
        if count > 0 { try await log.appendAll(entries(0..<count)) }
        log.close()
        let state = try #require(SyncedState(directory.bytes(directory.synced)))
        #expect(state.size == UInt64(count - count % 256))
        let again = try directory.open()
        #expect(again.publishedCheckpoint.size == UInt64(count))
        again.close()
        #expect(SyncedState(try directory.bytes(directory.synced)) == state)
        try directory.expectPublished(entries(0..<count))
    }

    @Test("Who waits for a checkpoint is answered: with it, or that there will be none") func waiters()
        async throws
    {
        let log = try directory.open()
        let covered = Task { try await log.published(covering: 4) }
        let never = [5, 4000, UInt64.max].map { index in Task { try await log.published(covering: index) } }
        try await Task.sleep(for: .milliseconds(20))
        for entry in entries(0..<5) { log.append(entry) { _ in } }
        log.close()
        #expect(try await covered.value.size == 5)
        for task in never {
            await expectUnavailable(#expect(throws: RetryableFault.self) { try await task.value })
        }
        await expectUnavailable(
            #expect(throws: RetryableFault.self) { _ = try await log.published(covering: 5) })
        #expect(try await log.published(covering: 4).size == 5)
    }

    @Test("Nothing is written any more: the next hub has the directory for itself") func quiet() async throws
    {
        let log = try directory.open()
        for _ in 0..<5 {
            try await log.appendAll(entries(0..<3))
            try await Task.sleep(for: .milliseconds(30))
        }
        log.close()
        let number = {
            try FileManager.default.attributesOfItem(atPath: directory.checkpoint)[.systemFileNumber] as? Int
        }
        let before = try number()
        try await Task.sleep(for: .milliseconds(400))
        #expect(try number() == before, "a checkpoint that is renamed into place is another file")
    }

    @Test("A log that is closed, or simply forgotten, is freed") func freed() async throws {
        weak var closed: AuditLog?
        weak var forgotten: AuditLog?
        do {
            let other = try DataDirectory()
            let log = try directory.open()
            let second = try other.open()
            (closed, forgotten) = (log, second)
            try await log.appendAll(entries(0..<10))
            try await second.appendAll(entries(0..<10))
            log.close()
        }
        for _ in 0..<100 where closed != nil || forgotten != nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(closed == nil)
        #expect(forgotten == nil)
    }
}
