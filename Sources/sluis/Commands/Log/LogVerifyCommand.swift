import ArgumentParser
import Foundation
import MerkleLog
import Model

struct LogVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify the whole log: nothing changed, nothing left out.",
        discussion: """
            It reads the directory alone, whether the hub runs, was stopped or was killed. The last line is \
            `verified N entries, root R` or `failed: WHAT at INDEX`; the status 0 or 1. A key that lies \
            beside the log proves nothing against someone who could change both: keep the key elsewhere.
            """)

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String?

    @Option(help: ArgumentHelp("The folder of a log: `checkpoint` and `tile/`.", valueName: "folder"))
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "The log's verifier key, or a file with it (with --data by default the directory's own).",
            valueName: "key-or-file"))
    var vkey: String?

    @OptionGroup var printing: PrintOptions

    func validate() throws {
        guard (data == nil) != (dir == nil) else { throw ValidationError("give either --data or --dir") }
        guard data != nil || vkey != nil else { throw ValidationError("--dir needs --vkey") }
    }

    func run() async throws {
        let log = data.map { HubLog(directory: $0) }
        let key = try vkey.map { try HubLog.key($0) } ?? log?.key()
        guard let key, let folder = dir ?? log?.folder else {
            throw ValidationError("give either --data or --dir")
        }
        let ownKeyFile = vkey == nil ? log?.keyFile : nil
        if let ownKeyFile { StandardError.write("The key is the directory's own, from `\(ownKeyFile)`.\n") }
        let outcome = await Self.verify(try Self.files(folder, option: dir == nil ? "--data" : "--dir"), key)
        let lines = [Self.pruning(outcome), Self.line(outcome.verdict)].compactMap(\.self)
        try printing.output.answer(
            Self.json(
                outcome.verdict, keyFile: ownKeyFile, minimumIndex: outcome.minimumIndex,
                prunedBy: outcome.prunedBy), lines.joined(separator: "\n"))
        if let failure = outcome.verdict.failure { throw Refusal("not verified: \(failure)") }
    }

    private static func files(_ folder: String, option: String) throws -> LogDirectory {
        do { return try LogDirectory(folder) } catch {
            throw ClientFault(.badInput, "missing_folder", "\(error)", field: option)
        }
    }

    private static func verify(_ files: LogDirectory, _ key: NoteVerifier) async
        -> LogVerifier.Outcome
    {
        var verifier = LogVerifier(files: files, log: key)
        let progress = ProgressMeter("entries verified")
        defer { progress.end() }
        verifier.progress = { progress.set($0, total: $1) }
        return await verifier.verify(workers: ProcessInfo.processInfo.activeProcessorCount)
    }

    private static func pruning(_ outcome: LogVerifier.Outcome) -> String? {
        guard outcome.minimumIndex > 0, let index = outcome.prunedBy else { return nil }
        return "entries below \(outcome.minimumIndex) were pruned, as entry \(index) states"
    }

    static func line(_ verdict: LogVerdict) -> String {
        Terminal.paint(verdict.description, verdict.isVerified ? .green : .red)
    }

    /// `{"verified","entries","root","vkey_file"}`, with `failure` and no figures for a log that does not
    /// hold, and `pruned_below` and `pruned_by` for one that begins later.
    /// `vkey_file` is where the key was taken from, null for one that was given.
    static func json(
        _ verdict: LogVerdict, keyFile: String?, minimumIndex: UInt64 = 0, prunedBy: UInt64? = nil
    ) -> JSON {
        switch verdict {
        case .verified(let size, let root, _):
            var members: [String: JSON] = [
                "verified": true, "entries": .integer(Int64(clamping: size)), "root": .string(root.base64),
                "vkey_file": JSON(keyFile),
            ]
            if minimumIndex > 0 {
                members["pruned_below"] = .integer(Int64(clamping: minimumIndex))
                members["pruned_by"] = prunedBy.map { .integer(Int64(clamping: $0)) } ?? .null
            }
            return .object(members)
        case .failed(let failure):
            return [
                "verified": false, "entries": nil, "root": nil, "vkey_file": JSON(keyFile),
                "failure": [
                    "what": .string(failure.what), "index": .integer(Int64(clamping: failure.index)),
                ],
            ]
        }
    }
}
