import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

@Suite("When the disk says no", .timeLimit(.minutes(20))) struct DiskFailureTests {
    @Test(
        "Full in the middle of a commit: every caller is told, and what was answered is there later",
        .enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"),
        arguments: [192, 256, 500, 1000])
    func fullDisk(sizeKiB: Int) async throws {
        let disk = try Tmpfs(sizeKiB: sizeKiB)
        let directory = try DataDirectory(in: disk.path)
        let answered = try await fill(directory)
        // Still full: it opens with all of it, or says why not.
        do {
            let log = try directory.open()
            #expect(log.publishedCheckpoint.size >= UInt64(answered.count))
            log.close()
        } catch let error as LogError {
            #expect(error.code == .fileOperation)
        }
        try disk.resize(toKiB: 65_536)
        try await expectAll(answered, in: directory)
        withExtendedLifetime(disk) {}
    }

    @Test("A file that may not grow, at any place of a frame", arguments: [20_000, 50_123, 100_001])
    func fileLimit(sizeBytes: Int) async {
        // In a process of its own, since the limit is one of the whole process.
        await #expect(processExitsWith: .success) { [sizeBytes] in
            signal(SIGXFSZ, SIG_IGN)
            let directory = try DataDirectory()
            try limitFiles(toBytes: UInt(sizeBytes))
            let answered = try await fill(directory)
            try limitFiles(toBytes: .max)
            try await expectAll(answered, in: directory)
        }
    }

    @Test("Tiles that cannot be written stop the log; the journal has all that was answered") func tiles()
        async throws
    {
        let directory = try DataDirectory()
        let first = try directory.open()
        try await first.appendAll(entries(0..<10))
        first.close()
        let log = try directory.open()
        let tiles = directory.path + "/log/tile"
        try directory.remove(tiles)
        try directory.write([], to: tiles)
        let waiter = Task { try await log.published(covering: 1_000_000) }
        var answered = Dictionary(uniqueKeysWithValues: entries(0..<10).enumerated().map { (UInt64($0), $1) })
        try await appendUntilRefused(to: log, name: "tiles", answered: &answered)
        await expectUnavailable(#expect(throws: RetryableFault.self) { _ = try await waiter.value })
        try await expectStopped(log)
        #expect(log.failure?.message.contains("/log/tile") == true)
        try directory.remove(tiles)
        try await expectAll(answered, in: directory)
    }

    @Test("What is no regular file is not read", arguments: ["checkpoint", "synced", "segment"])
    func irregular(name: String) throws {
        let directory = try DataDirectory()
        try directory.open().close()
        let files = ["checkpoint": directory.checkpoint, "synced": directory.synced]
        let path = files[name] ?? directory.firstSegment
        try directory.remove(path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(#expect(throws: LogError.self) { try directory.open() }?.code == .fileOperation)
        try directory.remove(path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
        #expect(#expect(throws: LogError.self) { try directory.open() }?.code == .fileOperation)
    }
}

private func limitFiles(toBytes size: UInt) throws {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
        throw CocoaError(.featureUnsupported)
    }
    limit.rlim_cur = min(rlim_t(size), limit.rlim_max)
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
        throw CocoaError(.featureUnsupported)
    }
}

/// Appends until the disk fails; then nothing goes in any more, and the log says so.
private func fill(_ directory: DataDirectory) async throws -> [UInt64: [UInt8]] {
    let log = try directory.open()
    let answered = await withTaskGroup(of: [UInt64: [UInt8]].self) { group in
        for caller in 0..<16 {
            group.addTask {
                var own: [UInt64: [UInt8]] = [:]
                try? await appendUntilRefused(to: log, name: "\(caller)", answered: &own)
                return own
            }
        }
        return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
    #expect(answered.count > 5)
    try await expectStopped(log)
    return answered
}

private func appendUntilRefused(to log: AuditLog, name: String, answered: inout [UInt64: [UInt8]])
    async throws
{
    for number in 0..<100_000 {
        let entry = entry("\(name)/\(number) " + String(repeating: "x", count: number % 1500))
        do {
            answered[try await log.append(entry)] = entry
        } catch {
            expectUnavailable(error)
            return
        }
        if number % 16 == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
    Issue.record("the disk never failed")
}

private func expectUnavailable(_ fault: RetryableFault?) {
    #expect(fault?.code == "log_unavailable")
    #expect(fault?.cause.contains("failed: ") == true, "\(fault?.cause ?? "no fault")")
    #expect(fault?.message.contains("/") == false, "no path of ours is told to callers")
}

private func expectStopped(_ log: AuditLog) async throws {
    expectUnavailable(#expect(throws: RetryableFault.self) { try log.requireWritable() })
    for _ in 0..<3 {
        await expectUnavailable(#expect(throws: RetryableFault.self) { _ = try await log.append([1]) })
    }
    #expect(log.failure?.code == .fileOperation)
    log.close()
    let size = log.publishedCheckpoint.size
    await expectUnavailable(
        #expect(throws: RetryableFault.self) { _ = try await log.published(covering: size) })
    log.close()
    #expect(log.publishedCheckpoint.size == size)
}

private func expectAll(_ answered: [UInt64: [UInt8]], in directory: DataDirectory) async throws {
    let log = try directory.open()
    let size = log.publishedCheckpoint.size
    #expect(size >= UInt64(answered.count))
    let found = try directory.publishedEntries(size)
    #expect(answered.allSatisfy { found[Int($0.key)] == $0.value })
    #expect(try await log.append(entry("after")) == size)
    log.close()
    try directory.expectPublished(found + [entry("after")])
}
