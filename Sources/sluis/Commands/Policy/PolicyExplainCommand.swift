import ArgumentParser
import Model
import PolicyEngine

struct PolicyExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say in plain sentences what policies permit, forbid and demand.")

    @Option(help: ArgumentHelp("JSON-LD with one policy, or several in a @graph.", valueName: "file"))
    var policy: [String] = []

    @Option(help: "nl, fr, de or en.", transform: { try ArgumentReader.word($0) })
    var language = Language.english

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let sentences = try PolicyInput.policies(policy).explanation(in: language)
        try printing.output.answer(["sentences": JSON(sentences)], sentences.joined(separator: "\n"))
    }
}
