/// Verifies a whole log offline: that its key signed the checkpoint, and that every file agrees with it.
///
/// Trust: only the verifier key. Whoever can change the files can make verification fail, or roll the log
/// back to an earlier checkpoint of its own; only `since`, or a witness, shows the latter. Signatures by keys
/// that it does not know, which a checkpoint may carry, it does not check.
///
/// It reads entries in order, a bundle at a time, so memory grows only with the number of files. A log that
/// is being written may be verified too.
///
/// For example:
///
///     let verifier = LogVerifier(files: try LogDirectory("/srv/log"), log: try NoteVerifier(vkey: text))
///     print(verifier.verify())  // verified 1204 entries, root 7Hq...
public struct LogVerifier {
    static let checkpointPath = "checkpoint"

    private let files: any LogFiles
    private let log: NoteVerifier

    /// Whether entries must be canonical JSON of version 1 with ascending `seq` and `at` never going back.
    public var checksEntries = true
    /// An earlier checkpoint of the log, already believed: the log must still begin with what it covers.
    public var since: Checkpoint?
    /// The entry of that index if the caller has it from elsewhere (the journal), for what lies beyond the
    /// checkpoint.
    public var trailingEntries: ((UInt64) throws -> [UInt8]?)?
    /// Called now and then with the number of entries done and of all entries.
    public var progress: ((_ done: UInt64, _ total: UInt64) -> Void)?

    /// - Parameter log: the log's key, whose name is the log's origin.
    public init(files: any LogFiles, log: NoteVerifier) {
        self.files = files
        self.log = log
    }

    /// Reads everything and says whether it holds together.
    ///
    /// If something does not while the checkpoint moved, it is looked at once more under the new checkpoint,
    /// which must cover more entries and the same ones.
    public func verify() -> LogVerdict {
        do throws(LogFailure) {
            let checkpoint = try readCheckpoint()
            do throws(LogFailure) {
                return try verify(under: checkpoint, milestones: [])
            } catch {
                guard let newer = try? readCheckpoint(), newer.size != checkpoint.size else { throw error }
                return try verify(under: newer, following: checkpoint)
            }
        } catch {
            return .failed(error)
        }
    }

    private func verify(under checkpoint: Checkpoint, following earlier: Checkpoint) throws(LogFailure)
        -> LogVerdict
    {
        guard checkpoint.size > earlier.size else {
            throw LogFailure(
                .checkpoint, at: checkpoint.size, "went back from \(earlier.size) entries while being read")
        }
        let milestone = CoveredPass.Milestone(
            size: earlier.size, root: earlier.root, name: "the checkpoint read before")
        return try verify(under: checkpoint, milestones: [milestone])
    }

    private func verify(under checkpoint: Checkpoint, milestones: [CoveredPass.Milestone])
        throws(LogFailure) -> LogVerdict
    {
        var milestones = milestones
        if let since {
            guard since.size <= checkpoint.size else {
                throw LogFailure(
                    .checkpoint, at: checkpoint.size, "the log once had \(since.size) entries and was cut")
            }
            milestones.append(
                CoveredPass.Milestone(size: since.size, root: since.root, name: "the earlier checkpoint"))
        }
        let source = try LogSource(files)
        var covered = CoveredPass(
            source, checkpoint: checkpoint, milestones: milestones, checksEntries: checksEntries,
            progress: progress)
        try covered.run()
        try BeyondPass(source: source, edge: covered.edge, trailingEntries: trailingEntries).run()
        return .verified(size: checkpoint.size, root: checkpoint.root, checkpoint: checkpoint)
    }

    private func readCheckpoint() throws(LogFailure) -> Checkpoint {
        let path = Self.checkpointPath
        let bytes: [UInt8]?
        do { bytes = try files.read(path) } catch {
            throw LogFailure(.file(path), at: 0, "cannot be read: \(error)")
        }
        guard let bytes else { throw LogFailure(.file(path), at: 0, "is missing") }
        do throws(ProofError) {
            return try Checkpoint.open(note: bytes, of: log)
        } catch {
            throw LogFailure(Self.subject(of: error), at: 0, error.message)
        }
    }

    private static func subject(of error: ProofError) -> LogFailure.Subject {
        switch error.code {
        case .badSignature, .unknownSigner: .signature
        default: .checkpoint
        }
    }
}
