import ArgumentParser
import AuditLog
import Model
import Registry

struct LogReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex", abstract: "Build the search index of a stopped hub anew, from the log.",
        discussion: """
            Nothing but searching and reading histories depends on it. A hub that runs follows by itself. \
            Side files that no entry names, as a crash may leave them, are removed.
            """)

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
        let removed = try Self.sweepSideFiles(hub)
        let text = "indexed \(size) entries"
        try printing.output.answer(
            ["entries": .integer(Int64(clamping: size)), "side_files_removed": .integer(Int64(removed))],
            removed == 0 ? text : text + "\nremoved side files that no entry names: \(removed)")
    }

    /// Removes side files that no entry names; those of rows that wait in the outbox stay.
    ///
    /// - Returns: how many.
    private static func sweepSideFiles(_ hub: StoppedHub) throws -> Int {
        var sweep = try SideFileSweep(dataDirectory: hub.directory.path)
        let registry = try hub.openRegistry()
        for row in try registry.pendingRows() { sweep.claim(row.entry) }
        try registry.close()
        try AuditLog.forEachEntry(inDataDirectory: hub.directory.path) { sweep.claim($0) }
        try sweep.remove()
        return sweep.count
    }
}
