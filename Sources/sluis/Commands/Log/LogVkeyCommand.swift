import ArgumentParser
import MerkleLog
import Model

struct LogVkeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vkey", abstract: "Print the key that the log of a data directory is verified with.")

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let vkey = try HubLog(directory: data).key().vkey
        try printing.output.answer(["vkey": .string(vkey)], vkey)
    }
}
