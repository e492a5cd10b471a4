/// The part of a verification that concerns what the checkpoint covers: everything is computed anew from the
/// entries and compared with every file.
struct CoveredPass {
    /// A size at which the tree must have had a root.
    struct Milestone {
        let size: UInt64
        let root: TreeHash
        /// Whose root it is, for the failure: `the checkpoint given`.
        let name: String
    }

    private let source: LogSource
    private let checkpoint: Checkpoint
    private let progress: ((UInt64, UInt64) -> Void)?
    private var milestones: [Milestone]
    private var rules: EntryRules?
    /// The incomplete tiles; after `run` those of the whole tree.
    private(set) var edge = RightEdge()

    /// - Parameter milestones: none beyond the checkpoint's size.
    init(
        _ source: LogSource, checkpoint: Checkpoint, milestones: [Milestone], checksEntries: Bool,
        progress: ((UInt64, UInt64) -> Void)?
    ) {
        self.source = source
        self.checkpoint = checkpoint
        self.progress = progress
        self.milestones = milestones.filter { $0.size > 0 }.sorted { $0.size > $1.size }
        rules = checksEntries ? EntryRules() : nil
    }

    mutating func run() throws(LogFailure) {
        while edge.size < checkpoint.size {
            try checkPlace(edge.size >> 8)
            progress?(edge.size, checkpoint.size)
        }
        for (level, hashes) in edge.levels.enumerated() where level > 0 && !hashes.isEmpty {
            try check(hashes, level: level, index: edge.size >> UInt64(8 * (level + 1)))
        }
        guard edge.root == checkpoint.root else {
            throw LogFailure(
                .root, at: checkpoint.size, "the entries lead to another root than the one signed")
        }
    }

    /// Checks one place of the lowest level: the bundles, the tiles over them, and each higher tile that is
    /// complete with them.
    private mutating func checkPlace(_ index: UInt64) throws(LogFailure) {
        let width = Int(min(checkpoint.size - edge.size, UInt64(TilePath.fullWidth)))
        let entries = try source.coveringEntries(index: index, width: width)
        let leaves = entries.leaves(width)
        try check(leaves, level: 0, index: index)
        try check(entries, width: width)
        try checkRules(entries, width: width)
        for leaf in leaves { try append(leaf) }
    }

    private mutating func append(_ leaf: TreeHash) throws(LogFailure) {
        var completed: [(level: Int, index: UInt64, hashes: [TreeHash])] = []
        edge.append(leaf) { completed.append(($0, $1, $2)) }
        for tile in completed where tile.level > 0 {
            try check(tile.hashes, level: tile.level, index: tile.index)
        }
        while let milestone = milestones.last, milestone.size == edge.size {
            guard edge.root == milestone.root else {
                throw LogFailure(
                    .checkpoint, at: milestone.size, "\(milestone.name) has another root at its size")
            }
            milestones.removeLast()
        }
    }

    /// Compares every tile of a place, none wider than the checkpoint covers, with the hashes computed.
    private func check(_ computed: [TreeHash], level: Int, index: UInt64) throws(LogFailure) {
        let needed = TilePath.tile(level: level, index: index, width: computed.count)
        let listed = source.listing.widths(of: needed.kind, index: index).filter { $0.width < computed.count }
        for path in listed {
            // A partial tile that was listed may have been deleted since.
            if let hashes = try source.hashes(path) { try compare(hashes, with: computed, in: path) }
        }
        if let hashes = try source.hashes(needed) { return try compare(hashes, with: computed, in: needed) }
        guard let full = needed.resized(to: TilePath.fullWidth), let hashes = try source.hashes(full) else {
            throw LogFailure(.file(needed.path), at: needed.leafIndex(at: 0), "is missing")
        }
        try compare(Array(hashes.prefix(computed.count)), with: computed, in: full)
    }

    private func compare(_ hashes: [TreeHash], with computed: [TreeHash], in path: TilePath)
        throws(LogFailure)
    {
        guard let offset = hashes.firstDifference(from: computed) else { return }
        let index = path.leafIndex(at: offset)
        // Either the tile or the entries were changed: the signed root tells which.
        if entriesLeadToRoot() {
            throw LogFailure(.file(path.path), at: index, "holds a hash that the entries do not have")
        }
        let needed = TilePath.entries(index: index >> 8, width: width(ofPlace: index >> 8))
        let bundle = source.listing.contains(needed) ? needed : .entries(index: index >> 8)
        throw LogFailure(
            .entry(in: bundle.path), at: index, "does not have the hash that \(path) holds")
    }

    /// Compares every other bundle of the place, none wider than the checkpoint covers, with `entries`.
    private func check(_ entries: LogSource.Entries, width: Int) throws(LogFailure) {
        let places = source.listing.widths(of: .entries, index: entries.path.index)
        for path in places where path.width <= width && path != entries.path {
            guard let bytes = try source.read(path) else { continue }
            if bytes[...] == entries.bytes(width: path.width) { continue }
            let layout = EntryBundle.layout(of: bytes)
            let same = layout.ranges.indices.prefix(path.width).prefix {
                bytes[layout.ranges[$0]] == entries[$0][...]
            }
            throw LogFailure(
                .file(path.path), at: path.leafIndex(at: min(same.count, path.width - 1)),
                "holds other entries than \(entries.path)")
        }
    }

    private mutating func checkRules(_ entries: LogSource.Entries, width: Int) throws(LogFailure) {
        guard rules != nil else { return }
        for position in 0..<width {
            guard let violation = rules?.violation(in: entries[position]) else { continue }
            throw LogFailure(
                .entry(in: entries.path.path), at: entries.path.leafIndex(at: position), violation)
        }
    }

    /// Whether the entries, whatever the tiles say, have the root that was signed. Reads them all.
    private func entriesLeadToRoot() -> Bool {
        var frontier = Frontier()
        while frontier.size < checkpoint.size {
            let index = frontier.size >> 8
            let width = width(ofPlace: index)
            guard let entries = try? source.coveringEntries(index: index, width: width) else { return false }
            for leaf in entries.leaves(width) { frontier.append(leaf) }
        }
        return frontier.root == checkpoint.root
    }

    private func width(ofPlace index: UInt64) -> Int {
        Int(min(checkpoint.size - index << 8, UInt64(TilePath.fullWidth)))
    }
}

extension [TreeHash] {
    /// The first position at which the shorter of both differs from the other.
    func firstDifference(from other: [TreeHash]) -> Int? {
        if self == other { return nil }
        return zip(self, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    }
}
