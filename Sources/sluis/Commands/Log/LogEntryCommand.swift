import ArgumentParser
import Model

struct LogEntryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entry", abstract: "Print one entry of the log of a data directory, byte for byte.",
        discussion:
            "It reads the directory alone. With `sluis log proof` and `sluis-verify` the entry is proven.")

    @Argument(help: "The index of the entry.") var index: UInt64

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String

    @OptionGroup var printing: PrintOptions

    func run() throws {
        let bytes = try HubLog(directory: data).entry(index)
        let entry: JSON
        do { entry = try JSON.parse(bytes) } catch { throw Refusal("entry \(index) is not JSON: \(error)") }
        guard !printing.json else {
            return try printing.output.answer(
                ["index": .integer(Int64(clamping: index)), "entry": entry], "")
        }
        // A file with it must be what the tree has: a line end is for people only.
        try StandardOutput.write(String(decoding: bytes, as: UTF8.self) + (Terminal.isOutput ? "\n" : ""))
    }
}
