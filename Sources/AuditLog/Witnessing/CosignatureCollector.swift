public import MerkleLog
internal import Synchronization

/// Asks the witnesses of a policy to cosign this hub's published checkpoints (C2SP tlog-witness).
///
/// It follows the log and never holds it up: a witness that does not answer delays the cosignature only.
public final class CosignatureCollector: Sendable {
    /// Posts a body to a URL and gives the answer. Must end within a bounded time.
    public typealias Transport = @Sendable (_ url: String, _ body: [UInt8]) async throws -> WitnessAnswer

    /// What the operator should know.
    public enum Event: Sendable {
        /// A witness did not cosign, with the reason. Told once until another reason comes.
        case refused(witness: String, reason: String)
        /// Enough witnesses cosigned the tree of this size.
        case witnessed(size: UInt64)
    }

    private struct Progress {
        /// The size that the witness cosigned last, as far as it is known.
        var oldSize: UInt64 = 0
        var failures = 0
        var notBefore = ContinuousClock.now
        var reason: String?
    }

    /// What came of asking one witness.
    private enum Reply {
        case cosigned(Cosignature)
        /// It says that it has cosigned what this log does not hold.
        case divergent(String)
        case refused(String)
    }

    /// The least between two rounds.
    private static let interval = Duration.seconds(1)
    /// A witness that keeps refusing is asked ever less often, but at least this often.
    private static let longestPauseSeconds = 60
    /// A witness at another size than it was asked from is asked again from there, so often.
    private static let attempts = 4

    private let log: AuditLog
    private let policy: WitnessPolicy
    private let send: Transport
    private let report: @Sendable (Event) -> Void
    private let progress: Mutex<[Progress]>

    /// - Parameter report: called for what the operator should know.
    public init(
        log: AuditLog, policy: WitnessPolicy, send: @escaping Transport,
        report: @escaping @Sendable (Event) -> Void
    ) {
        self.log = log
        self.policy = policy
        self.send = send
        self.report = report
        progress = Mutex([Progress](repeating: Progress(), count: policy.witnesses.count))
    }

    /// Asks every witness once, before anything new is appended; one that does not answer is passed over.
    ///
    /// - Throws: `LogError` `history_mismatch` if one says that it has cosigned more entries than this log
    ///   holds, or others: then the log has lost its end or was changed, and must not grow.
    public func checkHistory() async throws(LogError) {
        for (name, reason) in await round(log.publishedCheckpoint).divergent {
            throw LogError(
                .historyMismatch,
                "the witness `\(name)` does not know this history of the log: \(reason); put the journal of"
                    + " this log back")
        }
    }

    /// Follows the log until the task is cancelled.
    public func run() async {
        var done: UInt64?
        while !Task.isCancelled {
            let checkpoint = log.publishedCheckpoint
            if checkpoint.size != done {
                done = await round(checkpoint).isDone ? checkpoint.size : nil
            }
            // Cancelled is the only way in which this ends early.
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Asks the witnesses that may be asked now to cosign one checkpoint.
    ///
    /// - Returns: whether all have cosigned it, and which said that they have cosigned something else.
    private func round(_ checkpoint: PublishedCheckpoint) async -> (
        isDone: Bool, divergent: [(witness: String, reason: String)]
    ) {
        guard checkpoint.size > 0, let note = try? Note(Array(checkpoint.note.utf8)) else {
            return (true, [])
        }
        let now = ContinuousClock.now
        let due = progress.withLock { progress in progress.indices.filter { progress[$0].notBefore <= now } }
        let replies = await withTaskGroup(of: (Int, Reply).self) { group in
            for index in due { group.addTask { (index, await self.ask(index, note, checkpoint.size)) } }
            return await group.reduce(into: [(Int, Reply)]()) { $0.append($1) }
        }
        var cosignatures: [Cosignature] = []
        var divergent: [(witness: String, reason: String)] = []
        for (index, reply) in replies {
            settle(index, reply)
            switch reply {
            case .cosigned(let cosignature): cosignatures.append(cosignature)
            case .divergent(let reason): divergent.append((policy.witnesses[index].name, reason))
            case .refused: break
            }
        }
        if !cosignatures.isEmpty { await adopt(cosignatures, note, checkpoint.size) }
        return (cosignatures.count == policy.witnesses.count, divergent)
    }

    private func adopt(_ cosignatures: [Cosignature], _ note: Note, _ size: UInt64) async {
        guard let cosigned = try? policy.note(note, adding: cosignatures),
            let verdict = try? policy.evaluate(cosigned)
        else { return }
        await log.adopt(
            PublishedCheckpoint(size: size, note: cosigned.contents), isWitnessed: verdict.isMet)
        if verdict.isMet { report(.witnessed(size: size)) }
    }

    private func ask(_ index: Int, _ note: Note, _ size: UInt64) async -> Reply {
        let witness = policy.witnesses[index]
        guard let url = witness.addCheckpointURL else { return .refused("the policy has no URL for it") }
        let nodes = TileNodes(size: size) { [log] in try log.publishedFile($0) }
        var oldSize = progress.withLock { $0[index].oldSize }
        for _ in 0..<Self.attempts {
            do {
                let request = try witness.client.request(note: note, oldSize: oldSize, nodes: nodes)
                switch witness.client.outcome(of: try await send(url, request.body), to: request) {
                case .cosigned(let cosignature):
                    progress.withLock { $0[index].oldSize = size }
                    return .cosigned(cosignature)
                case .behind(let known): oldSize = known
                case .historyLost(let known):
                    return .divergent("it has cosigned \(known) entries, this log has \(size)")
                case .otherRoot: return .divergent("it has cosigned another tree of \(size) entries")
                case .refused(422, let message):
                    // The proof is from our own tiles: they do not begin with what the witness cosigned.
                    return .divergent(message)
                case .refused(let status, let message): return .refused("\(message) (status \(status))")
                }
            } catch {
                return .refused("\(error)")
            }
        }
        return .refused("it named another size each time")
    }

    /// Notes when the witness may be asked again, and tells the operator of a new reason.
    private func settle(_ index: Int, _ reply: Reply) {
        let reason: String? =
            switch reply {
            case .cosigned: nil
            case .divergent(let reason), .refused(let reason): reason
            }
        let isNew = progress.withLock { progress in
            defer { progress[index].reason = reason }
            progress[index].failures = reason == nil ? 0 : progress[index].failures + 1
            let pause =
                reason == nil ? 0 : min(Self.longestPauseSeconds, 1 << min(progress[index].failures, 6))
            progress[index].notBefore = .now + .seconds(pause)
            return reason != progress[index].reason
        }
        if let reason, isNew { report(.refused(witness: policy.witnesses[index].name, reason: reason)) }
    }
}
