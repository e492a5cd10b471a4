import ArgumentParser
import Foundation
import Model
import RemoteHub

struct LogExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write entries of the log to standard output, for other programs.",
        discussion: """
            jsonl: one line an entry, `{"entry":...,"index":N}`, with the entry as the log holds it; with \
            --proofs each line has its proof. csv: a table that spreadsheets may open. ocsf: events of the \
            Open Cybersecurity Schema Framework. The entries are those that `sluis log search` finds, oldest \
            first. To look up somebody else with --owner is itself an entry, which that owner sees.
            """)

    @Option(help: "jsonl, csv or ocsf.") var format = Format.jsonl

    @Flag(help: "With jsonl: the proof of each entry.") var proofs = false

    @OptionGroup var filter: EntryFilter

    @Option(
        help: ArgumentHelp("The profile to call the hub with (default: $SLUIS_PROFILE).", valueName: "folder")
    )
    var profile: String?

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv, ocsf }

    func validate() throws {
        guard !proofs || format == .jsonl else { throw ValidationError("--proofs goes with --format jsonl") }
    }

    func run() async throws {
        let client = HubClient(
            try Profile.choose(profile, environment: ProcessInfo.processInfo.environment))
        let query = filter.query([("format", format.rawValue), ("proofs", proofs ? "true" : nil)])
        let progress = ProgressMeter("bytes exported")
        defer { progress.end() }
        _ = try await client.download(
            "/api/v1/log/export?\(query)",
            onBytes: { bytes in
                try StandardOutput.write(Data(bytes))
                progress.advance(by: bytes.count)
            })
    }
}
