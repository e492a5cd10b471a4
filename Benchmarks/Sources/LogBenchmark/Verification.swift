import AuditLog
import Foundation
import Glibc
import MerkleLog

/// How fast an auditor verifies a whole log, on one core and on two, and how much memory that takes.
struct Verification {
    let entries: Int
    let entryBytes: Int

    func run() async throws {
        let home = try LogHome()
        let log = try home.open()
        let meter = Meter()
        for number in 0..<entries {
            while meter.unanswered > 65_536 { usleep(100) }
            meter.append(to: log, number: number, bytes: entryBytes, since: now())
        }
        meter.end()
        meter.waitForEnd()
        log.close()
        let before = peakKiB()
        for workers in [1, 2] {
            let verifier = LogVerifier(
                files: try LogDirectory(home.path + "/log"), log: try NoteVerifier(vkey: home.signer.vkey))
            let start = now()
            let outcome = await verifier.verify(workers: workers)
            let elapsed = Double(now() - start) / 1e9
            precondition(outcome.verdict.isVerified, "\(outcome.verdict)")
            let name = workers == 1 ? "verify_one_core" : "verify"
            print("figure \(name)_\(entries)_\(entryBytes)_per_s \(Int(Double(entries) / elapsed)) entries/s")
        }
        print("# verifying raised the peak of memory by \(peakKiB() - before) KiB")
    }

    private func peakKiB() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}
