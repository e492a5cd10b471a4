import ArgumentParser
import Model
import PolicyEngine

struct PolicyEvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Evaluate a request against policies, down to the constraint.",
        discussion: """
            Requests are `odrl:Request` or `EvaluationRequest` in JSON-LD, states as the test suites of ODRL \
            write them. The status is 0 for a permit and 1 for a deny.
            """)

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
        let evaluation = try PolicyInput.policies(policy).evaluate(
            request: PolicyInput.json(request, option: "--request"),
            state: PolicyInput.json(state, option: "--state"),
            options: EvaluationOptions(behaviour: behaviour, duty: duty, now: now))
        try printing.output.answer(evaluation.json, Self.text(evaluation))
        if evaluation.outcome == .deny { throw ExitCode(ExitCodes.refused) }
    }

    static func text(_ evaluation: Evaluation) -> String {
        let isPermit = evaluation.outcome == .permit
        let lines = evaluation.reasons.map { "  \($0.code): \($0.message)" }
        let duties = evaluation.obligations.map { "  owed after access: \($0)" }
        return ([Terminal.paint(evaluation.outcome.rawValue, isPermit ? .green : .red)] + lines + duties)
            .joined(separator: "\n")
    }
}
