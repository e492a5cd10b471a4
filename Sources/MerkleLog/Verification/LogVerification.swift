/// The course of one verification: which passes over the log are made, until there is a verdict.
///
/// A state machine: it hands out passes, and whoever runs them, on one thread or on several, tells how they
/// ended. First, if there is an earlier checkpoint to go on from, only what follows it is read. If that
/// fails, everything is, since only that tells what is wrong. If that fails too while the checkpoint moved,
/// everything once more under the new checkpoint, which must cover more entries and the same ones; and so it
/// is if the log was pruned meanwhile.
struct LogVerification {
    enum Next {
        case run(CoveredPass)
        case over(LogVerifier.Outcome)
    }

    private enum Step {
        case incremental, full
        case following(Checkpoint)
        /// As `full`, once more: the log begins later than it did.
        case again
        case over(LogVerifier.Outcome)
    }

    private let verifier: LogVerifier
    private let source: LogSource
    private var step: Step
    private var current: LogVerifier.Published?
    private var witnessed: LogVerifier.Published?
    /// Where the log begins under the current checkpoint, if it was pruned; 0 if not, or if what lies below
    /// an earlier checkpoint is not looked at.
    private var beginning: UInt64 = 0

    init(_ verifier: LogVerifier) {
        self.verifier = verifier
        source = LogSource(files: verifier.files)
        step = verifier.since == nil || verifier.readsEverything ? .full : .incremental
    }

    /// The pass to run next, or how it all ended.
    mutating func next() -> Next {
        while true {
            if case .over(let outcome) = step { return .over(outcome) }
            do throws(LogFailure) {
                return .run(try pass(under: try checkpoint()))
            } catch {
                fail(error)
            }
        }
    }

    /// Takes in that a pass has found nothing wrong.
    mutating func succeed(_ pass: CoveredPass) {
        do throws(LogFailure) {
            try checkPruning(pass)
            try BeyondPass(
                source: source, edge: pass.edge, trailingEntries: verifier.trailingEntries,
                readsEntries: verifier.readsEntries
            ).run()
            let checkpoint = pass.checkpoint
            step = .over(
                LogVerifier.Outcome(
                    verdict: .verified(size: checkpoint.size, root: checkpoint.root, checkpoint: checkpoint),
                    firstEntryRead: pass.start - pass.beginning, minimumIndex: pass.beginning,
                    prunedBy: pass.statement?.entry, entriesRead: verifier.readsEntries,
                    note: current?.note ?? [],
                    witnessed: try verifier.witnessed([current, witnessed].compactMap(\.self))))
        } catch {
            fail(error)
        }
    }

    /// That the log says itself what it lacks, and that what a pruning left agrees with the rest.
    private func checkPruning(_ pass: CoveredPass) throws(LogFailure) {
        guard pass.beginning > 0 else { return }
        if verifier.readsEntries {
            guard let statement = pass.statement else { throw missingFirst(under: pass.checkpoint) }
            // By now the tiles from which this root is computed have been verified.
            let edge = try source.edge(of: statement.minimumIndex, under: pass.checkpoint.size)
            guard statement.root == edge.root else {
                throw LogFailure(
                    .entry(in: TilePath.entries(index: statement.entry >> 8).path), at: statement.entry,
                    "states another root of the \(statement.minimumIndex) entries that were pruned")
            }
        }
        try BelowPass(source: source, edge: pass.startingEdge, readsEntries: verifier.readsEntries).run()
    }

    /// Takes in what the last pass, or the way to it, has found.
    mutating func fail(_ failure: LogFailure) {
        switch (step, current) {
        case (.incremental, .some): step = .full
        case (.full, .some(let old)):
            if let newer = try? read(), newer.current.checkpoint.size != old.checkpoint.size {
                step = .following(old.checkpoint)
                (witnessed, current) = newer
            } else if firstIndex(under: old.checkpoint) > beginning {
                step = .again
            } else {
                end(failure)
            }
        default: end(failure)
        }
    }

    /// What is wrong with a log that lacks its beginning and nowhere says so is that it lacks it.
    private mutating func end(_ failure: LogFailure) {
        var failure = failure
        if beginning > 0, verifier.readsEntries, let checkpoint = current?.checkpoint {
            let check = PlaceCheck(
                source: source, size: checkpoint.size, milestones: [], checksEntries: false,
                readsEntries: true, beginning: beginning)
            let places = beginning >> 8..<(checkpoint.size + 255) >> 8
            if !check.claimsPruning(in: places) { failure = missingFirst(under: checkpoint) }
        }
        step = .over(LogVerifier.Outcome(failed: failure))
    }

