import MerkleLog
import Model
import RemoteHub

/// Verifies a whole log in a folder or at an address.
struct LogCheck {
    let files: any LogFiles
    let readsEntries: Bool
    /// Of witnesses.
    let policyFile: String?
    /// How many of the newest entries need no witnesses.
    let unwitnessed: UInt64
    let earlierCheckpointFile: String?
    let readsEverything: Bool
    let savedCheckpointFile: String?
    let workers: Int

    /// - Throws: a fault if the earlier checkpoint cannot be read or is none, the address may not be read, or
    ///   the checkpoint cannot be saved; `HubUnreachable`.
    func verify(_ log: NoteVerifier) async throws -> LogVerifier.Outcome {
        var verifier = LogVerifier(files: files, log: log)
        verifier.readsEntries = readsEntries
        verifier.policy = try policyFile.map(Self.policy)
        verifier.maximumUnwitnessed = unwitnessed
        var earlier: [UInt8]?
        if let earlierCheckpointFile {
            let bytes = try InputFile.read(
                earlierCheckpointFile, option: "--since", maximumSizeBytes: Note.maximumSizeBytes)
            switch try Self.checkpoint(bytes, in: earlierCheckpointFile, of: log) {
            case .success(let checkpoint): verifier.since = checkpoint
            case .failure(let failure): return LogVerifier.Outcome(failed: failure)
            }
            verifier.readsEverything = readsEverything
            earlier = bytes
        }
        let saved = try savedCheckpointFile.map { try SavedCheckpoint($0, follows: earlier) }
        let outcome = await verify(verifier)
        if let failure = outcome.verdict.failure, failure.isReadFailure { try throwTrouble() }
        if outcome.verdict.isVerified { try saved?.replace(with: outcome.note) }
        return outcome
    }

    /// - Throws: why the log could not be read, if that says nothing of the log.
    func throwTrouble() throws {
        if let trouble = (files as? RemoteLog)?.trouble { throw trouble }
    }

    private static func policy(_ file: String) throws -> WitnessPolicy {
        let bytes = try InputFile.read(file, option: "--policy", maximumSizeBytes: 1 << 20)
        do { return try WitnessPolicy(bytes) } catch {
            throw ClientFault(
                .badInput, "bad_policy", "`\(file)` is no witness policy: \(error)", field: "--policy")
        }
    }

    /// A failure if the checkpoint is one but not signed by this log.
    private static func checkpoint(_ bytes: [UInt8], in file: String, of log: NoteVerifier) throws
        -> Result<Checkpoint, LogFailure>
    {
        do {
            return .success(try Checkpoint.open(note: bytes, of: log))
        } catch {
            switch error.code {
            case .badSignature, .unknownSigner:
                return .failure(LogFailure(.signature, at: 0, "of \(file): \(error)"))
            case .wrongOrigin: return .failure(LogFailure(.checkpoint, at: 0, "\(file): \(error)"))
            default:
                throw ClientFault(.badInput, "bad_checkpoint", "`\(file)`: \(error)", field: "--since")
            }
        }
    }

    private func verify(_ verifier: LogVerifier) async -> LogVerifier.Outcome {
        guard StandardError.isTerminal else { return await verifier.verify(workers: workers) }
        var verifier = verifier
        var line = ProgressLine()
        let start = ContinuousClock.now
        verifier.progress = { done, total in
            if let text = line.text(done: done, total: total, elapsed: ContinuousClock.now - start) {
                StandardError.write(text)
            }
        }
        let outcome = await verifier.verify(workers: workers)
        StandardError.write(line.ending)
        return outcome
    }
}
