import ArgumentParser
import AuditLog
import Foundation
import MerkleLog
import Model

struct LogSucceedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "succeed",
        abstract: "Let a successor go on where the log of a stopped hub has lost its end.",
        discussion: """
            Only when the journal cannot be put back: the log gets a new name and key, which everybody who \
            verifies it must be told. Its first entry holds the last checkpoint of the old log that is \
            known; the entries that are left follow, then one that says what is lost. The old log is kept \
            in `former/`. Reads whose entries are lost show in histories as one of which nobody can tell.
            """)

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @Option(
        help: ArgumentHelp(
            "A checkpoint of the old log that somebody kept, such as a witness.", valueName: "file"))
    var checkpoint: [String] = []

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let heads = try checkpoint.map { try InputFile.text($0, option: "--checkpoint") }
        let succession = Succession(hub: try StoppedHub(data, mayBeSucceeding: true), heads: heads)
        let result: Succession.Result
        do { result = try succession.run() } catch let error as LogError { throw Refusal(error.message) }
        let note = result.note
        try printing.output.answer(
            [
                "vkey": .string(result.vkey), "former": .string(result.former),
                "known": .integer(Int64(clamping: note.known)),
                "carried": .integer(Int64(clamping: note.carried)),
                "side_files_removed": .integer(Int64(note.sideFiles)),
            ],
            """
            the log goes on as \(result.vkey)
            \(note.carried) of at least \(note.known) entries go on; the old log is in `\(result.former)`
            side files removed, whose entries are lost: \(note.sideFiles)
            tell the new key to everybody who verifies the log, and to its witnesses
            """)
    }
}
