import ArgumentParser
import Glibc
import MerkleLog
import Model

/// The command line of `sluis-verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluis-verify",
        abstract: "Verifies a transparency log, the proof of one entry, or a receipt, offline.",
        discussion: """
            The last line is `verified N entries, root R`, `verified entry INDEX of ...`, \
            `verified receipt: ...`, or `failed: WHAT at INDEX`.
            Exit status: 0 verified, 1 not verified, 2 bad input.

            --since believes what lies below the checkpoint given, because the log was verified under it: \
            only the bundle it ends in and what follows are read, and the hash tiles must lead to its root. \
            The line before the last then says what was not read. So give it a file that --save wrote, not \
            one that somebody sent you; for that, add --all.

            A --receipt is either the value of a reader's `Sluis-Receipt` (with --dir, and the body that was \
            received in --body) or the JSON file of a grant's evidence (alone: it brings its proofs).
            """)

    @Option(help: ArgumentHelp("The folder of the log: `checkpoint` and `tile/`.", valueName: "folder"))
    var dir: String?

    @Option(help: ArgumentHelp("The log's verifier key, or a file with it.", valueName: "key-or-file"))
    var vkey: String

    @Option(
        help: ArgumentHelp(
            "A checkpoint under which the log was verified before: it must extend it, and only what follows "
                + "is read.", valueName: "file"))
    var since: String?

    @Flag(help: "With --since: read everything all the same.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Keep the checkpoint in this file once the log is verified, for the next --since.",
            valueName: "file"))
    var save: String?

    @Option(help: ArgumentHelp("A .tlog-proof to verify instead of a log; with --entry.", valueName: "file"))
    var proof: String?

    @Option(help: ArgumentHelp("The entry that the proof is of, byte for byte.", valueName: "file"))
    var entry: String?

    @Option(help: ArgumentHelp("A reader's receipt, or the evidence of a grant.", valueName: "file"))
    var receipt: String?

    @Option(help: ArgumentHelp("The body that the receipt is of, as it was received.", valueName: "file"))
    var body: String?

    @Option(
        help: ArgumentHelp(
            "Who must have cosigned the log: a witness policy (C2SP tlog-policy).", valueName: "file"))
    var policy: String?

    @Option(
        help: ArgumentHelp(
            "With --policy: how many of the newest entries need not be cosigned yet (default: 0).",
            valueName: "entries"))
    var unwitnessed: UInt64?

    @Option(help: "How many bundles are read at a time (default: one a core).")
    var workers: Int?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    mutating func validate() throws {
        guard dir != nil || proof != nil || receipt != nil else {
            throw ValidationError("give --dir or --proof or --receipt")
        }
        guard proof == nil || (dir == nil && receipt == nil) else {
            throw ValidationError("give either --dir or --proof or --receipt")
        }
        guard (proof == nil) == (entry == nil) else {
            throw ValidationError("--proof and --entry go together")
        }
        guard since == nil || dir != nil else { throw ValidationError("--since goes with --dir") }
        guard save == nil || dir != nil else { throw ValidationError("--save goes with --dir") }
        guard unwitnessed == nil || policy != nil else {
            throw ValidationError("--unwitnessed goes with --policy")
        }
        guard policy == nil || dir != nil else { throw ValidationError("--policy goes with --dir") }
        guard !all || since != nil else { throw ValidationError("--all goes with --since") }
        guard body == nil || receipt != nil else { throw ValidationError("--body goes with --receipt") }
        guard (1...64).contains(workers ?? 1) else { throw ValidationError("--workers is from 1 to 64") }
    }

    mutating func run() async throws {
        let report = VerificationReport(outcome: try await outcome(InputFile.verifierKey(vkey)))
        print(json ? report.json.canonicalText : report.text)
        if let failure = report.failure { throw NotVerified(description: "not verified: \(failure)") }
    }

    private func outcome(_ log: NoteVerifier) async throws -> VerificationReport.Outcome {
        if let proof, let entry { return try ProofCheck(proofFile: proof, entryFile: entry).outcome(log) }
        if let receipt {
            let check = ReceiptCheck(file: receipt, bodyFile: body)
            return try await check.outcome(log, logCheck: dir.map(logCheck))
        }
        return .log(try await logCheck(dir ?? "").verify(log))
    }

    private func logCheck(_ folder: String) -> LogCheck {
        LogCheck(
            folder: folder, policyFile: policy, unwitnessed: unwitnessed ?? 0,
            earlierCheckpointFile: since, readsEverything: all,
            savedCheckpointFile: save,
            workers: workers ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }
}
