import ArgumentParser
import Cryptography
import MerkleLog
import Model

struct LogVkeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vkey", abstract: "Print the key that the log of a data directory is verified with.")

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @Flag(help: "Print the key instead with which this hub cosigns the checkpoints of other logs.")
    var witness = false

    @Option(
        help: ArgumentHelp(
            "Print instead the key of a file of the configuration's `log.keys`.", valueName: "file"))
    var key: String?

    @OptionGroup var printing: PrintOptions

    func validate() throws {
        guard !witness || key == nil else { throw ValidationError("give either --witness or --key") }
    }

    func run() throws {
        let log = HubLog(directory: data)
        let vkey =
            if let key {
                try NoteSigner(
                    name: String(log.key().name), key: PrivateKey(pem: PrivateFiles.read(key))
                ).vkey
            } else { witness ? try log.witnessKey() : try log.key().vkey }
        try printing.output.answer(["vkey": .string(vkey)], vkey)
    }
}
