import MerkleLog
import Model

/// Verifies a whole log in a folder.
struct LogCheck {
    let folder: String
    let earlierCheckpointFile: String?

    /// - Throws: a fault if the folder or the earlier checkpoint cannot be read, or the latter is none.
    func outcome(_ log: NoteVerifier) throws -> VerificationReport.Outcome {
        let files: LogDirectory
        do { files = try LogDirectory(folder) } catch {
            throw ClientFault(.badInput, "missing_folder", "\(error)", field: "--dir")
        }
        var verifier = LogVerifier(files: files, log: log)
        if let earlierCheckpointFile {
            switch try Self.checkpoint(in: earlierCheckpointFile, of: log) {
            case .success(let checkpoint): verifier.since = checkpoint
            case .failure(let failure): return .log(.failed(failure))
            }
        }
        return .log(Self.verify(verifier))
    }

    /// A failure if the checkpoint is one but not signed by this log.
    private static func checkpoint(in file: String, of log: NoteVerifier) throws
        -> Result<Checkpoint, LogFailure>
    {
        let bytes = try InputFile.read(file, option: "--since", maximumSizeBytes: Note.maximumSizeBytes)
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

    private static func verify(_ verifier: LogVerifier) -> LogVerdict {
        guard StandardError.isTerminal else { return verifier.verify() }
        var verifier = verifier
        var line = ProgressLine()
        let start = ContinuousClock.now
        verifier.progress = { done, total in
            if let text = line.text(done: done, total: total, elapsed: ContinuousClock.now - start) {
                StandardError.write(text)
            }
        }
        defer { StandardError.write(line.ending) }
        return verifier.verify()
    }
}
