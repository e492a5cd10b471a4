import Foundation

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

    static func run(_ name: String, _ arguments: [String]) throws -> Result {
        try run(at: folder.appendingPathComponent(name), arguments)
    }

    /// Any program by its path, such as `/usr/bin/awk`.
    static func run(at program: URL, _ arguments: [String]) throws -> Result {
        let files = try (0..<2).map { _ in try Scratch.file() }
        defer { files.forEach { try? FileManager.default.removeItem(at: $0) } }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
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
