import AuditLog
import Foundation
import Glibc

/// How long a start takes after a crash: the process that wrote the entries was killed, nothing was closed.
struct Start {
    let entries: Int

    func run() throws {
        let home = try LogHome()
        let log = try home.open()
        let meter = Meter()
        for number in 0..<entries {
            while meter.unanswered > 65_536 { usleep(100) }
            meter.append(to: log, number: number, bytes: 256, since: now())
        }
        meter.end()
        meter.waitForEnd()
        // The log is left as it is: what a second opening finds is what a kill at this moment leaves.
        let start = now()
        let again = try home.open()
        let elapsed = Double(now() - start) / 1e9
        print("figure start_\(entries)_entries_s \((elapsed * 1000).rounded() / 1000) s")
        precondition(again.size == UInt64(entries), "the log has \(again.size) entries")
        withExtendedLifetime(log) {}
    }
}
