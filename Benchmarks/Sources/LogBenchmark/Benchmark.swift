import AuditLog
import Foundation
import Pinning

/// The figures of the audit log, as `make bench NAME=log` runs them.
///
/// The process is started on one core, which is the log's; the thread that makes entries moves to the other.
@main
struct Benchmark {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let work = arguments.first else { return usage() }
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        switch work {
        case "rate" where numbers.count == 3:
            try Load(entryBytes: numbers[1], seconds: numbers[2]).run(perSecond: numbers[0])
        case "saturate" where numbers.count == 2:
            try Load(entryBytes: numbers[0], seconds: numbers[1]).saturate()
        case "single" where numbers.count == 1: try Single(entries: numbers[0]).run()
        case "start" where numbers.count == 1: try Start(entries: numbers[0]).run()
        case "fill" where numbers.count == 1 && arguments.count == 3:
            try Start.fill(numbers[0], arguments[2])
        case "verify" where numbers.count == 2:
            try await Verification(entries: numbers[0], entryBytes: numbers[1]).run()
        default: usage()
        }
    }

    private static func usage() {
        print(
            """
            usage: LogBenchmark rate PER_SECOND ENTRY_BYTES SECONDS
                   LogBenchmark saturate ENTRY_BYTES SECONDS
                   LogBenchmark single ENTRIES
                   LogBenchmark start ENTRIES
                   LogBenchmark verify ENTRIES ENTRY_BYTES
            """)
    }
}