    private func missingFirst(under checkpoint: Checkpoint) -> LogFailure {
        source.missingFirst(.entries, under: checkpoint.size)
    }

    private func firstIndex(under checkpoint: Checkpoint) -> UInt64 {
        let kind: TilePath.Kind = verifier.readsEntries ? .entries : .hashes(level: 0)
        return source.firstPlace(of: kind, under: checkpoint.size) << 8
    }

    private mutating func checkpoint() throws(LogFailure) -> Checkpoint {
        if let current { return current.checkpoint }
        let published = try read()
        (witnessed, current) = published
        return published.current.checkpoint
    }

    /// The witnessed checkpoint first: of a log that grows meanwhile, the newest one then covers no less.
    private func read() throws(LogFailure) -> (
        witnessed: LogVerifier.Published?, current: LogVerifier.Published
    ) {
        let witnessed = try verifier.readWitnessed()
        return (witnessed, try verifier.readCheckpoint())
    }

    private mutating func pass(under checkpoint: Checkpoint) throws(LogFailure) -> CoveredPass {
        var milestones = try earlierMilestones(under: checkpoint)
        beginning = 0
        if case .incremental = step {} else { beginning = firstIndex(under: checkpoint) }
        if let lost = milestones.first(where: { 0 < $0.size && $0.size < beginning }) {
            throw LogFailure(
                .checkpoint, at: lost.size,
                "the log was pruned and holds no entries below \(beginning): nothing is left of it that could"
                    + " show that it extends \(lost.name) of \(lost.size) entries; verify a copy from before"
                    + " the pruning, or begin anew with the checkpoint of today")
        }
        let edge = try startingEdge(under: checkpoint)
        if let witnessed = witnessed?.checkpoint {
            guard witnessed.size <= checkpoint.size else {
                throw LogFailure(
                    .checkpoint, at: checkpoint.size,
                    "witnesses cosigned \(witnessed.size) entries of the log, and it was cut")
            }
            // What is smaller than what is believed already cannot be looked at without reading that too.
            if witnessed.size >= edge.size {
                milestones.append(
                    CoveredPass.Milestone(
                        size: witnessed.size, root: witnessed.root, name: "the witnessed checkpoint"))
            }
        }
        // One of entries that were all pruned cannot be held against the log, so it vouches for nothing.
        if let size = witnessed?.checkpoint.size, size < beginning { witnessed = nil }
        try source.checkNames()
        return CoveredPass(
            source, checkpoint: checkpoint, milestones: milestones, verifier: verifier, after: edge,
            isPruned: beginning > 0)
    }

    private func earlierMilestones(under checkpoint: Checkpoint) throws(LogFailure)
        -> [CoveredPass.Milestone]
    {
        var milestones: [CoveredPass.Milestone] = []
        if case .following(let earlier) = step {
            guard checkpoint.size > earlier.size else {
                throw LogFailure(
                    .checkpoint, at: checkpoint.size,
                    "went back from \(earlier.size) entries while being read")
            }
            milestones.append(
                CoveredPass.Milestone(
                    size: earlier.size, root: earlier.root, name: "the checkpoint read before"))
        }
        if let since = verifier.since {
            guard since.size <= checkpoint.size else {
                throw LogFailure(
                    .checkpoint, at: checkpoint.size, "the log once had \(since.size) entries and was cut")
            }
            milestones.append(
                CoveredPass.Milestone(size: since.size, root: since.root, name: "the earlier checkpoint"))
        }
        return milestones
    }

    /// The edge of what the earlier checkpoint covers in whole bundles, or of what was pruned. Nothing is
    /// believed of it: the pass compares the root that it leads to with the earlier one before anything else,
    /// and in the end with the one that was signed.
    private func startingEdge(under checkpoint: Checkpoint) throws(LogFailure) -> RightEdge {
        if case .incremental = step, let since = verifier.since {
            return try source.edge(of: since.size & ~255, under: checkpoint.size)
        }
        return beginning > 0 ? try source.edge(of: beginning, under: checkpoint.size) : RightEdge()
    }
}
