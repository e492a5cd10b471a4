/// The course of one verification: which passes over the log are made, until there is a verdict.
///
/// A state machine: it hands out passes, and whoever runs them, on one thread or on several, tells how they
/// ended. First, if there is an earlier checkpoint to go on from, only what follows it is read. If that
/// fails, everything is, since only that tells what is wrong. If that fails too while the checkpoint moved,
/// everything once more under the new checkpoint, which must cover more entries and the same ones.
struct LogVerification {
    enum Next {
        case run(CoveredPass)
        case over(LogVerifier.Outcome)
    }

    private enum Step {
        case incremental, full
        case following(Checkpoint)
        case over(LogVerifier.Outcome)
    }

    private let verifier: LogVerifier
    private let source: LogSource
    private var step: Step
    private var current: LogVerifier.Published?
    private var witnessed: LogVerifier.Published?

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
            try BeyondPass(source: source, edge: pass.edge, trailingEntries: verifier.trailingEntries).run()
            let checkpoint = pass.checkpoint
            step = .over(
                LogVerifier.Outcome(
                    verdict: .verified(size: checkpoint.size, root: checkpoint.root, checkpoint: checkpoint),
                    firstEntryRead: pass.start, note: current?.note ?? [],
                    witnessed: try verifier.witnessed([current, witnessed].compactMap(\.self))))
        } catch {
            fail(error)
        }
    }

    /// Takes in what the last pass, or the way to it, has found.
    mutating func fail(_ failure: LogFailure) {
        switch (step, current) {
        case (.incremental, .some): step = .full
        case (.full, .some(let old)):
            guard let newer = try? verifier.readCheckpoint(),
                newer.checkpoint.size != old.checkpoint.size
            else { return end(failure) }
            step = .following(old.checkpoint)
            current = newer
        default: end(failure)
        }
    }

    private mutating func end(_ failure: LogFailure) {
        step = .over(LogVerifier.Outcome(failed: failure))
    }

    private mutating func checkpoint() throws(LogFailure) -> Checkpoint {
        if let current { return current.checkpoint }
        let published = try verifier.readCheckpoint()
        current = published
        return published.checkpoint
    }

    private mutating func pass(under checkpoint: Checkpoint) throws(LogFailure) -> CoveredPass {
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
        let edge = try startingEdge(under: checkpoint)
        witnessed = try verifier.readWitnessed()
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
        try source.checkNames()
        return CoveredPass(
            source, checkpoint: checkpoint, milestones: milestones, checksEntries: verifier.checksEntries,
            after: edge)
    }

    /// The edge of what the earlier checkpoint covers in whole bundles. Nothing is believed of it: the pass
    /// compares the root that it leads to with the earlier one before anything else.
    private func startingEdge(under checkpoint: Checkpoint) throws(LogFailure) -> RightEdge {
        guard case .incremental = step, let since = verifier.since else { return RightEdge() }
        return try source.edge(of: since.size & ~255, under: checkpoint.size)
    }
}

extension LogSource {
    /// The edge of the first `size` entries, whole bundles, from the hash tiles of a log of `total` entries.
    fileprivate func edge(of size: UInt64, under total: UInt64) throws(LogFailure) -> RightEdge {
        var levels: [[TreeHash]] = [[]]
        for level in 1...TilePath.highestLevel where size >> UInt64(8 * level) > 0 {
            let width = RightEdge.partialWidth(level: level, size: size)
            let index = size >> UInt64(8 * (level + 1))
            var hashes: [TreeHash] = []
            if width > 0 {
                // Under the larger tree there is a wider tile in the same place, or the full one.
                let present = total >> UInt64(8 * level) - index << 8
                let tile = try coveringHashes(
                    level: level, index: index, width: Int(min(present, UInt64(TilePath.fullWidth))))
                hashes = Array(tile.hashes.prefix(width))
            }
            levels.append(hashes)
        }
        return RightEdge(size: size, levels: levels)
    }
}
