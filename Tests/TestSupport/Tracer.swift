internal import Foundation

/// Lets system calls of a process fail, by strace(1).
public final class Tracer: @unchecked Sendable {
    // `Process` is not Sendable; a test starts and ends a tracer from one task.
    private let process = Process()

    /// The journal's segment that begins with the first entry.
    public static let firstSegment = String(repeating: "0", count: 20) + ".journal"

    /// Whether programs can be run under strace here.
    public static let isAvailable =
        (try? run(["-qq", "-o", "/dev/null", "-e", "inject=close:error=EIO:when=9999"], "/bin/true", []))?
        .status
        == 0

    /// Runs a program to its end.
    ///
    /// - Parameter options: of strace; empty to run the program without it.
    public static func run(_ options: [String], _ program: String, _ arguments: [String]) throws -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = (options.isEmpty ? [] : ["strace"] + options) + [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// From its return on all calls on one file fail in a running process.
    ///
    /// - Parameters:
    ///   - fault: such as `write:error=EIO`.
    ///   - path: of the file, which must be there.
    public init(of running: Int32, _ fault: String, path: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let call = String(fault.prefix { $0 != ":" })
        process.arguments = [
            "strace", "-f", "-o", "/dev/null", "-p", String(running), "-P", path, "-e", "trace=\(call)", "-e",
            "inject=\(fault)",
        ]
        // strace says on standard error that it is attached.
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        var text = ""
        while !text.contains("attached") {
            let data = errors.fileHandleForReading.availableData
            if data.isEmpty { throw CocoaError(.executableLoad) }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    /// Lets the process run on without faults. strace holds other signals off while it traces; when it is
    /// gone the process runs on.
    public func end() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { end() } }
}
