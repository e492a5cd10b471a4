import ArgumentParser
import Glibc
import MerkleLog
import Model
import RemoteHub

/// The command line of `sluis-verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluis-verify",
        abstract: "Verifies a transparency log, the proof of one entry, or a receipt.",
        discussion: """
            The last line is `verified N entries, root R`, `verified entry INDEX of ...`, \
            `verified receipt: ...`, or `failed: WHAT at INDEX`.
            Exit status: 0 verified, 1 not verified, 2 bad input, 3 the address cannot be reached.

            --url reads a log over HTTPS. Without --profile the checkpoint and the hash tiles are verified, \
            and a line before the last says that entries were not read. With the --profile of a supervisor \
            everything is read from the profile's `machines` address, entries too; a profile that may not \
            is bad input.

            --since believes what lies below the checkpoint given, because the log was verified under it: \
            only the bundle it ends in and what follows are read, and the hash tiles must lead to its root. \
            The line before the last then says what was not read. So give it a file that --save wrote, not \
            one that somebody sent you; for that, add --all.

            A --receipt is either the value of a reader's `Sluis-Receipt` (with --dir or --url, and the body \
            that was received in --body) or the JSON file of a grant's evidence (alone: it brings its proofs).
            """)

    @Option(help: ArgumentHelp("The folder of the log: `checkpoint` and `tile/`.", valueName: "folder"))
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "The HTTPS address of the log, or of a hub, which has it under /log.", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "With --url: authorities that may vouch for the server, PEM (default: the profile's, else the "
                + "system's).", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "With --url: a supervisor's profile, to read entries with.", valueName: "folder"))
    var profile: String?

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
        guard hasLog || proof != nil || receipt != nil else {
            throw ValidationError("give --dir or --proof or --receipt, or --url")
        }
        guard dir == nil || url == nil else { throw ValidationError("give either --dir or --url") }
        guard proof == nil || (!hasLog && receipt == nil) else {
            throw ValidationError("give either --dir or --proof or --receipt, or --url")
        }
        guard url != nil || ca == nil else { throw ValidationError("--ca goes with --url") }
        guard url != nil || profile == nil else { throw ValidationError("--profile goes with --url") }
        guard (proof == nil) == (entry == nil) else {
            throw ValidationError("--proof and --entry go together")
        }
        guard since == nil || hasLog else { throw ValidationError("--since goes with --dir or --url") }
        guard save == nil || hasLog else { throw ValidationError("--save goes with --dir or --url") }
        guard unwitnessed == nil || policy != nil else {
            throw ValidationError("--unwitnessed goes with --policy")
        }
        guard policy == nil || hasLog else { throw ValidationError("--policy goes with --dir or --url") }
        guard !all || since != nil else { throw ValidationError("--all goes with --since") }
        guard body == nil || receipt != nil else { throw ValidationError("--body goes with --receipt") }
        guard (1...64).contains(workers ?? 1) else { throw ValidationError("--workers is from 1 to 64") }
    }

    private var hasLog: Bool { dir != nil || url != nil }

    mutating func run() async throws {
        let report = VerificationReport(
            outcome: try await outcome(InputFile.verifierKey(vkey)), saysWhatWasRead: url != nil)
        print(json ? report.json.canonicalText : report.text)
        if let failure = report.failure { throw NotVerified(description: "not verified: \(failure)") }
    }

    private func outcome(_ log: NoteVerifier) async throws -> VerificationReport.Outcome {
        if let proof, let entry { return try ProofCheck(proofFile: proof, entryFile: entry).outcome(log) }
        let logCheck = hasLog ? try logCheck() : nil
        if let receipt {
            let check = ReceiptCheck(file: receipt, bodyFile: body)
            return try await check.outcome(log, logCheck: logCheck)
        }
        guard let logCheck else { throw ValidationError("give --dir or --proof or --receipt, or --url") }
        return .log(try await logCheck.verify(log))
    }

    private func logCheck() throws -> LogCheck {
        let remote = try url.map { try remoteLog($0) }
        return LogCheck(
            files: try remote ?? folder(dir ?? ""), readsEntries: remote?.mayReadEntries ?? true,
            policyFile: policy, unwitnessed: unwitnessed ?? 0,
            earlierCheckpointFile: since, readsEverything: all,
            savedCheckpointFile: save,
            workers: workers ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }

    private func folder(_ path: String) throws -> any LogFiles {
        do { return try LogDirectory(path) } catch {
            throw ClientFault(.badInput, "missing_folder", "\(error)", field: "--dir")
        }
    }

    private func remoteLog(_ url: String) throws -> RemoteLog {
        let log = try RemoteLog(
            url: url, authorityFile: ca, profile: profile.map { try Profile(folder: $0) })
        if let origin = log.otherOrigin {
            StandardError.write("The log is read from \(origin), as the profile says.\n")
        }
        return log
    }
}
