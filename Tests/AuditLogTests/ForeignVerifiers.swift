import Foundation

/// Verifiers that nobody of this project wrote, each in a process of its own: Go's `sumdb/note` and
/// `sumdb/tlog` through `Tests/Independent/tlogcheck`, and pymerkle.
enum ForeignVerifiers {
    struct Result: Equatable {
        let status: Int32
        /// What it printed, without the last newline; what it complained about, if it printed nothing.
        let line: String
    }

    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let programs = root.appending(path: "Tests/Independent")
    private static let goPackages = "/usr/share/gocode"
    private static let pymerkleFolder = root.appending(path: ".build/pymerkle")

    /// What the tests with Go need and this machine lacks, nil if it has all.
    static let missingForGo: String? = {
        if !isInstalled("go") { return "needs Debian's package golang-go" }
        let package = goPackages + "/src/golang.org/x/mod/sumdb/tlog/tlog.go"
        return FileManager.default.fileExists(atPath: package)
            ? nil : "needs Debian's package golang-golang-x-mod-dev"
    }()

    /// The same for those with pymerkle.
    static let missingForPymerkle: String? = {
        if !isInstalled("python3") { return "needs Debian's package python3" }
        return FileManager.default.fileExists(atPath: pymerkleFolder.appending(path: "pymerkle").path)
            ? nil
            : "needs pymerkle (Debian's package python3-pip and a network): Tests/Independent/"
                + "fetch-pymerkle .build/pymerkle"
    }()

    static func tlogcheck(_ arguments: String...) throws -> Result {
        try run(tlogcheck.get(), arguments, [:])
    }

    static func pymerkle(_ arguments: String...) throws -> Result {
        let environment = ["PYTHONPATH": pymerkleFolder.path, "PYTHONDONTWRITEBYTECODE": "1"]
        return try run("python3", [programs.path + "/check_with_pymerkle.py"] + arguments, environment)
    }

    /// Built once in a run of the tests, gone with it.
    private static let tlogcheck = Swift.Result {
        try FileManager.default.createDirectory(atPath: buildFolder, withIntermediateDirectories: false)
        atexit { try? FileManager.default.removeItem(atPath: ForeignVerifiers.buildFolder) }
        let program = buildFolder + "/tlogcheck"
        // Without modules and without a C compiler: all that is imported lies on this machine.
        let environment = [
            "GO111MODULE": "off", "GOPATH": goPackages, "GOFLAGS": "", "CGO_ENABLED": "0",
            "GOCACHE": root.path + "/.build/go-cache",
        ]
        let build = try run(
            "go", ["build", "-o", program, "."], environment, in: programs.appending(path: "tlogcheck"))
        guard build.status == 0 else { throw BuildFailure(description: build.line) }
        return program
    }
    private static let buildFolder = NSTemporaryDirectory() + "sluis-tlogcheck-" + UUID().uuidString

    private struct BuildFailure: Error, CustomStringConvertible { let description: String }

    private static func isInstalled(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], in folder: URL = root
    ) throws -> Result {
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        return Result(status: process.terminationStatus, line: text.trimmingCharacters(in: .newlines))
    }
}
