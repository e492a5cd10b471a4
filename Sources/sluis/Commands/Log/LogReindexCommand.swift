import ArgumentParser
import AuditLog
import Model
import Registry

struct LogReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex", abstract: "Build the search index of a stopped hub anew, from the log.",
        discussion:
            "Nothing but searching and reading histories depends on it. A hub that runs follows by itself.")

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @OptionGroup var printing: PrintOptions

    func run() async throws {
        let hub = try StoppedHub(data)
        let log = try hub.openLog()
        let index = try SQLiteSearchIndex(path: hub.directory.index)
        let indexer = Indexer(log: log, index: index) { StandardError.write("the search index: \($0)\n") }
        let size = log.publishedCheckpoint.size
        let progress = ProgressMeter("entries indexed")
        let result = await Result { try await indexer.rebuild { progress.set($0, total: size) } }
        progress.end()
        indexer.close()
        log.close()
        try index.close()
        try result.get()
        try printing.output.answer(
            ["entries": .integer(Int64(clamping: size))], "indexed \(size) entries")
    }
}
