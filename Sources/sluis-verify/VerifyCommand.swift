import ArgumentParser
import MerkleLog
import Model

/// The command line of `sluis-verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluis-verify",
        abstract: "Verifies a transparency log, or the proof of one entry, offline.",
        discussion: """
            The last line is `verified N entries, root R` or `failed: WHAT at INDEX`.
            Exit status: 0 verified, 1 not verified, 2 bad input.
            """)

    @Option(help: ArgumentHelp("The folder of the log: `checkpoint` and `tile/`.", valueName: "folder"))
    var dir: String?

    @Option(help: ArgumentHelp("The log's verifier key, or a file with it.", valueName: "key-or-file"))
    var vkey: String

    @Option(help: ArgumentHelp("A checkpoint saved earlier, which the log must extend.", valueName: "file"))
    var since: String?

    @Option(help: ArgumentHelp("A .tlog-proof to verify instead of a log; with --entry.", valueName: "file"))
    var proof: String?

    @Option(help: ArgumentHelp("The entry that the proof is of, byte for byte.", valueName: "file"))
    var entry: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    mutating func validate() throws {
        guard (dir == nil) != (proof == nil) else {
            throw ValidationError("give either --dir or --proof")
        }
        guard (proof == nil) == (entry == nil) else {
            throw ValidationError("--proof and --entry go together")
        }
        guard since == nil || dir != nil else { throw ValidationError("--since goes with --dir") }
    }

    mutating func run() throws {
        let log = try InputFile.verifierKey(vkey)
        let outcome =
            if let proof, let entry {
                try ProofCheck(proofFile: proof, entryFile: entry).outcome(log)
            } else {
                try LogCheck(folder: dir ?? "", earlierCheckpointFile: since).outcome(log)
            }
        let report = VerificationReport(outcome: outcome)
        guard let failure = report.failure else {
            print(json ? report.json.canonicalText : report.line)
            return
        }
        print(json ? report.json.canonicalText : report.line)
        throw NotVerified(description: "not verified: \(failure)")
    }
}
