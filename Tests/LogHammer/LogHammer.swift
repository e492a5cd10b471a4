import AuditLog
import Cryptography
import Foundation
import MerkleLog
import Model

/// A process that does nothing but append to a log, for tests that end it or let its calls fail.
///
/// usage: LogHammer FOLDER KEY NAME COUNT
///
/// It opens the log in FOLDER with the private key in the file KEY, appends COUNT entries `NAME/0`, `NAME/1`
/// and so on, a few at a time, and prints a line `INDEX ENTRY` for each that was answered, at once and
/// unbuffered: what was printed was acknowledged. It ends with status 0, 3 if the log stopped, 4 if it did
/// not open.
@main
enum LogHammer {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let count = Int(arguments[4]), let key = try? key(arguments[2]),
            let signer = try? NoteSigner(name: "hammer.example/log", key: key)
        else { exit(2) }
        let log: AuditLog
        do {
            log = try AuditLog(dataDirectory: arguments[1], signer: signer, reservedDiskBytes: 0)
        } catch {
            say("not opened: \(error)\n", to: FileHandle.standardError)
            exit(4)
        }
        var hasStopped = false
        for first in stride(from: 0, to: count, by: 4) {
            let entries = (first..<min(count, first + 4)).map { Array("\(arguments[3])/\($0)".utf8) }
            hasStopped = await append(entries, to: log) || hasStopped
        }
        log.close()
        exit(hasStopped ? 3 : 0)
    }

    private static func key(_ path: String) throws -> PrivateKey {
        try PrivateKey(pem: String(contentsOfFile: path, encoding: .utf8))
    }

    /// Appends all at once and waits for all.
    ///
    /// - Returns: whether one was refused.
    private static func append(_ entries: [[UInt8]], to log: AuditLog) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for entry in entries {
                group.addTask {
                    do throws(RetryableFault) {
                        let index = try await log.append(entry)
                        say("\(index) \(String(decoding: entry, as: UTF8.self))\n", to: .standardOutput)
                        return false
                    } catch {
                        say("refused: \(error.cause)\n", to: .standardError)
                        return true
                    }
                }
            }
            return await group.reduce(false) { $0 || $1 }
        }
    }

    /// A line that cannot be written is one that nobody has read: then nothing was acknowledged.
    private static func say(_ line: String, to output: FileHandle) {
        try? output.write(contentsOf: Data(line.utf8))
    }
}
