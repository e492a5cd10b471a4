/// The part of a verification that concerns what the checkpoint covers: everything is computed anew from the
/// entries and compared with every file.
///
/// Places are checked by whoever calls `check`, and their reports come back here in order: so the verdict and
/// the first failure are the same however many workers there are.
struct CoveredPass {
    /// A size at which the tree must have had a root.
    struct Milestone {
        let size: UInt64
        let root: TreeHash
        /// Whose root it is, for the failure: `the checkpoint given`.
        let name: String
    }

    let source: LogSource
    let checkpoint: Checkpoint
    let check: PlaceCheck
    private var milestones: [Milestone]
    private var rules: EntryRules
    /// Whether `rules` know the last number before the first entry that is read.
    private var knowsNumbers: Bool
    /// The entries below are not read: they were verified before, or pruned.
    let start: UInt64
    /// The tree of the entries below `start`.
    let startingEdge: RightEdge
    /// The first statement of the pruning, if the log begins later than at entry 0.
    private(set) var statement: PruningStatement?
    /// The incomplete tiles; after the last report those of the whole tree.
    private(set) var edge: RightEdge

    /// - Parameters:
    ///   - milestones: none beyond the checkpoint's size.
    ///   - edge: of the entries that are not read; empty to read all. They are either believed, and then a
    ///     milestone from its size on must prove it, or pruned.
    ///   - isPruned: whether the entries below the edge are pruned: nobody knows their numbers any more.
    init(
        _ source: LogSource, checkpoint: Checkpoint, milestones: [Milestone], verifier: LogVerifier,
        after edge: RightEdge, isPruned: Bool
    ) {
        self.source = source
        self.checkpoint = checkpoint
        self.edge = edge
        startingEdge = edge
        start = edge.size
        knowsNumbers = edge.size == 0 || isPruned
        self.milestones = milestones.filter { $0.size > 0 }.sorted { $0.size > $1.size }
        rules = EntryRules()
        check = PlaceCheck(
            source: source, size: checkpoint.size, milestones: Set(milestones.map(\.size)),
            checksEntries: verifier.checksEntries, readsEntries: verifier.readsEntries,
            beginning: isPruned ? edge.size : 0)
    }

    /// Where a pruned log begins, 0 for another one.
    var beginning: UInt64 { check.beginning }

    /// The places that have to be reported on.
    var places: Range<UInt64> { start >> 8..<max(start >> 8, (checkpoint.size + 255) >> 8) }

    /// Before the first report: a milestone may lie right at the start.
    mutating func begin() throws(LogFailure) { try passMilestones() }

    /// Takes in the report on the place that follows.
    mutating func take(_ report: PlaceReport) throws(LogFailure) {
        switch report.finding {
        case .failure(let failure): throw failure
        case .tile(let difference): throw failure(of: difference, from: report.path)
        case .entry, nil: try checkRules(report)
        }
        statement = report.statement ?? statement
        if !report.leaves.isEmpty {
            for leaf in report.leaves {
                try advance { edge, completed in edge.append(leaf, completed: completed) }
            }
        } else if let root = report.root {
            try advance { edge, completed in edge.append(tileWithRoot: root, completed: completed) }
        }
    }

    /// After the last report: the partial tiles of the higher levels, and the root.
    func finish() throws(LogFailure) {
        for (level, hashes) in edge.levels.enumerated() where level > 0 && !hashes.isEmpty {
            try check(hashes, level: level, index: edge.size >> UInt64(8 * (level + 1)))
        }
        guard edge.root == checkpoint.root else {
            let what = check.readsEntries ? "entries" : "tiles"
            throw LogFailure(
                .root, at: checkpoint.size, "the \(what) lead to another root than the one signed")
        }
    }

    private typealias Completed = (Int, UInt64, [TreeHash]) -> Void

    private mutating func advance(_ grow: (inout RightEdge, Completed) -> Void) throws(LogFailure) {
        var completed: [(level: Int, index: UInt64, hashes: [TreeHash])] = []
        grow(&edge) { completed.append(($0, $1, $2)) }
        for tile in completed where tile.level > 0 {
            try check(tile.hashes, level: tile.level, index: tile.index)
        }
        try passMilestones()
    }

    private mutating func passMilestones() throws(LogFailure) {
        while let milestone = milestones.last, milestone.size == edge.size {
            guard edge.root == milestone.root else {
                throw LogFailure(
                    .checkpoint, at: milestone.size, "\(milestone.name) has another root at its size")
            }
            milestones.removeLast()
        }
    }

    private func check(_ computed: [TreeHash], level: Int, index: UInt64) throws(LogFailure) {
        let partials = try source.partials(of: .hashes(level: level), index: index)
        if let difference = try source.difference(
            from: computed, level: level, index: index, partials: partials)
        {
            throw failure(of: difference, from: nil)
        }
    }

    /// - Parameter path: of the file of the place that its leaves are from, if it was read.
    private func failure(of difference: LogSource.Difference, from path: TilePath?) -> LogFailure {
        let tile = difference.path
        let index = tile.leafIndex(at: difference.offset)
        // Either the tile or what it is computed from was changed: the signed root tells which.
        if leavesLeadToRoot() {
            let reason = check.readsEntries ? "the entries" : "the tiles below it"
            return LogFailure(.file(tile.path), at: index, "holds a hash that \(reason) do not have")
        }
        let place = index >> 8
        let kind: TilePath.Kind = check.readsEntries ? .entries : .hashes(level: 0)
        let read = (path ?? (try? check.leaves(of: place))?.path ?? TilePath(kind, index: place))?.path ?? ""
        return LogFailure(
            check.readsEntries ? .entry(in: read) : .file(read), at: index,
            "does not have the hash that \(tile) holds")
    }

    private mutating func checkRules(_ report: PlaceReport) throws(LogFailure) {
        guard check.checksEntries else { return }
        if let first = report.firstNumber {
            if !knowsNumbers { rules = EntryRules(newestNumber: try numberBefore(start >> 8)) }
            knowsNumbers = true
            if let violation = rules.violation(ofNumber: .integer(first.value)) {
                throw failure(of: report, at: first.position, violation)
            }
            if let last = report.lastNumber { rules = EntryRules(newestNumber: last) }
        }
        if case .entry(let position, let violation) = report.finding {
            throw failure(of: report, at: position, violation)
        }
    }

    private func failure(of report: PlaceReport, at position: Int, _ violation: String) -> LogFailure {
        LogFailure(
            .entry(in: (report.path ?? .entries(index: report.index)).path),
            at: report.index << 8 + UInt64(position), violation)
    }

    /// The last number among the entries that were verified before, which are believed here too.
    private func numberBefore(_ place: UInt64) throws(LogFailure) -> Int64? {
        for index in (0..<place).reversed() {
            let entries = try source.coveringEntries(index: index, width: TilePath.fullWidth)
            for range in entries.ranges.reversed() {
                if case .success(let head) = EntryRules.head(of: entries.bytes.span.extracting(range)),
                    case .integer(let number) = head.number
                {
                    return number
                }
            }
        }
        return nil
    }

    /// Whether the leaves, whatever the tiles over them say, have the root that was signed. Reads them all.
    private func leavesLeadToRoot() -> Bool {
        check.edge(from: startingEdge, over: places)?.root == checkpoint.root
    }
}
