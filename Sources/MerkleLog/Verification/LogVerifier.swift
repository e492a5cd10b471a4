/// Verifies a whole log offline: that its key signed the checkpoint, and that every file agrees with it.
///
/// Trust: only the verifier key. Whoever can change the files can make verification fail, or roll the log
/// back to an earlier checkpoint of its own; only `since`, or a witness, shows the latter. Signatures by keys
/// that it does not know, which a checkpoint may carry, it does not check.
///
/// Memory does not grow with the log: a worker holds two files of at most 16.8 MB, and folders are listed one
/// at a time. A log that is being written may be verified too.
///
/// A log whose first entries were pruned (C2SP tlog-tiles) verifies from there on if one of its entries, of
/// type `log.pruned`, states it, with the root of those that are gone.
///
/// For example:
///
///     let verifier = LogVerifier(files: try LogDirectory("/srv/log"), log: try NoteVerifier(vkey: text))
///     print(verifier.verify())  // verified 1204 entries, root 7Hq...
///     print(await verifier.verify(workers: 2).verdict)  // the same, in half the time
public struct LogVerifier {
    static let checkpointPath = "checkpoint"
    /// The newest checkpoint that enough witnesses of the hub's policy cosigned, beside the newest one.
    static let witnessedPath = "witnessed"

    let files: any LogFiles
    private let log: NoteVerifier

    /// Whether entries must be canonical JSON of version 1 with a time and with ascending `seq`.
    public var checksEntries = true
    /// An earlier checkpoint of the log: the log must still begin with what it covers.
    ///
    /// Trust: unless `readsEverything` is set, the caller believes the checkpoint *because the log was
    /// verified under it*. Entries and tiles that it covers in whole bundles are then not read again: that
    /// none was exchanged follows from the hash tiles, which must lead to this checkpoint's root and to the
    /// new one's. A file below that was damaged or lost since is not noticed.
    public var since: Checkpoint?
    /// Whether what `since` covers is read again.
    public var readsEverything = false
    /// The entry of that index if the caller has it from elsewhere (the journal), for what lies beyond the
    /// checkpoint.
    public var trailingEntries: ((UInt64) throws -> [UInt8]?)?
    /// Whether entries are read. If not, only the checkpoint and the tiles are: every tile must lead to the
    /// signed root, but whether the entries are those that were hashed is not looked at, nor what they hold,
    /// nor whether one of them states that the log was pruned. For who may not read entries.
    public var readsEntries = true
    /// Who must have cosigned the checkpoint.
    public var policy: WitnessPolicy?
    /// How many of the newest entries need no witnesses: then the checkpoint in `witnessed`, which the log
    /// must extend, will do. A log that grows is always a little ahead of them.
    public var maximumUnwitnessed: UInt64 = 0
    /// Called now and then with the number of entries done and of all entries.
    public var progress: ((_ done: UInt64, _ total: UInt64) -> Void)?

    /// - Parameter log: the log's key, whose name is the log's origin.
    public init(files: any LogFiles, log: NoteVerifier) {
        self.files = files
        self.log = log
    }

    /// What a verification came to.
    public struct Outcome: Sendable {
        public let verdict: LogVerdict
        /// The entries below this index were not read: they are believed under `since`. 0 for a failure.
        public let firstEntryRead: UInt64
        /// The entry with which the log begins: those below were pruned. 0 if none are missing, for a
        /// failure, and where what lies below `firstEntryRead` was not looked at.
        public let minimumIndex: UInt64
        /// The entry that states the pruning; nil if nothing is missing, or entries were not read.
        public let prunedBy: UInt64?
        /// Whether entries were read, as `readsEntries` says.
        public let entriesRead: Bool
        /// The checkpoint's note as it was read, to be kept as the next `since`; empty for a failure.
        public let note: [UInt8]
        /// Up to which entry the witnesses of the policy vouch for the log, and who they are; nil without a
        /// policy.
        public let witnessed: Witnessed?

        /// A verification that came to nothing before the log was read.
        public init(failed failure: LogFailure) {
            self.init(verdict: .failed(failure), firstEntryRead: 0, note: [])
        }

