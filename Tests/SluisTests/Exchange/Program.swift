import Dispatch
import Foundation
import Glibc
import Synchronization

/// Programs that this package builds, run as a person would.
enum Program {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The folder of the test bundle, in which the products lie too.
    static var folder: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// What a program that should have ended printed.
    struct DidNotEnd: Error { let output, errors: String }

    /// - Parameter environment: is added to that of the tests.
    /// - Throws: `DidNotEnd` if it runs for more than five minutes, in which case it is killed.
    static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Result {
        try run(at: folder.appendingPathComponent(name), arguments, environment: environment)
    }

    /// Any program by its path, such as `/usr/bin/awk`.
    static func run(
        at program: URL, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Result {
        let files = try (0..<2).map { _ in try Scratch.file() }
        defer { files.forEach { try? FileManager.default.removeItem(at: $0) } }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        let ended = waitForEnd(of: process)
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        guard ended else { throw DidNotEnd(output: texts[0], errors: texts[1]) }
        return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
    }

    /// - Returns: whether it ended by itself.
    private static func waitForEnd(of process: Process) -> Bool {
        let pid = process.processIdentifier
        let isOverdue = Mutex(false)
        let watch = DispatchSource.makeTimerSource()
        watch.schedule(deadline: .now() + 300)
        watch.setEventHandler {
            isOverdue.withLock { $0 = true }
            kill(pid, SIGKILL)
        }
        watch.resume()
        process.waitUntilExit()
        watch.cancel()
        return !isOverdue.withLock { $0 }
    }
}

/// Places in the file system that a test may use.
enum Scratch {
    static func path(_ name: String) -> String {
        NSTemporaryDirectory() + "sluis-test-\(name)-\(UUID().uuidString)"
    }

    static func file() throws -> URL {
        let url = URL(fileURLWithPath: path("output"))
        try Data().write(to: url)
        return url
    }
}
