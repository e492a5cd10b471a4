import ArgumentParser
import Model
import PolicyEngine

struct PolicyCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate a policy, with the line and column of everything found.",
        discussion: "The status is 1 if there is an error. Warnings tell what is probably not meant.")

    @Argument(help: ArgumentHelp("JSON-LD with one policy, or several in a @graph.", valueName: "file"))
    var file: String

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let bytes = try InputFile.bytes(file, option: "file", maximumBytes: PolicyInput.maximumBytes)
        let check = PolicyCheck(bytes, purposes: try PolicyInput.purposes())
        let lines = check.problems.map { problem in
            "\(file):\(problem.line):\(problem.column): \(problem.severity.rawValue): \(problem.message)"
        }
        try printing.output.answer(
            ["problems": .array(check.problems.map(\.json))],
            lines.isEmpty ? "no problems" : lines.joined(separator: "\n"))
        if check.hasErrors { throw ExitCode(ExitCodes.refused) }
    }
}