        init(
            verdict: LogVerdict, firstEntryRead: UInt64, minimumIndex: UInt64 = 0, prunedBy: UInt64? = nil,
            entriesRead: Bool = true, note: [UInt8], witnessed: Witnessed? = nil
        ) {
            self.verdict = verdict
            self.firstEntryRead = firstEntryRead
            self.minimumIndex = minimumIndex
            self.prunedBy = prunedBy
            self.entriesRead = entriesRead
            self.note = note
            self.witnessed = witnessed
        }
    }

    /// What a quorum of witnesses vouches for.
    public struct Witnessed: Sendable {
        /// They saw one and the same history of so many entries.
        public let size: UInt64
        public let quorum: QuorumVerdict
    }

    /// Reads everything that has to be read and says whether it holds together.
    ///
    /// If something does not while the checkpoint moved, it is looked at once more under the new checkpoint,
    /// which must cover more entries and the same ones.
    public func verify() -> LogVerdict {
        var verification = LogVerification(self)
        while true {
            switch verification.next() {
            case .over(let outcome): return outcome.verdict
            case .run(var pass):
                do throws(LogFailure) {
                    try pass.run(progress)
                    verification.succeed(pass)
                } catch {
                    verification.fail(error)
                }
            }
        }
    }

    /// As `verify()`, with bundles read and hashed by `workers` tasks at a time. The verdict is the same, and
    /// so is the failure, however many there are.
    ///
    /// - Parameter workers: as many as there are cores to use; the tasks block a thread each while they read.
    nonisolated(nonsending) public func verify(workers: Int) async -> Outcome {
        var verification = LogVerification(self)
        while true {
            switch verification.next() {
            case .over(let outcome): return outcome
            case .run(var pass):
                do throws(LogFailure) {
                    try await pass.run(workers: workers, progress)
                    verification.succeed(pass)
                } catch {
                    verification.fail(error)
                }
            }
        }
    }

    /// A checkpoint that the log's key signed, and its note.
    struct Published {
        let checkpoint: Checkpoint
        let note: [UInt8]
    }

    func readCheckpoint() throws(LogFailure) -> Published {
        guard let published = try read(Self.checkpointPath) else {
            throw LogFailure(.file(Self.checkpointPath), at: 0, "is missing")
        }
        return published
    }

    /// Nil if there is none.
    func readWitnessed() throws(LogFailure) -> Published? { try read(Self.witnessedPath) }

    private func read(_ path: String) throws(LogFailure) -> Published? {
        let bytes: [UInt8]?
        do { bytes = try files.read(path) } catch {
            throw LogFailure(.file(path), at: 0, "\(LogFailure.unreadable)\(error)")
        }
        guard let bytes else { return nil }
        do throws(ProofError) {
            return Published(checkpoint: try Checkpoint.open(note: bytes, of: log), note: bytes)
        } catch {
            let isCheckpoint = path == Self.checkpointPath
            throw LogFailure(isCheckpoint ? Self.subject(of: error) : .file(path), at: 0, error.message)
        }
    }

    /// What the policy's witnesses vouch for: the checkpoint if they cosigned it, else the witnessed one.
    ///
    /// - Throws: a failure if a policy is given and neither is cosigned by a quorum, or too few entries are.
    func witnessed(_ published: [Published]) throws(LogFailure) -> Witnessed? {
        guard let policy else { return nil }
        var problems: [String] = []
        let size = published.first?.checkpoint.size ?? 0
        for candidate in published {
            do throws(ProofError) {
                let (checkpoint, quorum) = try policy.open(note: candidate.note, of: log)
                if size - checkpoint.size <= maximumUnwitnessed {
                    return Witnessed(size: checkpoint.size, quorum: quorum)
                }
                problems.append("witnesses vouch for the first \(checkpoint.size) entries only")
            } catch {
                problems.append(error.message)
            }
        }
        throw LogFailure(.signature, at: size, problems.joined(separator: "; "))
    }

    private static func subject(of error: ProofError) -> LogFailure.Subject {
        switch error.code {
        case .badSignature, .unknownSigner: .signature
        default: .checkpoint
        }
    }
}
