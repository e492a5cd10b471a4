import ArgumentParser
import MerkleLog
import Model

struct LogVkeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vkey", abstract: "Print the key that the log of a data directory is verified with.")

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @Flag(help: "Print the key instead with which this hub cosigns the checkpoints of other logs.")
    var witness = false

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let log = HubLog(directory: data)
        let vkey = witness ? try log.witnessKey() : try log.key().vkey
        try printing.output.answer(["vkey": .string(vkey)], vkey)
    }
}
