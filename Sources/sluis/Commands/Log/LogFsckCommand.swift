import ArgumentParser
import AuditLog
import Consent
import Foundation
import MerkleLog
import Model
import Registry

struct LogFsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Hold journal, tiles, checkpoints, outbox and hub.db of a stopped hub against each other.",
        discussion: """
            It changes nothing. Status 0: all agree, or the next start mends what does not. Status 1: \
            somebody has to act, as by putting back the file that is named from a copy.
            """)

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @OptionGroup var printing: PrintOptions

    func run() async throws {
        let hub = try StoppedHub(data)
        let registry = try hub.openRegistry()
        var state = try RegistryInspection(registry, at: .system)
        var sideFiles = try SideFileInspection(dataDirectory: hub.directory.path)
        let log = try HubLog(directory: hub.directory.path).key()
        var inspection = LogInspection(dataDirectory: hub.directory.path, log: log)
        for row in try registry.pendingRows() { _ = sideFiles.note(try JSON.parse(row.entry)) }
        let progress = ProgressMeter("entries verified")
        inspection.progress = { progress.set($0, total: $1) }
        let report = await inspection.run(
            workers: ProcessInfo.processInfo.activeProcessorCount,
            remembered: try registry.rememberedHead(of: log.name)
        ) { number, entry in
            guard number != nil || SideFileSweep.mayName(entry), let json = try? JSON.parse(entry) else {
                return
            }
            let file = sideFiles.note(json)
            if let number { state.note(number, entry, json, file) }
        }
        progress.end()
        var findings = report.findings
        // What the journal does not tell any more nothing can be held against.
        if report.isJournalWhole {
            findings += try state.findings(
                upTo: report.lastNumber, isPruned: report.firstEntry > 0, isSuccessor: report.isSuccessor)
            findings += sideFiles.findings
        }
        try registry.close()
        try printing.output.answer(Self.json(report, findings), Self.text(report, findings))
        let broken = findings.count { $0.severity == .broken }
        if broken > 0 { throw Refusal("what does not agree: \(broken)") }
    }

    static func json(_ report: LogInspection.Report, _ findings: [LogFinding]) -> JSON {
        [
            "entries": .integer(Int64(clamping: report.entries)),
            "agree": .bool(!findings.contains { $0.severity == .broken }),
            "findings": .array(
                findings.map { finding in
                    [
                        "part": .string(finding.part.rawValue),
                        "severity": .string(finding.severity.rawValue),
                        "message": .string(finding.message),
                    ]
                }),
        ]
    }

    static func text(_ report: LogInspection.Report, _ findings: [LogFinding]) -> String {
        let lines = findings.map { finding in
            let tail = finding.severity == .mended ? " (the next start mends this)" : ""
            return "\(finding.part.rawValue): \(finding.message)\(tail)"
        }
        let isBroken = findings.contains { $0.severity == .broken }
        let end = isBroken ? "not all agree" : "all agree"
        return (lines + ["\(report.entries) entries in the journal; \(end)"]).joined(separator: "\n")
    }
}
