import Foundation
import Testing

/// Python's own modules, as peers that nobody here wrote.
enum Python {
    static let isThere = (try? run("pass", [])) != nil

    /// What the script writes; its one argument is a file with these bytes.
    static func run(_ script: String, _ input: [UInt8]) throws -> [UInt8] {
        let folder = NSTemporaryDirectory() + "sluis-python-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(input).write(to: URL(filePath: folder + "/input"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, folder + "/input"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return bytes
    }

    struct Failed: Error {}
}
