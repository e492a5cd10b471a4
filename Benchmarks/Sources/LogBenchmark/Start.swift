import AuditLog
import Foundation
import Glibc

/// How long a start takes after a crash: the process that wrote the entries was killed, nothing was closed.
struct Start {
    let entries: Int

    func run() throws {
        let home = try LogHome()
        let child = Process()
        child.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        child.arguments = ["fill", String(entries), home.path]
        let output = Pipe()
        child.standardOutput = output
        try child.run()
        // It says one word when all is answered, and then does nothing more of its own.
        let word = output.fileHandleForReading.availableData
        precondition(word == Data("filled\n".utf8), "the log was not filled")
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        let start = now()
        let log = try home.open()
        let elapsed = Double(now() - start) / 1e9
        print("figure start_\(entries)_entries_s \((elapsed * 1000).rounded() / 1000) s")
        precondition(log.size >= UInt64(entries), "the log has \(log.size) entries")
        // And with nothing but the journal to go by.
        log.close()
        try FileManager.default.removeItem(atPath: home.path + "/journal/synced")
        let again = now()
        let replayed = try home.open()
        let seconds = Double((now() - again) / 1_000_000) / 1000
        print("figure start_\(entries)_entries_without_synced_s \(seconds) s")
        replayed.close()
    }

    /// What the child does.
    static func fill(_ entries: Int, _ path: String) throws {
        let log = try LogHome(path: path).open()
        let meter = Meter()
        var made = 0
        // Whoever is refused tries again in a moment.
        while made - meter.refused < entries {
            while meter.unanswered > 65_536 { usleep(100) }
            let refused = meter.refused
            meter.append(to: log, number: made, bytes: 256, since: now())
            made += 1
            if meter.refused > refused { usleep(10_000) }
        }
        meter.end()
        meter.waitForEnd()
        FileHandle.standardOutput.write(Data("filled\n".utf8))
        withExtendedLifetime(log) { while true { sleep(60) } }
    }
}
