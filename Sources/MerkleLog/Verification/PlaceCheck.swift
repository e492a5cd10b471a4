/// Checks one place of the lowest level, the bundles and the tiles over 256 entries, as far as that needs no
/// other place: the part of a verification that several workers do at once.
///
/// It holds one bundle and one other file of the place at a time, each of at most 16.8 MB.
struct PlaceCheck: Sendable {
    let source: LogSource
    /// How many entries the checkpoint covers.
    let size: UInt64
    /// Sizes at which the tree must have a certain root, so that leaves are needed up to there.
    let milestones: Set<UInt64>
    let checksEntries: Bool
    /// Whether leaves come from the entries; else they come from the tiles.
    let readsEntries: Bool
    /// Where a pruned log begins, 0 for another one: a statement of at least so much is looked for.
    let beginning: UInt64

    /// The reports on these places, up to the first with a finding: what follows it nobody asks for.
    func reports(on places: Range<UInt64>) -> [PlaceReport] {
        let kinds: [TilePath.Kind] = (readsEntries ? [.entries] : []) + [.hashes(level: 0)]
        return source.files.expecting(TileRange(kinds, places: places, size: size)) {
            readReports(on: places)
        }
    }

    private func readReports(on places: Range<UInt64>) -> [PlaceReport] {
        var reports: [PlaceReport] = []
        do throws(LogFailure) {
            let partials = Partials(
                bundles: try source.partialFolders(of: .entries, in: places),
                tiles: try source.partialFolders(of: .hashes(level: 0), in: places))
            for index in places {
                reports.append(report(on: index, partials))
                if reports.last?.finding != nil { break }
            }
        } catch {
            var report = PlaceReport(index: places.lowerBound)
            report.finding = .failure(error)
            reports.append(report)
        }
        return reports
    }

    /// The places that have a folder of partial files: few, so that it is not looked for in vain.
    private struct Partials {
        let bundles: Set<UInt64>
        let tiles: Set<UInt64>
    }

    private func report(on index: UInt64, _ partials: Partials) -> PlaceReport {
        var report = PlaceReport(index: index)
        do throws(LogFailure) {
            if readsEntries {
                let entries = try source.coveringEntries(index: index, width: width(of: index))
                report.path = entries.path
                try check(entries, partials, into: &report)
            } else {
                let (path, leaves) = try leaves(of: index)
                report.path = path
                try check(leaves, partials, into: &report)
            }
        } catch {
            report.finding = .failure(error)
        }
        return report
    }

    /// How many entries of a place the checkpoint covers.
    func width(of index: UInt64) -> Int { Int(min(size - index << 8, UInt64(TilePath.fullWidth))) }

    /// The leaves of a place that the checkpoint covers, and the file that they are from.
    func leaves(of index: UInt64) throws(LogFailure) -> (path: TilePath, leaves: [TreeHash]) {
        let width = width(of: index)
        guard readsEntries else {
            let tile = try source.coveringHashes(level: 0, index: index, width: width)
            return (tile.path, tile.hashes)
        }
        let entries = try source.coveringEntries(index: index, width: width)
        return (entries.path, entries.leaves(width))
    }

    private func check(
        _ entries: LogSource.Entries, _ partials: Partials, into report: inout PlaceReport
    ) throws(LogFailure) {
        let width = width(of: report.index)
        try check(entries.leaves(width), partials, into: &report)
        guard report.finding == nil else { return }
        if partials.bundles.contains(report.index) { try compareBundles(with: entries, width: width) }
        if checksEntries || beginning > 0 { readHeads(entries, width: width, into: &report) }
    }

    /// Compares the tiles of the place with its leaves, which may be from the widest of them.
    private func check(
        _ leaves: [TreeHash], _ partials: Partials, into report: inout PlaceReport
    ) throws(LogFailure) {
        let index = report.index
        if leaves.count == TilePath.fullWidth { report.root = MerkleTree.completeRoot(leaves) }
        if report.root == nil || isCut(index) { report.leaves = leaves }
        let tiles =
            partials.tiles.contains(index)
            ? try source.partials(of: .hashes(level: 0), index: index) : []
        let difference =
            readsEntries
            ? try source.difference(from: leaves, level: 0, index: index, partials: tiles)
            : try source.differenceOfPartials(from: leaves, tiles)
        if let difference { report.finding = .tile(difference) }
    }

    /// Whether a milestone lies between two entries of the place.
    private func isCut(_ index: UInt64) -> Bool {
        milestones.contains { $0 >> 8 == index && $0 & 255 != 0 }
    }

