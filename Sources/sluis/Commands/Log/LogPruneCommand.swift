import ArgumentParser
import Model

struct LogPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Take the oldest entries out of the log, for ever.",
        discussion: """
            The log states it in an entry of its own, and all later entries stay provable. With the entries \
            go their reading histories. What an agreement that runs rests on stays. Look first with \
            --dry-run.
            """)

    @Option(help: ArgumentHelp("Entries that came before this time.", valueName: "time"))
    var before: String

    @Flag(help: "Only say what would go.") var dryRun = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let body: JSON = ["before": .string(before), "dry_run": .bool(dryRun)]
        let json = try await hub.client().call(.post, "/api/v1/log/prune", body: .json(body)).members(
            "minimum_index", "entries", "held_by", "entry")
        let (count, minimum) = (json["entries"]?.integer ?? 0, json["minimum_index"]?.integer ?? 0)
        var text =
            dryRun
            ? "\(count) entries would go; the log would begin at entry \(minimum)"
            : "\(count) entries are gone; the log begins at entry \(minimum), as entry"
                + " \(json["entry"]?.plainText ?? "") states"
        if let reason = json["held_by"]?.string { text += "\nolder ones stay: \(reason)" }
        try hub.output.answer(json, text)
    }
}
