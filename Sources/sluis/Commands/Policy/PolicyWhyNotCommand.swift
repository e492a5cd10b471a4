import ArgumentParser
import Model
import PolicyEngine

struct PolicyWhyNotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why-not", abstract: "The smallest set of changes that would permit a request.",
        discussion: "The status is 0 if it is permitted as it is, else 1.")

    @Option(help: ArgumentHelp("JSON-LD with one policy, or several in a @graph.", valueName: "file"))
    var policy: [String] = []

    @Option(help: ArgumentHelp("What is asked, JSON-LD.", valueName: "file")) var request: String

    @Option(help: ArgumentHelp("The state of the world, JSON-LD; `{}` for none.", valueName: "file"))
    var state: String

    @Option(
        help: ArgumentHelp("The time of evaluation (by default the state's).", valueName: "time"),
        transform: ArgumentReader.time)
    var now: Instant?

    @Option(
        help: "What no rule speaks of: closed denies it, open permits it.",
        transform: { try ArgumentReader.word($0) })
    var behaviour = EvaluationOptions.Behaviour.closed

    @Option(
        help: "A duty blocks until it is fulfilled (strict), or only once it was violated (lenient).",
        transform: { try ArgumentReader.word($0) })
    var duty = EvaluationOptions.DutyReading.strict

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let answer = try PolicyInput.policies(policy).whyNot(
            request: PolicyInput.json(request, option: "--request"),
            state: PolicyInput.json(state, option: "--state"),
            options: EvaluationOptions(behaviour: behaviour, duty: duty, now: now))
        let lines = answer.changes.map { "  \($0.place.rawValue): \($0.text)" }
        try printing.output.answer(
            answer.json, ([answer.outcome.rawValue] + lines).joined(separator: "\n"))
        if answer.outcome == .deny { throw ExitCode(ExitCodes.refused) }
    }
}