    /// Compares every other bundle of the place, none wider than the checkpoint covers, with `entries`.
    private func compareBundles(with entries: LogSource.Entries, width: Int) throws(LogFailure) {
        for path in try source.partials(of: .entries, index: entries.path.index)
        where path.width <= width && path != entries.path {
            // A partial bundle that was listed may have been deleted since.
            guard let bytes = try source.read(path), bytes[...] != entries.bytes(width: path.width) else {
                continue
            }
            let layout = EntryBundle.layout(of: bytes)
            let same = layout.ranges.indices.prefix(path.width).prefix {
                bytes[layout.ranges[$0]] == entries[$0][...]
            }
            throw LogFailure(
                .file(path.path), at: path.leafIndex(at: min(same.count, path.width - 1)),
                "holds other entries than \(entries.path)")
        }
    }

    /// Checks every entry by itself if that is asked for, and looks for a statement of the pruning.
    private func readHeads(_ entries: LogSource.Entries, width: Int, into report: inout PlaceReport) {
        var numbers = EntryRules()
        for position in 0..<width {
            var violation: String?
            switch EntryRules.head(of: entries.bytes.span.extracting(entries.ranges[position])) {
            case .failure(let found): violation = found.text
            case .success(let head):
                if head.statesPruning { note(entries[position], at: position, into: &report) }
                violation = EntryRules.violation(in: head) ?? numbers.violation(ofNumber: head.number)
                if violation == nil, case .integer(let number) = head.number {
                    if report.firstNumber == nil { report.firstNumber = (position, number) }
                    report.lastNumber = number
                }
            }
            if checksEntries, let violation {
                report.finding = .entry(position: position, violation)
                return
            }
        }
    }

    private func note(_ entry: [UInt8], at position: Int, into report: inout PlaceReport) {
        guard beginning > 0,
            let statement = PruningStatement(entry: report.index << 8 + UInt64(position), entry),
            statement.minimumIndex >= beginning
        else { return }
        report.statement = statement
    }

    /// Whether an entry of these places states the pruning, whatever else is wrong with the log.
    func claimsPruning(in places: Range<UInt64>) -> Bool {
        guard readsEntries else { return false }
        return source.files.expecting(TileRange([.entries], places: places, size: size)) {
            places.contains { index in
                guard let entries = try? source.coveringEntries(index: index, width: width(of: index)) else {
                    return false
                }
                var report = PlaceReport(index: index)
                readHeads(entries, width: width(of: index), into: &report)
                return report.statement != nil
            }
        }
    }

    /// The tree of these places whatever the tiles over them say, grown on `edge`; nil if a place is missing.
    func edge(from edge: RightEdge, over places: Range<UInt64>) -> RightEdge? {
        let kind: TilePath.Kind = readsEntries ? .entries : .hashes(level: 0)
        return source.files.expecting(TileRange([kind], places: places, size: size)) {
            var edge = edge
            for index in places {
                guard let leaves = try? leaves(of: index).leaves else { return nil }
                for leaf in leaves { edge.append(leaf) { _, _, _ in } }
            }
            return edge
        }
    }
}

extension LogSource {
    /// A hash of a tile that is not the one computed.
    struct Difference {
        let path: TilePath
        /// Which hash of the tile.
        let offset: Int
    }

    /// Compares every tile of a place that is no wider than `computed`, and the one that has to cover it,
    /// with the hashes computed.
    ///
    /// - Parameter partials: the partial tiles of the place.
    func difference(from computed: [TreeHash], level: Int, index: UInt64, partials: [TilePath])
        throws(LogFailure) -> Difference?
    {
        if let difference = try differenceOfPartials(from: computed, partials) { return difference }
        let (path, hashes) = try coveringHashes(level: level, index: index, width: computed.count)
        return hashes.firstDifference(from: computed).map { Difference(path: path, offset: $0) }
    }

    /// Compares those of the partial tiles that are narrower than `computed`.
    func differenceOfPartials(from computed: [TreeHash], _ partials: [TilePath]) throws(LogFailure)
        -> Difference?
    {
        for path in partials where path.width < computed.count {
            // A partial tile that was listed may have been deleted since.
            guard let offset = try hashes(path)?.firstDifference(from: computed) else { continue }
            return Difference(path: path, offset: offset)
        }
        return nil
    }
}

extension [TreeHash] {
    /// The first position at which the shorter of both differs from the other.
    func firstDifference(from other: [TreeHash]) -> Int? {
        if self == other { return nil }
        return zip(self, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    }
}
