import ArgumentParser
import Foundation
import MerkleLog
import Model
import RemoteHub

struct LogVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify the whole log: nothing changed, nothing left out.",
        discussion: """
            With --data or --dir it reads the directory alone, whether the hub runs, was stopped or was \
            killed; with --url it reads a log over HTTPS. The last line is `verified N entries, root R` or \
            `failed: WHAT at INDEX`; the status 0 or 1, or 3 if the address cannot be reached. A key that \
            lies beside the log proves nothing against someone who could change both: keep the key elsewhere.

            Over HTTPS entries are read with the profile of a supervisor, from the profile's `machines` \
            address; without one the checkpoint and the hash tiles are verified, and it says so. A profile \
            given with --profile that may not read them is bad input. One that $SLUIS_PROFILE names is used \
            if it is of the hub at that address, and reads without them if it has to.
            """)

    @Option(help: ArgumentHelp("The hub's data directory.", valueName: "folder")) var data: String?

    @Option(help: ArgumentHelp("The folder of a log: `checkpoint` and `tile/`.", valueName: "folder"))
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "The HTTPS address of a log, or of a hub, which has it under /log.", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "The log's verifier key, or a file with it (with --data by default the directory's own).",
            valueName: "key-or-file"))
    var vkey: String?

    @Option(
        help: ArgumentHelp(
            "With --url: authorities that may vouch for the server, PEM (default: the profile's, else the "
                + "system's).", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "With --url: the profile to read with (default: $SLUIS_PROFILE, or none).", valueName: "folder"))
    var profile: String?

    @OptionGroup var printing: PrintOptions

    func validate() throws {
        guard [data, dir, url].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("give either --data or --dir or --url")
        }
        guard data != nil || vkey != nil else {
            throw ValidationError(url == nil ? "--dir needs --vkey" : "--url needs --vkey")
        }
        guard url != nil || ca == nil else { throw ValidationError("--ca goes with --url") }
        guard url != nil || profile == nil else { throw ValidationError("--profile goes with --url") }
    }

    func run() async throws {
        let log = data.map { HubLog(directory: $0) }
        guard let key = try vkey.map({ try HubLog.key($0) }) ?? log?.key() else {
            throw ValidationError("give either --data or --vkey")
        }
        let ownKeyFile = vkey == nil ? log?.keyFile : nil
        if let ownKeyFile { StandardError.write("The key is the directory's own, from `\(ownKeyFile)`.\n") }
        let outcome = try await outcome(key, log)
        try printing.output.answer(
            Self.json(outcome, keyFile: ownKeyFile, saysWhatWasRead: url != nil), Self.text(outcome))
        if let failure = outcome.verdict.failure { throw Refusal("not verified: \(failure)") }
    }

    private func outcome(_ key: NoteVerifier, _ log: HubLog?) async throws -> LogVerifier.Outcome {
        if let url { return try await outcome(key, at: url) }
        let folder = dir ?? log?.folder ?? ""
        return await Self.verify(try Self.files(folder, option: dir == nil ? "--data" : "--dir"), key)
    }

    private func outcome(_ key: NoteVerifier, at url: String) async throws -> LogVerifier.Outcome {
        let chosen = try chosenProfile(for: url)
        let files = try RemoteLog(url: url, authorityFile: ca, profile: chosen)
        if let origin = files.otherOrigin {
            StandardError.write("The log is read from \(origin), as the profile says.\n")
        }
        let outcome = await Self.verify(files, key, readsEntries: files.mayReadEntries)
        // What was found wrong before the server stopped answering stays found.
        guard outcome.verdict.failure?.isReadFailure == true, let trouble = files.trouble else {
            return outcome
        }
        let isRefused = (trouble as? ClientFault)?.code == RemoteLog.refusal
        guard isRefused, chosen != nil, profile == nil else { throw trouble }
        // Nobody asked for entries: the profile is only there.
        let tiles = try RemoteLog(url: url, authorityFile: ca, profile: chosen)
        let other = await Self.verify(tiles, key, readsEntries: false)
        if other.verdict.failure?.isReadFailure == true, let trouble = tiles.trouble { throw trouble }
        return other
    }

    /// The profile that was named; else that of the environment, if it is of the hub at the address.
    private func chosenProfile(for url: String) throws -> Profile? {
        if let profile { return try Profile(folder: profile) }
        guard let folder = ProcessInfo.processInfo.environment["SLUIS_PROFILE"], !folder.isEmpty else {
            return nil
        }
        // Nobody named it for this: one that cannot be used is passed over.
        let profile: Profile
        do { profile = try Profile(folder: folder) } catch {
            StandardError.write("SLUIS_PROFILE is not used: \(error)\n")
            return nil
        }
        let isOfHub = try RemoteLog(url: url, authorityFile: ca, profile: profile).otherOrigin == nil
        return isOfHub ? profile : nil
    }

    private static func files(_ folder: String, option: String) throws -> LogDirectory {
        do { return try LogDirectory(folder) } catch {
            throw ClientFault(.badInput, "missing_folder", "\(error)", field: option)
        }
    }

    private static func verify(_ files: any LogFiles, _ key: NoteVerifier, readsEntries: Bool = true) async
        -> LogVerifier.Outcome
    {
        var verifier = LogVerifier(files: files, log: key)
        verifier.readsEntries = readsEntries
        let progress = ProgressMeter("entries verified")
        defer { progress.end() }
        verifier.progress = { progress.set($0, total: $1) }
        return await verifier.verify(workers: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// What is missing, what was not read, and the last line.
    static func text(_ outcome: LogVerifier.Outcome) -> String {
        var lines: [String] = []
        if outcome.minimumIndex > 0 {
            let statement =
                outcome.prunedBy.map { "as entry \($0) states" }
                ?? "and no entry was read that could state it"
            lines.append("entries below \(outcome.minimumIndex) were pruned, \(statement)")
        }
        if outcome.verdict.isVerified, !outcome.entriesRead {
            lines.append("entries were not read: only a supervisor may")
        }
        return (lines + [line(outcome.verdict)]).joined(separator: "\n")
    }

    static func line(_ verdict: LogVerdict) -> String {
        Terminal.paint(verdict.description, verdict.isVerified ? .green : .red)
    }

    /// `{"verified","entries","root","vkey_file"}`, with `failure` and no figures for a log that does not
    /// hold, and `pruned_below` and `pruned_by` for one that begins later.
    /// `vkey_file` is where the key was taken from, null for one that was given.
    ///
    /// - Parameter saysWhatWasRead: whether `entries_read` is among them.
    static func json(
        _ outcome: LogVerifier.Outcome, keyFile: String?, saysWhatWasRead: Bool = false
    ) -> JSON {
        var members = members(outcome)
        members["vkey_file"] = JSON(keyFile)
        if saysWhatWasRead, outcome.verdict.isVerified {
            members["entries_read"] = .bool(outcome.entriesRead)
        }
        return .object(members)
    }

    private static func members(_ outcome: LogVerifier.Outcome) -> [String: JSON] {
        switch outcome.verdict {
        case .verified(let size, let root, _):
            var members: [String: JSON] = [
                "verified": true, "entries": .integer(Int64(clamping: size)), "root": .string(root.base64),
            ]
            if outcome.minimumIndex > 0 {
                members["pruned_below"] = .integer(Int64(clamping: outcome.minimumIndex))
                members["pruned_by"] = outcome.prunedBy.map { .integer(Int64(clamping: $0)) } ?? .null
            }
            return members
        case .failed(let failure):
            return [
                "verified": false, "entries": nil, "root": nil,
                "failure": [
                    "what": .string(failure.what), "index": .integer(Int64(clamping: failure.index)),
                ],
            ]
        }
    }
}
