/// The part of a verification that concerns what the checkpoint does not cover yet.
///
/// The publisher writes bundles and tiles before the checkpoint over them, so while it runs, or after it was
/// killed, there may be some that nothing signed speaks of. They must agree with what is covered and with
/// each other as far as they exist; which of two is right nobody can tell without the journal.
struct BeyondPass {
    let source: LogSource
    /// The incomplete tiles of the covered tree.
    let edge: RightEdge
    /// The entries of a journal, for those beyond the checkpoint that it has.
    let trailingEntries: ((UInt64) throws -> [UInt8]?)?
    /// Whether bundles are looked at too.
    let readsEntries: Bool

    func run() throws(LogFailure) {
        let lowest: [TilePath.Kind] = (readsEntries ? [.entries] : []) + [.hashes(level: 0)]
        try source.forEachPlace(of: lowest, from: edge.size >> 8) {
            index throws(LogFailure) in try checkLeaves(index)
        }
        for level in 1...TilePath.highestLevel {
            let covered = edge.size >> UInt64(8 * level)
            try source.forEachPlace(of: [.hashes(level: level)], from: covered >> 8) {
                index throws(LogFailure) in try checkNodes(level: level, index: index)
            }
        }
    }

    private func checkLeaves(_ index: UInt64) throws(LogFailure) {
        let bundle = readsEntries ? try checkedBundle(index) : nil
        guard let tile = try checkedTile(level: 0, index: index) else { return }
        let known = try leaves(index, bundle: bundle)
        guard let offset = tile.hashes.firstDifference(from: known) else { return }
        let leafIndex = tile.path.leafIndex(at: offset)
        let reason = "beyond the checkpoint, entry and hash disagree"
        guard let bundle, offset < bundle.ranges.count, try journalEntry(leafIndex) == nil else {
            throw LogFailure(.file(tile.path.path), at: leafIndex, reason)
        }
        throw LogFailure(
            .eitherFile(bundle.path.path, tile.path.path), at: leafIndex, reason)
    }

    private func checkNodes(level: Int, index: UInt64) throws(LogFailure) {
        guard let tile = try checkedTile(level: level, index: index) else { return }
        let covered = edge.hashes(level: level, index: index).count
        for offset in covered..<max(covered, tile.path.width) {
            let child = index << 8 + UInt64(offset)
            guard let (hash, path) = try root(level: level - 1, index: child), hash != tile.hashes[offset]
            else { continue }
            throw LogFailure(
                .eitherFile(tile.path.path, path.path), at: tile.path.leafIndex(at: offset),
                "beyond the checkpoint, a tile and the hash of it disagree")
        }
    }

    /// The widest bundle of a place, compared with what is covered, with the journal and with the other
    /// bundles of the place. Nil if there is none.
    private func checkedBundle(_ index: UInt64) throws(LogFailure) -> LogSource.Entries? {
        let partials = try partials(.entries, index: index)
        guard let entries = try widestBundle(index, partials) else { return nil }
        let widest = entries.path
        let covered = edge.hashes(level: 0, index: index)
        for offset in 0..<widest.width {
            let leafIndex = widest.leafIndex(at: offset)
            let isRight =
                if offset < covered.count {
                    entries.leaf(offset) == covered[offset]
                } else {
                    try journalEntry(leafIndex).map { $0 == entries[offset] } ?? true
                }
            if isRight { continue }
            throw LogFailure(
                .file(widest.path), at: leafIndex,
                offset < covered.count
                    ? "an entry under the checkpoint is another" : "the journal has another")
        }
        for path in partials where path.width < widest.width {
            guard let bytes = try source.read(path), bytes[...] != entries.bytes(width: path.width) else {
                continue
            }
            throw LogFailure(
                .eitherFile(path.path, widest.path), at: path.leafIndex(at: 0),
                "beyond the checkpoint, two bundles disagree")
        }
        return entries
    }

    /// The widest tile of a place, compared with what is covered and with the other tiles of the place.
    private func checkedTile(level: Int, index: UInt64) throws(LogFailure) -> (
        path: TilePath, hashes: [TreeHash]
    )? {
        let partials = try partials(.hashes(level: level), index: index)
        guard let (widest, hashes) = try widestTile(level: level, index: index, partials) else { return nil }
        if let offset = edge.hashes(level: level, index: index).firstDifference(from: hashes) {
            throw LogFailure(
                .file(widest.path), at: widest.leafIndex(at: offset),
                "a hash under the checkpoint is another")
        }
        for path in partials where path.width < widest.width {
            guard let narrow = try source.hashes(path), let offset = narrow.firstDifference(from: hashes)
            else {
                continue
            }
            throw LogFailure(
                .eitherFile(path.path, widest.path), at: path.leafIndex(at: offset),
                "beyond the checkpoint, two tiles disagree")
        }
        return (widest, hashes)
    }

    private func widestBundle(_ index: UInt64, _ partials: [TilePath]) throws(LogFailure)
        -> LogSource.Entries?
    {
        if let full = TilePath(.entries, index: index), let entries = try source.entries(full) {
            return entries
        }
        return if let partial = partials.last { try source.entries(partial) } else { nil }
    }

    private func widestTile(level: Int, index: UInt64, _ partials: [TilePath]) throws(LogFailure) -> (
        path: TilePath, hashes: [TreeHash]
    )? {
        if let full = TilePath(.hashes(level: level), index: index), let hashes = try source.hashes(full) {
            return (full, hashes)
        }
        guard let partial = partials.last, let hashes = try source.hashes(partial) else { return nil }
        return (partial, hashes)
    }

    /// The partial tiles of a place that go beyond the checkpoint, by ascending width.
    private func partials(_ kind: TilePath.Kind, index: UInt64) throws(LogFailure) -> [TilePath] {
        try source.partials(of: kind, index: index).filter { $0.end > edge.size >> UInt64(8 * $0.level) }
    }

    /// The leaves of a place as far as they are known without its tiles: covered, in the journal, or in
    /// `bundle`.
    private func leaves(_ index: UInt64, bundle: LogSource.Entries?) throws(LogFailure) -> [TreeHash] {
        var leaves = edge.hashes(level: 0, index: index)
        while leaves.count < TilePath.fullWidth {
            let offset = leaves.count
            if let bundle, offset < bundle.ranges.count {
                leaves.append(bundle.leaf(offset))
            } else if let entry = try journalEntry(index << 8 + UInt64(offset)) {
                leaves.append(MerkleTree.leafHash(entry))
            } else {
                break
            }
        }
        return leaves
    }

    /// The root of a complete subtree, from the full tile or the full bundle under it, and the file's path.
    private func root(level: Int, index: UInt64) throws(LogFailure) -> (TreeHash, TilePath)? {
        if let path = TilePath(.hashes(level: level), index: index), let hashes = try source.hashes(path) {
            return (MerkleTree.completeRoot(hashes), path)
        }
        guard level == 0, readsEntries, let path = TilePath(.entries, index: index),
            let entries = try source.entries(path)
        else { return nil }
        return (MerkleTree.completeRoot(entries.leaves(TilePath.fullWidth)), path)
    }

    private func journalEntry(_ index: UInt64) throws(LogFailure) -> [UInt8]? {
        guard let trailingEntries else { return nil }
        do { return try trailingEntries(index) } catch {
            throw LogFailure(.file("journal"), at: index, "cannot be read: \(error)")
        }
    }
}
