import ArgumentParser
import Model
import PolicyEngine

struct PolicyFormatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "format", abstract: "Print a policy in one way of writing; no value changes.",
        discussion: "With --json it prints canonical JSON (RFC 8785), the form that the hub signs.")

    @Argument(help: ArgumentHelp("JSON-LD with policies.", valueName: "file")) var file: String

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let json = try PolicyInput.json(file, option: "file")
        try printing.output.answer(json, String(PolicyFormatter.format(json).dropLast()))
    }
}
