import Foundation
import Testing

@Suite("The scripts of the build frame do what they say, and say so when they cannot")
struct ScriptTests {
    /// A PATH that holds only the programs named, so that what else a script wants is missing.
    private func path(with programs: [String], in folder: TemporaryFolder) throws -> String {
        let bin = folder.url.appending(path: "bin")
        try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
        for program in programs {
            let target = try Command.run("sh", ["-c", "command -v \(program)"]).output.dropLast()
            try FileManager.default.createSymbolicLink(
                atPath: bin.appending(path: program).path, withDestinationPath: String(target))
        }
        return bin.path
    }

    /// Puts a program of our own on a PATH.
    private func install(_ name: String, _ script: String, in path: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    @Test("Without pip the flights are not fetched: one line, status 0, no file")
    func noPip() throws {
        let folder = try TemporaryFolder()
        let target = folder.url.appending(path: "data/flights.csv").path
        let result = try Command.run(
            "Demo/fetch-flights", [target], environment: ["PATH": try path(with: ["bash"], in: folder)])
        #expect(result.status == 0 && result.errors == "")
        #expect(
            result.output
                == "flights not fetched (python3 with pip is missing): "
                + "the demo makes its own data of the same shape\n"
        )
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    /// A python3 whose pip answers `--version` and fails at everything else with this message.
    private func failingPip(_ message: String, in folder: TemporaryFolder) throws -> (Command, target: String)
    {
        let bin = try path(with: ["bash", "mktemp", "rm", "grep", "mkdir"], in: folder)
        try install(
            "python3", "case \"$*\" in *--version*) exit 0 ;; *) echo '\(message)'; exit 1 ;; esac", in: bin)
        let target = folder.url.appending(path: "data/flights.csv").path
        return (try Command.run("Demo/fetch-flights", [target], environment: ["PATH": bin]), target)
    }

    @Test("Without a network the flights are not fetched, and that is no error")
    func noNetwork() throws {
        let (result, target) = try failingPip("ERROR: Could not find a version", in: try TemporaryFolder())
        #expect(result.status == 0 && result.output.contains("flights not fetched"))
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test("An archive with another hash is an error and leaves no file")
    func wrongHash() throws {
        let message = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
        let (result, target) = try failingPip(message, in: try TemporaryFolder())
        #expect(result.status == 1 && result.errors.contains("does not have the hash"))
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test("Flights that are there are not fetched again")
    func present() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("year\n", to: "flights.csv")
        let result = try Command.run(
            "Demo/fetch-flights", [file], environment: ["PATH": try path(with: ["bash"], in: folder)])
        #expect(result.status == 0 && result.output == "")
    }

    @Test("Without pip pymerkle is not fetched: one line, status 0, no folder")
    func noPymerkle() throws {
        let folder = try TemporaryFolder()
        let target = folder.url.appending(path: "pymerkle").path
        let result = try Command.run(
            "Tests/Independent/fetch-pymerkle", [target],
            environment: ["PATH": try path(with: ["bash", "cmp"], in: folder)])
        #expect(
            result.output
                == "pymerkle not fetched (python3 with pip is missing): the tests that need it are skipped\n")
        #expect(result.status == 0 && !FileManager.default.fileExists(atPath: target))
    }

    @Test(
        "A wheel of pymerkle with another hash is an error, anything else that pip says is not",
        arguments: [("THESE PACKAGES DO NOT MATCH THE HASHES FROM", 1), ("No matching distribution", 0)])
    func wrongWheel(message: String, status: Int32) throws {
        let folder = try TemporaryFolder()
        let bin = try path(with: ["bash", "cmp", "mktemp", "rm", "grep"], in: folder)
        try install(
            "python3", "case \"$*\" in *--version*) exit 0 ;; *) echo '\(message)' >&2; exit 1 ;; esac",
            in: bin)
        let target = folder.url.appending(path: "pymerkle").path
        let result = try Command.run(
            "Tests/Independent/fetch-pymerkle", [target], environment: ["PATH": bin])
        #expect(result.status == status)
        #expect(result.errors.contains("does not have the hash") == (status == 1))
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test("pymerkle of the same requirements is not fetched again")
    func presentPymerkle() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(
            try Repository.text("Tests/Independent/requirements.txt"), to: "requirements.txt")
        let result = try Command.run(
            "Tests/Independent/fetch-pymerkle", [folder.url.path],
            environment: ["PATH": try path(with: ["bash", "cmp"], in: folder)])
        #expect(result.status == 0 && result.output == "" && result.errors == "")
    }

    /// A Debian where only `pkg-config` is installed, and whose apt-get and sudo write down what they are
    /// told.
    private func debian(_ folder: TemporaryFolder, user: Int) throws -> String {
        let bin = try path(with: ["bash", "grep", "env", "sh"], in: folder)
        try install("dpkg-query", "case \"$*\" in *pkg-config) echo installed ;; *) exit 1 ;; esac", in: bin)
        try install("apt-get", "echo apt-get \"$@\"", in: bin)
        try install("id", "echo \(user)", in: bin)
        return bin
    }

    @Test(
        "Only what is missing is installed, as root directly and otherwise with sudo", arguments: [0, 1000])
    func installs(user: Int) throws {
        let folder = try TemporaryFolder()
        let bin = try debian(folder, user: user)
        try install("sudo", "echo -n 'sudo '; exec \"$@\"", in: bin)
        let result = try Command.run(
            ".ci/install-packages", ["pkg-config", "libssl-dev", "libsqlite3-dev"], environment: ["PATH": bin]
        )
        let sudo = user == 0 ? "" : "sudo "
        #expect(
            result.output == """
                installing libssl-dev libsqlite3-dev with apt-get
                \(sudo)apt-get update -qq
                \(sudo)apt-get install -qq -y --no-install-recommends libssl-dev libsqlite3-dev

                """)
        #expect(result.status == 0)
    }

    @Test("What is present is left alone, without a word")
    func installed() throws {
        let folder = try TemporaryFolder()
        let result = try Command.run(
            ".ci/install-packages", ["pkg-config"], environment: ["PATH": try debian(folder, user: 1000)])
        #expect(result.status == 0 && result.output == "" && result.errors == "")
    }

    @Test("Without the right to install it says what is missing and fails")
    func cannotInstall() throws {
        let folder = try TemporaryFolder()
        let bin = try debian(folder, user: 1000)
        let noSudo = try Command.run(".ci/install-packages", ["libssl-dev"], environment: ["PATH": bin])
        #expect(
            noSudo.status == 1
                && noSudo.errors == "missing: libssl-dev; as root run: apt-get install libssl-dev\n")
        try FileManager.default.removeItem(atPath: bin + "/apt-get")
        let noApt = try Command.run(".ci/install-packages", ["libssl-dev"], environment: ["PATH": bin])
        #expect(noApt.status == 1 && noApt.errors.contains("this system has no apt-get"))
    }
}
