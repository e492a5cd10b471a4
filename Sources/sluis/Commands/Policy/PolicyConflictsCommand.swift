import ArgumentParser
import Model
import PolicyEngine

struct PolicyConflictsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "Whether policies can hold together, with a request that shows it.",
        discussion: """
            joint: can one request satisfy the constraints of all policies? The witness does. decision: can \
            one policy permit what another prohibits? There a Conflict carries the witness. `sluis policy \
            evaluate` confirms either. Rules that can never hold, or that another makes superfluous, are told.
            """)

    @Option(help: ArgumentHelp("JSON-LD with policies; may be given twice.", valueName: "file"))
    var policy: [String] = []

    @Option(help: "joint or decision.", transform: { try ArgumentReader.word($0) })
    var relation = PolicySet.ConflictRelation.joint

    @OptionGroup var printing: PrintOptions

    func validate() throws {
        guard (1...2).contains(policy.count) else {
            throw ValidationError("give --policy once or twice; a file may hold a @graph of several policies")
        }
    }

    func run() throws {
        let sets = try policy.map { try PolicyInput.policies($0) }
        let report = sets[0].conflicts(relation, with: sets.dropFirst().first)
        try printing.output.answer(report.json, Self.text(report))
    }

    static func text(_ report: ConflictReport) -> String {
        var lines = [Terminal.paint(report.verdict.rawValue, report.verdict == .compatible ? .green : .red)]
        if let witness = report.witness {
            lines.append("  shown by the request \(witness.request.canonicalText)")
            lines.append("  in the state \(witness.state.canonicalText)")
        }
        lines += report.reasons.prefix(8).map { "  \($0)" }
        for finding in report.findings {
            let by = finding.by.map { ", because of `\($0)`" } ?? ""
            lines.append("  rule `\(finding.rule)` is \(words(finding.kind))\(by)")
        }
        if !report.isComplete { lines.append("  too many rules to compare each with each") }
        return lines.joined(separator: "\n")
    }

    private static func words(_ kind: ConflictReport.Finding.Kind) -> String {
        switch kind {
        case .neverTrue: "never true: no request satisfies it"
        case .redundant: "redundant"
        case .shadowed: "shadowed: a prohibition forbids all it permits"
        }
    }
}
