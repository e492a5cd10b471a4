import AuditLog
import Foundation
import Glibc
import Synchronization

/// One entry at a time, against one fdatasync at a time of as many bytes, by turns in the same run.
struct Single {
    let entries: Int

    func run() throws {
        let home = try LogHome()
        let log = try home.open()
        let bare = open(home.path + "/bare", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        precondition(bare >= 0, "the folder of the log takes files")
        defer { close(bare) }
        let (own, rival) = (Samples(), Samples())
        let entry = [UInt8](repeating: UInt8(ascii: "x"), count: 256)
        for _ in 0..<entries {
            var start = now()
            let answered = DispatchSemaphore(value: 0)
            log.append(entry) { _ in answered.signal() }
            answered.wait()
            own.note(nanoseconds: now() - start)
            start = now()
            precondition(write(bare, entry, entry.count) == entry.count && fdatasync(bare) == 0)
            rival.note(nanoseconds: now() - start)
        }
        log.close()
        let (mine, theirs) = (own.percentile(50), rival.percentile(50))
        print("figure single_p50_ms \(mine) ms")
        print("figure bare_fdatasync_p50_ms \(theirs) ms")
        print("figure single_over_bare_fdatasync \((mine / theirs * 100).rounded() / 100) x")
    }
}
