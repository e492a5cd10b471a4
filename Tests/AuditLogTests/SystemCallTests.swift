import Cryptography
import Foundation
import MerkleLog
import Testing

@testable import AuditLog
import TestSupport

/// As `FaultInjectionTests`, but on a real process whose system calls fail or end it, by strace(1).
@Suite(
    "Any system call of a real process may fail or be its last", .timeLimit(.minutes(20)),
    .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
struct SystemCallTests {
    @Test(
        "After a restart the log verifies, lacks nothing that was printed and has nothing twice",
        arguments: [
            "write", "fdatasync", "fsync", "syncfs", "ftruncate", "rename", "openat", "unlink", "mkdir",
            "fchmod",
            "pread64", "newfstatat", "getdents64", "statfs", "access",
        ])
    func everyCall(name: String) async throws {
        let hammer = try Hammer()
        var hits = 0
        for fault in ["error=EIO", "error=ENOSPC", "signal=KILL"] {
            // strace counts in each thread for itself.
            for number in 1...400 {
                let run = try hammer.run(inject: "\(name):\(fault):when=\(number)")
                if !run.isHit { break }
                hits += 1
                try hammer.expectSound(after: run, "\(name) \(fault) when=\(number)")
            }
        }
        #expect(hits >= 3, "\(name) was called \(hits) times")
        print("\(name): \(hits) runs")
    }
}

/// A log that `LogHammer` appends to, once a run, on a fresh copy.
private struct Hammer {
    struct Run {
        var isHit: Bool
        var answered: [UInt64: String]
        var copy: DataDirectory
    }

    /// It lies beside the tests that were built with it.
    static let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "LogHammer").path

    let original: DataDirectory
    let keyFile: String

    init() throws {
        let key = try PrivateKey.generate(.ed25519)
        original = try DataDirectory(signer: NoteSigner(name: "hammer.example/log", key: key))
        keyFile = original.path + "/key.pem"
        try Data(key.pem.utf8).write(to: URL(fileURLWithPath: keyFile))
        // The tail beyond what is settled ends in the middle of a frame.
        #expect(try Tracer.run([], Self.program, [original.path, keyFile, "before", "301"]).status == 0)
        let journal = try original.bytes(original.firstSegment)
        let torn = JournalFrame(firstIndex: 301, entries: [Array("torn".utf8)]).encoded().dropLast(5)
        try original.write(journal + torn, to: original.firstSegment)
    }

    func run(inject: String) throws -> Run {
        let copy = try original.copied()
        let trace = copy.path + "/trace"
        let options = [
            "-f", "-qq", "-o", trace, "-e", "trace=" + inject.prefix { $0 != ":" }, "-e", "inject=" + inject,
        ]
        let result = try Tracer.run(options, Self.program, [copy.path, keyFile, "now", "9"])
        let told = String(decoding: try copy.bytes(trace), as: UTF8.self)
        var answered: [UInt64: String] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, let index = UInt64(parts[0]) { answered[index] = String(parts[1]) }
        }
        return Run(
            isHit: told.contains("(INJECTED)") || told.contains("SIGKILL"), answered: answered, copy: copy)
    }

    func expectSound(after run: Run, _ what: String) throws {
        let log = try run.copy.open()
        let size = log.publishedCheckpoint.size
        log.close()
        let found = try run.copy.publishedEntries(size).map { String(decoding: $0, as: UTF8.self) }
        #expect(Set(found.prefix(301)) == Set((0..<301).map { "before/\($0)" }), "\(what)")
        #expect(run.answered.allSatisfy { $0.key < size && found[Int($0.key)] == $0.value }, "\(what)")
        #expect(Set(found).count == found.count, "\(what): an entry is there twice")
        #expect(Set(found.dropFirst(301)).isSubset(of: Set((0..<9).map { "now/\($0)" })), "\(what)")
        #expect(try run.copy.verdict().isVerified, "\(what)")
    }
}
