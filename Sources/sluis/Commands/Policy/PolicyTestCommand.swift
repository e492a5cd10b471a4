import ArgumentParser
import Foundation
import Model
import PolicyEngine

struct PolicyTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run given/when/then files for policies.",
        discussion: """
            A folder stands for all files in it that end with .tests.json. Files that a test names are \
            looked for beside it, then in the folder above. The status is 1 if a case fails.
            """)

    @Argument(help: ArgumentHelp("A test file or a folder.", valueName: "path")) var path: String

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let files = try Self.files(path)
        var (passed, failures): (Int, [(file: String, outcome: PolicyTrial.Outcome)]) = (0, [])
        let purposes = try PolicyInput.purposes()
        for file in files {
            let trial = try PolicyTrial(PolicyInput.json(file, option: "path"), purposes: purposes) { name in
                try PolicyInput.json(Self.beside(file, name), option: file)
            }
            for outcome in trial.run() {
                if outcome.failure == nil { passed += 1 } else { failures.append((file, outcome)) }
            }
        }
        let lines = failures.map { "\($0.file): \($0.outcome.given): \($0.outcome.failure ?? "")" }
        try printing.output.answer(
            [
                "passed": .integer(Int64(passed)), "failed": .integer(Int64(failures.count)),
                "failures": .array(
                    failures.map {
                        [
                            "file": .string($0.file), "given": .string($0.outcome.given),
                            "failure": JSON($0.outcome.failure),
                        ]
                    }),
            ], (lines + ["\(passed) passed, \(failures.count) failed"]).joined(separator: "\n"))
        if !failures.isEmpty { throw ExitCode(ExitCodes.refused) }
    }

    private static func files(_ path: String) throws -> [String] {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            throw ClientFault(.badInput, "missing_file", "there is no `\(path)`", field: "path")
        }
        guard attributes[.type] as? FileAttributeType == .typeDirectory else { return [path] }
        let all = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        let files = all.filter { $0.hasSuffix(".tests.json") }.map { path + "/" + $0 }
        guard !files.isEmpty else {
            throw ClientFault(
                .badInput, "no_tests", "`\(path)` holds no test file", field: "path",
                expected: "files that end with .tests.json")
        }
        return files
    }

    private static func beside(_ file: String, _ name: String) -> String {
        let folder = URL(filePath: file).deletingLastPathComponent()
        let near = folder.appending(path: name).path
        return FileManager.default.fileExists(atPath: near)
            ? near : folder.deletingLastPathComponent().appending(path: name).path
    }
}
